import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { adoptLaptop } from '../../../xs/legacy/adopt.ts';
import { listRaw } from '../../../xs/legacy/raw-snapshots.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { openPool } from '../../../xs/storage/pool.ts';
import { listHeld, listSnapshots, newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { compareJournals, readJournal } from '../../journal/compare.ts';
import { checkSnapshots } from '../check.ts';
import { backUp, type Journal, makeLibrary, SERIAL, uidOf } from '../library.ts';
import { assertAdopted, makeTrees } from './adopted.ts';
import {
  adopt,
  nameOf,
  pointTo,
  putRaw,
  readTrees,
  snapshotRaw,
  trashOf,
} from './original-library.ts';

const test = suite('what the original program left is adopted');

test('three trees become three snapshots of the same names, and doing it again changes nothing', async () => {
  using library = makeLibrary();
  const { paths } = library;
  const { home, original, latest } = inLaptop(paths, SERIAL);
  const before = readTrees(home, makeTrees(library));
  const mirror = readJournal(original);
  const adopted = await adopt(library.context, SERIAL);
  assert.equal(
    adopted.map(({ name, sequence, entries, held }) => [name, sequence, entries, held]),
    [
      [nameOf(10), 3, 4, false],
      [nameOf(9), 2, 5, false],
      [nameOf(8), 1, 4, false],
    ],
  );
  await assertAdopted(library, before);
  const [newest] = listSnapshots(paths, SERIAL);
  assert.equal(
    [newest?.source, newest?.agent, newest?.created, newest?.changed, newest?.removed],
    ['adopted', 'original', '2010-03-05T10:15:00.000Z', 1, 1],
  );
  assert.is(readlinkSync(latest), nameOf(10));
  assert.is(compareJournals(mirror, readJournal(original)).identical, mirror.size);
  const sums = checkSnapshots(paths, SERIAL);
  assert.equal(await adopt(library.context, SERIAL), []);
  assert.equal(checkSnapshots(paths, SERIAL), sums);
});

test('it takes no second space: content keeps its inode, and only metadata is new', async () => {
  using library = makeLibrary();
  const { paths } = library;
  const { home, original } = inLaptop(paths, SERIAL);
  for (let n = 1; n <= 10; n += 1) {
    putRaw(original, uidOf(n), { title: `${n}` }, Buffer.alloc(400_000, n));
  }
  snapshotRaw(paths, SERIAL, nameOf(8));
  putRaw(original, uidOf(1), { title: 'new' });
  snapshotRaw(paths, SERIAL, nameOf(9));
  const inode = lstatSync(join(home, nameOf(8), '00', uidOf(1), 'data')).ino;
  const size = blocks(library.folder);
  await adopt(library.context, SERIAL);
  for (const hour of [8, 9]) assert.is(lstatSync(join(home, nameOf(hour), uidOf(1))).ino, inode);
  const grown = blocks(library.folder) - size;
  assert.ok(grown < 11 * 20_000, `grown by ${grown} bytes for 11 versions`);
});

test('files of another account, which we cannot make ours, are copied and left alone', async () => {
  using library = makeLibrary();
  const { paths, context } = library;
  const { home } = inLaptop(paths, SERIAL);
  const before = readTrees(home, makeTrees(library));
  const data = join(home, nameOf(8), '00', uidOf(3), 'data');
  const { ino, mode } = lstatSync(data);
  const ownership = { ...context.ownership, ownUid: 64_990 }; // neither root nor whoever runs the tests
  await adopt({ ...context, ownership, pool: openPool(paths, ownership) }, SERIAL);
  await assertAdopted(library, before);
  assert.is.not(lstatSync(join(home, nameOf(8), uidOf(3))).ino, ino);
  const kept = lstatSync(join(trashOf(paths), nameOf(8), '00', uidOf(3), 'data'));
  assert.equal([kept.ino, kept.mode], [ino, mode]);
});

test('an inode that has all its links is copied as well', async () => {
  using library = makeLibrary({ maxLinks: 3 });
  const before = readTrees(inLaptop(library.paths, SERIAL).home, makeTrees(library));
  await adopt(library.context, SERIAL);
  await assertAdopted(library, before);
});

function blocks(folder: string): number {
  const told = execFileSync('du', ['-s', '--block-size=1', folder], { encoding: 'utf8' });
  return Number(told.split('\t')[0]);
}

test("older than the oldest of ours: sequences go below 1, and the laptop's next backup fits", async () => {
  using library = makeLibrary();
  const { paths } = library;
  const journal: Journal = new Map([[uidOf(7), { title: 'ours', content: 'seven' }]]);
  assert.is((await backUp(library, journal)).state, 'done');
  const before = readTrees(inLaptop(paths, SERIAL).home, makeTrees(library));
  await adopt(library.context, SERIAL);
  await assertAdopted(library, before);
  const sequences = () => listSnapshots(paths, SERIAL).map(({ sequence }) => sequence);
  assert.equal(sequences(), [1, 0, -1, -2]);
  const newest = newestSnapshot(paths, SERIAL);
  assert.is(readlinkSync(inLaptop(paths, SERIAL).latest), newest?.name);
  journal.set(uidOf(8), { title: 'next', content: null });
  assert.is((await backUp(library, journal)).state, 'done');
  assert.equal(sequences(), [2, 1, 0, -1, -2]);
});

test('a laptop whose newest snapshot is an adopted one builds its first backup on it', async () => {
  using library = makeLibrary();
  makeTrees(library);
  await adopt(library.context, SERIAL);
  const journal = new Map([[uidOf(7), { title: 'ours', content: 'seven' }]]);
  assert.is((await backUp(library, journal)).state, 'done');
  assert.is(newestSnapshot(library.paths, SERIAL)?.sequence, 4);
});

test('a tree that the original did not finish is held, and no backup builds on it', async () => {
  using library = makeLibrary();
  const { paths } = library;
  const { home, latest } = inLaptop(paths, SERIAL);
  const before = readTrees(home, makeTrees(library));
  pointTo(latest, `/library/users/${SERIAL}/${nameOf(9)}`); // as it was called on the old server
  assert.equal(
    listRaw(paths, SERIAL).map(({ doubt }) => doubt),
    [null, null, 'newer-than-latest'],
  );
  await adopt(library.context, SERIAL);
  await assertAdopted(library, before);
  assert.equal(
    listHeld(paths, SERIAL).map(({ name, sequence }) => [name, sequence]),
    [[nameOf(10), 1]],
  );
  assert.equal(
    listSnapshots(paths, SERIAL).map(({ sequence }) => sequence),
    [3, 2],
  );
  assert.is(readlinkSync(latest), nameOf(9));
});

test('an empty tree after a full one is half made; an empty first one is how it began', async () => {
  using library = makeLibrary();
  const { paths } = library;
  const { home, latest } = inLaptop(paths, SERIAL);
  mkdirSync(join(home, nameOf(7)));
  makeTrees(library);
  mkdirSync(join(home, nameOf(11)));
  mkdirSync(join(home, nameOf(12)));
  pointTo(latest, nameOf(12));
  await adopt(library.context, SERIAL);
  checkSnapshots(paths, SERIAL);
  assert.equal(
    listSnapshots(paths, SERIAL).map(({ name, entries }) => [name, entries]),
    [
      [nameOf(10), 4],
      [nameOf(9), 5],
      [nameOf(8), 4],
      [nameOf(7), 0],
    ],
  );
  assert.equal(
    listHeld(paths, SERIAL).map(({ name }) => name),
    [nameOf(12), nameOf(11)],
  );
});

const LATEST: [what: string, target: string | null][] = [
  ['absolute and dangling', `/library/users/${SERIAL}/${nameOf(1)}`],
  ['relative and dangling', nameOf(1)],
  ['to no snapshot', 'somewhere'],
  ['absent', null],
];
for (const [what, target] of LATEST) {
  test(`datastore-latest that is ${what} says nothing and is put right`, async () => {
    using library = makeLibrary();
    const { latest } = inLaptop(library.paths, SERIAL);
    makeTrees(library);
    if (target === null) rmSync(latest);
    else pointTo(latest, target);
    await adopt(library.context, SERIAL);
    assert.is(listSnapshots(library.paths, SERIAL).length, 3);
    assert.is(readlinkSync(latest), nameOf(10));
  });
}

test('content that is damaged in the pool stops the adoption before anything is given away', async () => {
  using library = makeLibrary();
  const { paths } = library;
  const { original, home } = inLaptop(paths, SERIAL);
  const journal = new Map([[uidOf(7), { title: 'ours', content: 'same' }]]);
  await backUp(library, journal);
  const ours = join(newestSnapshot(paths, SERIAL)?.folder ?? '', uidOf(7));
  execFileSync('sh', ['-c', 'chmod u+w "$1" && printf SAME > "$1"', 'sh', ours]);
  putRaw(original, uidOf(1), { title: 'old' }, 'same');
  snapshotRaw(paths, SERIAL, nameOf(8));
  let code = '';
  await adopt(library.context, SERIAL).catch((error) => {
    code = error.code;
  });
  assert.is(code, 'damaged');
  assert.is(readFileSync(join(home, nameOf(8), '00', uidOf(1), 'data'), 'utf8'), 'same');
  assert.equal(
    readdirSync(home).filter((name) => /^\.(tmp|ad)/.test(name)),
    [],
  );
});

test('stopped between two entries it leaves everything as it was', async () => {
  using library = makeLibrary();
  const { paths } = library;
  const { home } = inLaptop(paths, SERIAL);
  const names = makeTrees(library);
  const before = readTrees(home, names);
  const stop = new AbortController();
  const outcome = await adoptLaptop(library.context, SERIAL, {
    signal: stop.signal,
    onProgress: () => stop.abort(),
    discard: () => assert.unreachable(),
  }).catch((error) => error.name);
  assert.is(outcome, 'AbortError');
  assert.equal(readTrees(home, names), before);
  await adopt(library.context, SERIAL);
  await assertAdopted(library, before);
});

test.run();
