import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Digest, parseSerial } from '../../../shared/ids.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import type { Log } from '../../../shared/log.ts';
import { ingest } from '../../../xs/ingest/ingest.ts';
import { scrubNextShard, scrubShard } from '../../../xs/integrity/scrub.ts';
import {
  addDay,
  readScrubState,
  SHARDS,
  shardsOwed,
  writeScrubState,
} from '../../../xs/integrity/scrub-state.ts';
import { DamageRegister, hasDamage } from '../../../xs/storage/damage-register.ts';
import { inDamaged, inLaptop, inLibrary, inPool, scrubState } from '../../../xs/storage/paths.ts';
import { openPool } from '../../../xs/storage/pool.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { seeded } from '../../shared/random.ts';
import { checkSnapshot, checkSnapshots } from '../check.ts';
import {
  backUp,
  completionFor,
  type Journal,
  makeLibrary,
  metadataOf,
  newest,
  SERIAL,
  sendEntry,
  type TestLibrary,
  uidOf,
} from '../library.ts';
import {
  backUpHealing,
  drawings,
  flipBit,
  libraryWith,
  poolFiles,
  scrubAll,
  shardOf,
} from './damage-library.ts';

const test = suite('all content is read, damage is found, named, not carried on, repaired');

const OTHER = parseSerial('SHC00800000');

function contentFile(library: TestLibrary, content: string, n = 0): string {
  return inPool(library.paths, digestOf(content)).file(n);
}

test('damage that nobody can mend stays out of the next snapshot, and is asked for each time', async () => {
  const journal = drawings(3);
  using library = await libraryWith(journal);
  flipBit(contentFile(library, ' drawing 1'));
  const { damaged } = await scrubAll(library.context);
  assert.equal(
    damaged.map(({ names }) => names),
    [[`${SERIAL}/${newest(library).name}/${uidOf(1)}`]],
  );
  assert.ok(hasDamage(library.context.pool.damage, newest(library).folder));
  for (const _again of [1, 2]) {
    assert.equal(await backUp(library, journal), { state: 'missing', missing: [uidOf(1)] });
  }
  const without: Journal = new Map([...journal].filter(([uid]) => uid !== uidOf(1)));
  assert.is((await backUp(library, without)).state, 'done', 'a Journal without it needs nothing');
  assert.not.ok(hasDamage(library.context.pool.damage, newest(library).folder));
});

test('content with a new title is asked for when the content in the base is damaged', async () => {
  const journal = drawings(3);
  using library = await libraryWith(journal);
  const path = contentFile(library, ' drawing 1');
  flipBit(path);
  await scrubShard(library.context, shardOf(path));
  const { incoming } = inLaptop(library.paths, SERIAL);
  const renamed = { title: 'new', content: ' drawing 1' };
  journal.set(uidOf(1), renamed);
  writeFileSync(join(incoming, `${uidOf(1)}.metadata`), metadataOf(renamed));
  const completion = completionFor(library, journal);
  const arrival = { serial: SERIAL, completion, folder: incoming, source: 'agent' as const };
  assert.equal(await ingest(library.context, arrival), { state: 'missing', missing: [uidOf(1)] });
  sendEntry(incoming, uidOf(1), renamed);
  assert.is((await ingest(library.context, arrival)).state, 'done');
  checkSnapshots(library.paths, SERIAL);
});

test('the same content from another laptop mends it everywhere', async () => {
  const journal = drawings(3);
  using library = await libraryWith(journal);
  library.addLaptop(OTHER);
  const path = contentFile(library, ' drawing 2');
  flipBit(path);
  await scrubShard(library.context, shardOf(path));
  assert.throws(() => checkSnapshots(library.paths, SERIAL));
  const hers: Journal = new Map([[uidOf(77), { title: 'hers', content: ' drawing 2' }]]);
  assert.is((await backUp(library, hers, OTHER)).state, 'done');
  checkSnapshots(library.paths, SERIAL);
  assert.ok(library.context.pool.damage.isEmpty);
  assert.is((await backUp(library, journal)).state, 'done', 'nothing is asked for');
  assert.is(lstatSync(path).nlink, 4, 'the pool, two snapshots of his and one of hers');
});

