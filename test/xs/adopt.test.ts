import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeEntry } from '../../shared/entry.ts';
import { exportJournal } from '../../xs/export.ts';
import { inLaptop } from '../../xs/paths.ts';
import { listRaw } from '../../xs/raw-snapshots.ts';
import { listHeld, listSnapshots, newestSnapshot } from '../../xs/snapshots.ts';
import { compareJournals, readJournal } from '../journal/compare.ts';
import { checkSnapshot, checkSnapshots } from './check.ts';
import { backUp, type Journal, makeLibrary, SERIAL, type TestLibrary, uidOf } from './library.ts';
import {
  adopt,
  adoptContext,
  nameOf,
  pointTo,
  putRaw,
  readTrees,
  snapshotRaw,
  trashOf,
} from './original-library.ts';

const test = suite('X13: what the original program left is adopted');
const PREVIEW = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0x00]);

/** Three trees: an entry is added, one changes, one goes; two share most. */
function makeTrees(library: TestLibrary): string[] {
  const { original } = inLaptop(library.paths, SERIAL);
  const put = (n: number, title: string, data?: string) =>
    putRaw(original, uidOf(n), { uid: uidOf(n), title, preview: PREVIEW, checksum: 'x' }, data);
  writeFileSync(join(original, 'version'), '6');
  put(1, 'one', 'first content');
  put(2, 'two');
  put(3, 'three', 'third content');
  put(4, 'four', 'first content'); // equal content under another inode
  snapshotRaw(library.paths, SERIAL, nameOf(8));
  put(1, 'uno', 'changed content');
  put(5, 'five', 'fifth content');
  snapshotRaw(library.paths, SERIAL, nameOf(9));
  rmSync(join(original, '00', uidOf(3)), { recursive: true });
  put(2, 'dos');
  snapshotRaw(library.paths, SERIAL, nameOf(10));
  return [nameOf(8), nameOf(9), nameOf(10)];
}

/** Each snapshot, written out again, is what the raw tree was, and the trees are in the trash. */
async function assertAdopted(library: TestLibrary, before: ReturnType<typeof readTrees>) {
  const { paths } = library;
  checkSnapshots(paths, SERIAL);
  const found = [...listSnapshots(paths, SERIAL), ...listHeld(paths, SERIAL)];
  for (const [name, sums] of before) {
    const snapshot = found.find((one) => one.name === name);
    assert.ok(snapshot, `${name} is missing`);
    checkSnapshot(snapshot);
    const out = join(library.folder, `out-${name}`);
    await exportJournal({ snapshot }, out);
    const { different, missing, extra } = compareJournals(sums, readJournal(out));
    assert.equal([different, missing, extra], [[], [], []], name);
    rmSync(out, { recursive: true });
    const kept = compareJournals(sums, readJournal(join(trashOf(paths), name)));
    assert.is(kept.identical, sums.size, `${name} is not whole in the trash`);
  }
  const left = readdirSync(inLaptop(paths, SERIAL).home).filter((name) => /^\.(tmp|ad)/.test(name));
  assert.equal(left, []);
}

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
    listRaw(paths, SERIAL).map(({ halfMade }) => halfMade),
    [false, false, true],
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

test('what cannot be read is named and stays in the trash; the rest is adopted', async () => {
  using library = makeLibrary();
  const { paths } = library;
  const { original } = inLaptop(paths, SERIAL);
  putRaw(original, uidOf(1), { title: 'good' }, 'good');
  const linked = putRaw(original, uidOf(2), { title: 'linked' });
  symlinkSync('/etc/passwd', join(linked, 'data'));
  const property = putRaw(original, uidOf(3), { title: 'a property' });
  symlinkSync('/etc/passwd', join(property, 'metadata', 'description'));
  mkdirSync(join(original, '00', uidOf(4)));
  symlinkSync('/etc', join(original, '00', uidOf(5)));
  putRaw(original, uidOf(6), { title: 'much', description: Buffer.alloc(9_000_000, 'a') });
  mkdirSync(join(original, '00', 'no-uid'));
  const tree = snapshotRaw(paths, SERIAL, nameOf(8));
  putRaw(join(tree, 'datastore-current'), uidOf(9), { title: 'nested' });
  const [adopted] = await adopt(library.context, SERIAL);
  const [one] = listSnapshots(paths, SERIAL);
  assert.ok(one);
  assert.is(checkSnapshot(one).split('\n').length - 1, 2);
  assert.equal(
    adopted?.leftOut.map(({ what }) => what).sort(),
    [...[2, 3, 4, 5, 6].map(uidOf), '00/no-uid', 'datastore-current'].sort(),
  );
  assert.match(adopted?.leftOut.find(({ what }) => what.startsWith('d'))?.reason ?? '', 'second');
  const kept = join(trashOf(paths), nameOf(8));
  assert.is(readlinkSync(join(kept, '00', uidOf(2), 'data')), '/etc/passwd');
  assert.ok(existsSync(join(kept, 'datastore-current', '00', uidOf(9), 'metadata', 'title')));
});