test('names that came later, pins and moved snapshots, are mended by the next scrub', async () => {
  using library = await libraryWith(drawings(3));
  library.addLaptop(OTHER);
  const path = contentFile(library, ' drawing 2');
  flipBit(path);
  await scrubShard(library.context, shardOf(path));
  const pin = join(inLaptop(library.paths, SERIAL).pinned, 'x');
  mkdirSync(pin, { recursive: true });
  linkSync(join(newest(library).folder, uidOf(2)), join(pin, 'content'));
  const hers: Journal = new Map([[uidOf(77), { title: 'hers', content: ' drawing 2' }]]);
  await backUp(library, hers, OTHER);
  checkSnapshots(library.paths, SERIAL);
  assert.not.ok(library.context.pool.damage.isEmpty, 'one name is left');
  await scrubShard(library.context, 0);
  assert.is(readFileSync(join(pin, 'content'), 'utf8'), ' drawing 2');
  assert.ok(library.context.pool.damage.isEmpty);
});

test('one of several inodes with the same content is mended from the others, the cap holds', async () => {
  const maxLinks = 4;
  const same: Journal = new Map(
    Array.from({ length: 7 }, (_, n) => [uidOf(n), { title: `${n}`, content: 'the same' }]),
  );
  using library = await libraryWith(same, { maxLinks });
  assert.ok(existsSync(contentFile(library, 'the same', 2)));
  const path = contentFile(library, 'the same', 1);
  const inode = lstatSync(path).ino;
  flipBit(path);
  const { damaged } = await scrubShard(library.context, shardOf(path));
  assert.is(damaged.length, 1);
  assert.is(damaged[0]?.names.length, 2);
  assert.ok(library.context.pool.damage.isEmpty, 'another inode had the content');
  checkSnapshots(library.paths, SERIAL);
  for (const file of poolFiles(library.paths.library)) {
    assert.ok(lstatSync(file).nlink <= maxLinks, file);
  }
  assert.is.not(lstatSync(path).ino, inode);
  assert.is((await backUp(library, same)).state, 'done');
});

test('what nobody uses is swept, damaged or not; what somebody uses is not', async () => {
  using library = await libraryWith(drawings(20));
  await backUp(library, drawings(20, 'later'));
  const [, old] = listSnapshots(library.paths, SERIAL);
  const files = poolFiles(library.paths.library);
  assert.is((await scrubAll(library.context)).swept, 0);
  flipBit(contentFile(library, ' drawing 3'));
  rmSync(String(old?.folder), { recursive: true });
  const shard = join(library.paths.library, '.pool', '00');
  mkdirSync(shard, { recursive: true });
  for (const name of ['.copy-1.tmp', '.copy-2.tmp', 'notes', `${'0'.repeat(64)}.damaged`]) {
    writeFileSync(join(shard, name), name);
  }
  utimesSync(join(shard, '.copy-1.tmp'), 1e9, 1e9);
  const done = await scrubAll(library.context);
  assert.equal([done.swept, done.damaged], [41, []]);
  assert.is(poolFiles(library.paths.library).length, files.length - 40);
  assert.equal(
    readdirSync(shard)
      .filter((name) => !/^0{2}[0-9a-f]{62}$/.test(name))
      .sort(),
    ['.copy-2.tmp', `${'0'.repeat(64)}.damaged`, 'notes'],
  );
  checkSnapshots(library.paths, SERIAL);
});

/** Nobody can read a folder that is a link to itself, root included. */
function closed(folder: string): Disposable {
  const aside = `${folder}.aside`;
  renameSync(folder, aside);
  symlinkSync(folder, folder);
  return {
    [Symbol.dispose]: () => {
      rmSync(folder);
      renameSync(aside, folder);
    },
  };
}

/** Where a list may be, and which folder on the way there cannot be read; in a laptop's folder or its trash. */
const PLACES = [
  ["a laptop's folder", 'home', '', ''],
  ['the snapshot itself', 'home', '', 'NAME'],
  ['the folder of what is held', 'home', 'held/NAME', 'held'],
  ['the folder of pins', 'home', 'pinned/UID/DIGEST', 'pinned'],
  ['the folder of an entry with pins', 'home', 'pinned/UID/DIGEST', 'pinned/UID'],
  ["a laptop's trash", 'trash', 'NAME~20260101T000000Z~old~1', ''],
] as const;

for (const [what, root, moved, unreadable] of PLACES) {
  test(`what only a list names is not swept while ${what} cannot be read`, async () => {
    using library = await libraryWith(drawings(3));
    const { folder, name } = newest(library);
    const digest = digestOf(readFileSync(join(folder, `${uidOf(1)}.metadata`)));
    const { home } = inLaptop(library.paths, SERIAL);
    const top = root === 'home' ? home : inLibrary(library.paths).trashOf(SERIAL);
    const place = (text: string) =>
      join(top, text.replace('NAME', name).replace('UID', uidOf(1)).replace('DIGEST', digest));
    const target = moved === '' ? folder : place(moved);
    mkdirSync(dirname(target), { recursive: true });
    renameSync(folder, target);
    rmSync(join(target, uidOf(1)));
    const pooled = contentFile(library, ' drawing 1');
    {
      using _closed = closed(place(unreadable).replace(/\/$/, ''));
      assert.is((await scrubShard(library.context, shardOf(pooled))).swept, 0);
    }
    assert.ok(existsSync(pooled));
    await scrubShard(library.context, shardOf(pooled));
    assert.is(readFileSync(join(target, uidOf(1)), 'utf8'), ' drawing 1', 'and then it is back');
  });
}

test('content cut short, emptied or unreadable is damaged, wherever it is noticed', async () => {
  const journal = drawings(3);
  using library = await libraryWith(journal);
  truncateSync(contentFile(library, ' drawing 0'), 3);
  truncateSync(contentFile(library, ' drawing 1'), 0);
  assert.is((await scrubAll(library.context)).damaged.length, 2);
  assert.is((await backUpHealing(library, journal)).asked, 2);
  checkSnapshots(library.paths, SERIAL);
});

test('metadata found damaged by an ingest is asked for in the same breath', async () => {
  const journal: Journal = new Map([[uidOf(1), { title: 'no content', content: null }]]);
  using library = await libraryWith(journal);
  flipBit(join(newest(library).folder, `${uidOf(1)}.metadata`));
  journal.set(uidOf(2), { title: 'new', content: null });
  const { asked, outcome } = await backUpHealing(library, journal);
  assert.equal([asked, outcome.state], [1, 'done']);
  await scrubShard(library.context, 0); // finds the names
  checkSnapshots(library.paths, SERIAL);
  assert.ok(library.context.pool.damage.isEmpty);
});

for (const suffix of ['', '.metadata']) {
  test(`a ${suffix || 'content'} that is gone from the base comes back from the pool`, async () => {
    const journal = drawings(3);
    using library = await libraryWith(journal);
    rmSync(join(newest(library).folder, `${uidOf(1)}${suffix}`));
    assert.is((await backUp(library, journal)).state, 'done');
    checkSnapshot(newest(library));
    rmSync(join(newest(library).folder, `${uidOf(1)}${suffix}`));
    await scrubAll(library.context);
    rmSync(join(library.paths.library, '.pool'), { recursive: true }); // as fsck may leave it
    assert.equal(await backUp(library, journal), { state: 'missing', missing: [uidOf(1)] });
    assert.is((await backUpHealing(library, journal)).outcome.state, 'done');
    checkSnapshot(newest(library));
  });
}