test('a damaged snapshot of ours is no tree of the original', async () => {
  using library = makeLibrary();
  const { paths } = library;
  const { home } = inLaptop(paths, SERIAL);
  for (const [hour, file] of [
    [1, 'MANIFEST'],
    [2, 'SUMS.gz'],
    [3, `${uidOf(1)}.metadata`],
  ] as const) {
    mkdirSync(join(home, nameOf(hour)));
    writeFileSync(join(home, nameOf(hour), file), 'torn');
  }
  assert.equal(await adopt(library.context, SERIAL), []);
  assert.is(readFileSync(join(home, nameOf(1), 'MANIFEST'), 'utf8'), 'torn');
});

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
  const { adoptLaptop } = await import('../../xs/adopt.ts');
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

test('a backup that arrives between two attempts takes no number of an older tree', async () => {
  using library = makeLibrary();
  const { paths } = library;
  const before = readTrees(inLaptop(paths, SERIAL).home, makeTrees(library));
  runKilled(library, 'adopt.discarded');
  const journal = new Map([[uidOf(7), { title: 'ours', content: 'seven' }]]);
  assert.is((await backUp(library, journal)).state, 'done');
  await adopt(library.context, SERIAL);
  await assertAdopted(library, before);
  assert.equal(
    listSnapshots(paths, SERIAL)
      .map(({ sequence, name }) => [sequence, name])
      .slice(1),
    [
      [3, nameOf(10)],
      [2, nameOf(9)],
      [1, nameOf(8)],
    ],
  );
});

const FAILPOINTS = [
  'adopt.read',
  'adopt.written:2',
  'adopt.durable',
  'adopt.pooled:2',
  'adopt.linked',
  'adopt.sealed:2',
  'adopt.aside',
  'adopt.aside:3',
  'adopt.promoted',
  'adopt.promoted:3',
  'adopt.discarded',
  'adopt.pointed',
];

/** Bundled once: plain Node starts five times faster than with tsx. */
const child = buildSync({
  entryPoints: [new URL('./adopt-child.ts', import.meta.url).pathname],
  bundle: true,
  write: false,
  platform: 'node',
  format: 'esm',
}).outputFiles[0]?.text;