test('a scrub beside ingests disturbs none of them, and none of them it', async () => {
  const journal = drawings(60);
  using library = await libraryWith(journal);
  const random = seeded(7);
  for (const path of poolFiles(library.paths.library))
    if (random.below(3) === 0) flipBit(path, random);
  const ingests = async () => {
    const states: string[] = [];
    for (let n = 0; n < 6; n += 1) {
      journal.set(uidOf(100 + n), { title: `${n}`, content: `more ${n}` });
      states.push((await backUpHealing(library, journal)).outcome.state);
    }
    return states;
  };
  const [, states] = await Promise.all([scrubAll(library.context), ingests()]);
  assert.equal([...new Set(states)], ['done']);
  assert.is((await backUpHealing(library, journal)).outcome.state, 'done');
  checkSnapshot(newest(library));
  await scrubAll(library.context);
  checkSnapshots(library.paths, SERIAL);
  assert.ok(library.context.pool.damage.isEmpty);
});

test('another process finds the damage on record, and makes a lost record anew', async () => {
  const journal = drawings(3);
  using library = await libraryWith(journal);
  const paths = [' drawing 0', ' drawing 1'].map((content) => contentFile(library, content));
  for (const path of paths) flipBit(path);
  await scrubAll(library.context);
  const records = readdirSync(inDamaged(library.paths).folder).filter((n) => n.endsWith('.json'));
  writeFileSync(join(inDamaged(library.paths).folder, String(records[0])), '{"version":1,"si');
  const damage = new DamageRegister(library.paths);
  assert.is(damage.list().length, 2);
  assert.is(damage.list().filter(({ names }) => names === null).length, 1);
  const pool = openPool(library.paths, library.ownership, undefined, damage);
  const context = { ...library.context, pool };
  await scrubShard(context, 0);
  assert.is(damage.list().filter(({ names }) => names?.length === 1).length, 2);
  assert.ok(damage.has(basename(String(paths[0])) as Digest));
});

test('a day owes eleven shards, and never more than one pass is owed', () => {
  const days: [owed: number, days: number, now: number][] = [
    [0, 1, 11],
    [0, 23, 253],
    [0, 24, 256],
    [250, 1, 256],
    [256, 9, 256],
  ];
  for (const [owed, more, now] of days) assert.is(shardsOwed(owed, more), now);
});

test('steps go on where the last process stopped, and a pass ends where it should', async () => {
  using library = await libraryWith(drawings(30));
  const { context, paths } = library;
  const now = new Date('2026-11-23T10:00:00Z');
  const clock = { ...context.clock, now: () => now };
  const scrub = { ...context, clock };
  const state = () => readScrubState(paths, now, context.log);
  assert.is(await scrubNextShard(scrub), undefined, 'nothing is owed yet');
  writeScrubState(paths, addDay(state()));
  const stop = new AbortController();
  stop.abort();
  await scrubNextShard({ ...scrub }, { signal: stop.signal }).then(
    () => assert.unreachable('it was stopped'),
    () => {},
  );
  assert.equal([state().shard, state().owed], [0, 11], 'a shard that was not read is still owed');
  let steps = 0;
  while (await scrubNextShard({ ...scrub })) steps += 1;
  assert.equal([steps, state().shard, state().owed], [11, 11, 0]);
  writeScrubState(paths, { ...state(), shard: SHARDS - 2, owed: 3 });
  while (await scrubNextShard(scrub));
  assert.equal([state().shard, state().pass, state().lastPassFinished], [1, 2, now.toISOString()]);
});

for (const junk of ['', '{"version":1,"shard":12,"pa', '[]', '{"version":1,"shard":256}']) {
  test(`a state that says ${JSON.stringify(junk)} begins a pass anew, and says so`, () => {
    using library = makeLibrary();
    writeFileSync(scrubState(library.paths), junk);
    const said: string[] = [];
    const log: Log = { info: () => {}, warn: (event) => said.push(event) };
    const state = readScrubState(library.paths, new Date(0), log);
    assert.equal([state.shard, state.pass, state.lastPassFinished], [0, 1, null]);
    assert.equal(said, ['scrub-state-lost']);
  });
}

test.run();