function runKilled(library: TestLibrary, failpoint: string): void {
  const args = [
    '--input-type=module',
    '-e',
    child ?? '',
    '--',
    JSON.stringify(library.paths),
    SERIAL,
  ];
  const env = { ...process.env, DS_BACKUP_FAILPOINT: failpoint };
  const { signal, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
  assert.is(signal, 'SIGKILL', stderr);
}

for (const failpoint of FAILPOINTS) {
  test(`killed at ${failpoint}, nothing is lost and the next attempt completes`, async () => {
    using library = makeLibrary();
    const { paths } = library;
    const { home, latest } = inLaptop(paths, SERIAL);
    const names = makeTrees(library);
    const before = readTrees(home, names);
    pointTo(latest, nameOf(9)); // the newest is half made, and must stay so over the kill
    runKilled(library, failpoint);
    for (const name of names) {
      const places = [join(home, name), join(home, `.adopting-${name}`), join(home, 'held', name)];
      assert.ok(
        places.some((path) => existsSync(path)),
        `${name} is nowhere`,
      );
    }
    checkSnapshots(paths, SERIAL);
    await adopt(adoptContext(paths), SERIAL);
    await assertAdopted(library, before);
    assert.is(readlinkSync(latest), nameOf(9));
    assert.equal(
      listHeld(paths, SERIAL).map(({ name, sequence }) => [name, sequence]),
      [[nameOf(10), 1]],
    );
  });
}

test('killed again while it puts back what a killed one had aside, it still completes', async () => {
  using library = makeLibrary();
  const before = readTrees(inLaptop(library.paths, SERIAL).home, makeTrees(library));
  runKilled(library, 'adopt.aside:2');
  runKilled(library, 'adopt.recovered');
  await adopt(library.context, SERIAL);
  await assertAdopted(library, before);
});

test('layout 0 of Sugar 0.82 becomes what Sugar made of it', async () => {
  using library = makeLibrary();
  const { paths } = library;
  const { home } = inLaptop(paths, SERIAL);
  const store = join(home, nameOf(8), 'store');
  mkdirSync(join(store, 'preview'), { recursive: true });
  writeFileSync(
    join(store, `${uidOf(1)}.metadata`),
    '{"title": "\\u00d1and\\u00fa", "keep": true, "count": 7, "big": 12345678901234567890, "half": 1217000000.0, "mtime": "2008-07-25T15:33:20.123", "buddies": "{}", "none": null}',
  );
  writeFileSync(join(store, uidOf(1)), 'old content');
  writeFileSync(join(store, 'preview', uidOf(1)), PREVIEW);
  writeFileSync(join(store, `${uidOf(2)}.metadata`), 'not json');
  writeFileSync(join(store, uidOf(3)), 'data without metadata');
  const [adopted] = await adopt(library.context, SERIAL);
  const [one] = listSnapshots(paths, SERIAL);
  assert.ok(one);
  checkSnapshot(one);
  assert.is(one.entries, 1);
  const entry = decodeEntry(readFileSync(join(one.folder, `${uidOf(1)}.metadata`)));
  const text = Object.fromEntries(
    [...entry.properties].map(([name, value]) => [name, value.toString()]),
  );
  const { preview, ...rest } = text;
  assert.ok(preview && entry.properties.get('preview')?.equals(PREVIEW));
  assert.equal(rest, {
    title: 'Ñandú',
    keep: 'True',
    count: '7',
    big: '12345678901234567890',
    half: '1217000000.0',
    mtime: '2008-07-25T15:33:20.123',
    buddies: '{}',
    none: 'None',
    uid: uidOf(1),
    timestamp: '1217000000',
  });
  assert.is(readFileSync(join(one.folder, uidOf(1)), 'utf8'), 'old content');
  assert.equal(adopted?.leftOut.map(({ what }) => what).sort(), [uidOf(2), `store/${uidOf(3)}`]);
});

test('a tree whose migration from layout 0 was cut off has everything of both', async () => {
  using library = makeLibrary();
  const { paths } = library;
  const tree = join(inLaptop(paths, SERIAL).home, nameOf(8));
  mkdirSync(join(tree, 'store'), { recursive: true });
  // Moved already, metadata and content; Sugar keeps the old metadata until the end.
  putRaw(tree, uidOf(1), { title: 'one', preview: PREVIEW }, 'one');
  writeFileSync(join(tree, 'store', `${uidOf(1)}.metadata`), '{"title": "one"}');
  writeFileSync(join(tree, 'store', `${uidOf(2)}.metadata`), '{"title": "two"}');
  writeFileSync(join(tree, 'store', uidOf(2)), 'two');
  await adopt(library.context, SERIAL);
  const [one] = listSnapshots(paths, SERIAL);
  assert.ok(one);
  checkSnapshot(one);
  assert.is(readFileSync(join(one.folder, uidOf(1)), 'utf8'), 'one');
  assert.is(readFileSync(join(one.folder, uidOf(2)), 'utf8'), 'two');
  const entry = decodeEntry(readFileSync(join(one.folder, `${uidOf(1)}.metadata`)));
  assert.equal([...entry.properties.keys()], ['preview', 'title', 'uid']);
});

test.run();
