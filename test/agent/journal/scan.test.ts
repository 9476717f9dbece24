import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type Batch,
  type Need,
  type StageOptions,
  stageBatches,
} from '../../../agent/backup/stage.ts';
import type { Problem } from '../../../agent/journal/problem.ts';
import { fileSystemMoment, scanJournal } from '../../../agent/journal/scan.ts';
import { inBatch, inJournal, type Paths } from '../../../agent/paths.ts';
import { type KnownEntry, openState } from '../../../agent/state.ts';
import { type Clock, realClock } from '../../../shared/clock.ts';
import { type Digest, parseSerial, parseSnapshotName, type Uid } from '../../../shared/ids.ts';
import { decodeEntry, digestOf, propertyText } from '../../../shared/journal/entry.ts';
import { stateDigest } from '../../../shared/journal/sums.ts';
import { makeProfile, putContent, putEntry, putProperty, uidOf } from './journal.ts';

const test = suite('A6 A8: what changed, and staging it whole or not at all');

/** Long enough after anything a test wrote that it does not count as fresh, in nanoseconds. */
const LATER = 10_000_000_000n;

interface Options {
  known?: ReadonlyMap<Uid, KnownEntry>;
  need?: (uid: Uid, digest: Digest, content: Digest | null) => Need;
  moment?: bigint;
  clock?: Clock;
  batch?: StageOptions['batch'];
}

/** Scans and stages a Journal as a backup does. */
async function stage(paths: Paths, options: Options = {}) {
  const moment = options.moment ?? fileSystemMoment(paths.staging) + LATER;
  const scan = await scanJournal(paths, options.known ?? new Map(), () => moment);
  const read = new Map<Uid, KnownEntry>();
  const problems: Problem[] = [...scan.problems];
  const batches: Batch[] = [];
  const entries = scan.toRead.map(({ entry }) => entry);
  for await (const batch of stageBatches(entries, {
    folder: paths.staging,
    batch: options.batch ?? { bytes: 1 << 20, entries: 500 },
    moment,
    clock: options.clock ?? realClock,
    signal: new AbortController().signal,
    need: options.need ?? (() => 'all'),
    onRead: (uid, known) => read.set(uid, known),
    onProblem: (problem) => problems.push(problem),
  })) {
    batches.push(batch);
  }
  return { scan, read, problems, batches };
}

test('an entry is staged as its content and its folded properties', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  putEntry(paths, uidOf(1), 'hello', { preview: Buffer.from([0, 255]) });
  putEntry(paths, uidOf(2), null);
  const { batches, read } = await stage(paths);
  assert.is(batches.length, 1);
  const folder = batches[0]?.folder ?? '';
  const files = inBatch(folder, uidOf(1));
  assert.is(readFileSync(files.content, 'utf8'), 'hello');
  assert.is(
    statSync(files.content).ino,
    statSync(join(inJournal(paths, uidOf(1)).path, 'data')).ino,
    'linked, not copied',
  );
  const bytes = readFileSync(files.metadata);
  assert.is(read.get(uidOf(1))?.digest, digestOf(bytes));
  const entry = decodeEntry(bytes);
  assert.equal(entry.content, { digest: digestOf('hello'), size: 5 });
  assert.is(propertyText(entry, 'title'), 'A thing');
  assert.equal(entry.properties.get('preview'), Buffer.from([0, 255]));
  assert.not(existsSync(inBatch(folder, uidOf(2)).content));
});

test('what was read is not read again until it changes, in any way', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  for (let n = 0; n < 6; n += 1) putEntry(paths, uidOf(n), `content ${n}`);
  const { read } = await stage(paths);
  const again = await stage(paths, { known: read });
  assert.equal([again.scan.toRead.length, again.scan.unchanged.size], [0, 6]);
  putProperty(paths, uidOf(1), 'title', 'New');
  putContent(paths, uidOf(2), 'content x');
  rmSync(inJournal(paths, uidOf(3)).path, { recursive: true });
  rmSync(join(inJournal(paths, uidOf(4)).path, 'metadata', 'title'));
  writeFileSync(join(inJournal(paths, uidOf(5)).path, 'data'), 'in place!');
  putEntry(paths, uidOf(9), 'new');
  const { scan } = await stage(paths, { known: read });
  assert.equal([...scan.unchanged.keys()], [uidOf(0)]);
  assert.equal(scan.toRead.map(({ entry }) => entry.uid).sort(), [1, 2, 4, 5, 9].map(uidOf));
});

test('an entry as fresh as the scan is read again the next time', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  putEntry(paths, uidOf(1), 'x');
  const { read } = await stage(paths, { moment: fileSystemMoment(paths.staging) });
  assert.is(read.get(uidOf(1))?.signature, null);
  assert.is((await stage(paths, { known: read })).scan.toRead.length, 1);
});

test('only what is needed is staged', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  putEntry(paths, uidOf(1), 'same content', { title: 'New title' });
  putEntry(paths, uidOf(2), 'known');
  putEntry(paths, uidOf(3), 'new');
  const needs = new Map<Uid, Need>([
    [uidOf(1), 'metadata'],
    [uidOf(2), 'nothing'],
    [uidOf(3), 'all'],
  ]);
  const { batches, read } = await stage(paths, { need: (uid) => needs.get(uid) ?? 'all' });
  const names = readdirSync(batches[0]?.folder ?? '').sort();
  assert.equal(names, [`${uidOf(1)}.metadata`, uidOf(3), `${uidOf(3)}.metadata`]);
  assert.is(read.size, 3, 'all of them are known now');
});

test('batches are bounded by bytes and by entries', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  for (let n = 0; n < 7; n += 1) putEntry(paths, uidOf(n), 'x'.repeat(n === 0 ? 5000 : 10));
  const { batches } = await stage(paths, { batch: { bytes: 4000, entries: 3 } });
  const sizes = batches.map(({ versions }) => versions.size);
  assert.is(
    sizes.reduce((sum, size) => sum + size, 0),
    7,
  );
  assert.ok(sizes.every((size) => size <= 3) && sizes.length >= 3, sizes.join());
});

test('an entry written to while it is read is read again, and comes whole', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  const uid = uidOf(1);
  putEntry(paths, uid, 'old', { title: 'old' });
  // A property being replaced at this moment: its temporary file is there.
  const temporary = join(inJournal(paths, uid).path, 'metadata', '.title');
  writeFileSync(temporary, 'ne');
  const clock: Clock = {
    ...realClock,
    sleep: async () => {
      if (!existsSync(temporary)) return;
      rmSync(temporary);
      putContent(paths, uid, 'new!');
      putProperty(paths, uid, 'filesize', '4');
      putProperty(paths, uid, 'title', 'new');
    },
  };
  const { batches, problems } = await stage(paths, { clock });
  assert.equal(problems, []);
  const files = inBatch(batches[0]?.folder ?? '', uid);
  const entry = decodeEntry(readFileSync(files.metadata));
  assert.is(propertyText(entry, 'title'), 'new');
  assert.is(entry.content?.digest, digestOf('new!'));
  assert.is(readFileSync(files.content, 'utf8'), 'new!');
});

test('half a change that lies still is not taken for the whole', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  const uid = uidOf(1);
  putEntry(paths, uid, 'old', { title: 'old' });
  putProperty(paths, uid, 'title', 'new');
  let naps = 0;
  const clock: Clock = {
    ...realClock,
    sleep: async () => {
      naps += 1;
      if (naps === 1) putContent(paths, uid, 'new');
    },
  };
  const { batches } = await stage(paths, { clock, moment: fileSystemMoment(paths.staging) });
  const { content, metadata } = inBatch(batches[0]?.folder ?? '', uid);
  assert.is(propertyText(decodeEntry(readFileSync(metadata)), 'title'), 'new');
  assert.equal([readFileSync(content, 'utf8'), naps], ['new', 2], 'left alone for one nap');
});

test('a change that the clock puts into the future is looked at twice, not for ever', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  putEntry(paths, uidOf(1), 'x');
  const clock: Clock = { ...realClock, sleep: async () => {} };
  const { read, problems } = await stage(paths, { clock, moment: 0n });
  assert.equal([read.size, problems], [1, []]);
});

test('an entry that never comes to rest is reported and not staged', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  const uid = uidOf(1);
  putEntry(paths, uid, 'x');
  putEntry(paths, uidOf(2), 'fine');
  writeFileSync(join(inJournal(paths, uid).path, 'metadata', '.title'), 'ne');
  const { batches, problems, read } = await stage(paths, {
    clock: { ...realClock, sleep: async () => {} },
  });
  assert.equal(
    problems.map((problem) => problem.uid),
    [uid],
  );
  assert.match(problems[0]?.problem ?? '', /being written to/);
  assert.equal([...(batches[0]?.versions.keys() ?? [])], [uidOf(2)]);
  assert.not(read.has(uid));
  assert.not(existsSync(inBatch(batches[0]?.folder ?? '', uid).content));
});

test('a size that is not the noted one is taken after five quiet seconds, not before', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  putEntry(paths, uidOf(1), 'four', { filesize: '99' });
  const naps: number[] = [];
  const clock = {
    ...realClock,
    sleep: async (ms: number) => {
      naps.push(ms);
    },
  };
  const quiet = await stage(paths, { clock });
  assert.equal([naps, quiet.read.size], [[], 1], 'it has been quiet for long');
  const fresh = await stage(paths, { clock, moment: fileSystemMoment(paths.staging) });
  assert.equal([naps, fresh.read.size, fresh.problems], [Array(5).fill(1000), 1, []]);
});

test('entries of a wrong shape are reported by name, and the others go on', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  for (let n = 0; n < 5; n += 1) putEntry(paths, uidOf(n), 'x');
  const metadata = (n: number) => join(inJournal(paths, uidOf(n)).path, 'metadata');
  symlinkSync('/etc/passwd', join(metadata(0), 'link'));
  rmSync(metadata(1), { recursive: true });
  writeFileSync(join(metadata(2), 'huge'), Buffer.alloc(8 * 1024 * 1024 + 1));
  execFileSync('mkfifo', [join(metadata(3), 'pipe')]);
  const { problems, read } = await stage(paths);
  assert.equal(problems.map(({ uid }) => uid).sort(), [0, 1, 2, 3].map(uidOf));
  for (const { uid, problem } of problems) assert.match(problem, uid);
  assert.equal([...read.keys()], [uidOf(4)]);
});

test('an entry that vanishes between looking and reading is simply gone', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  putEntry(paths, uidOf(1), 'x');
  const scan = await scanJournal(paths, new Map(), () => 0n);
  rmSync(inJournal(paths, uidOf(1)).path, { recursive: true });
  const problems: Problem[] = [];
  const batches = stageBatches(
    scan.toRead.map(({ entry }) => entry),
    {
      folder: paths.staging,
      batch: { bytes: 1, entries: 1 },
      moment: 0n,
      clock: realClock,
      signal: new AbortController().signal,
      need: () => 'all',
      onRead: () => assert.unreachable(),
      onProblem: (problem) => problems.push(problem),
    },
  );
  assert.ok((await batches.next()).done);
  assert.equal(problems, []);
});

test('a Journal that is not there is an error, not an empty one', async () => {
  using profile = makeProfile();
  rmSync(profile.paths.journal, { recursive: true });
  const scan = scanJournal(profile.paths, new Map(), () => 0n);
  assert.match(String(await scan.catch((error: unknown) => error)), /there is no Journal/);
});

test('the first change is told while the rest is still looked at', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  for (let n = 0; n < 3; n += 1) putEntry(paths, uidOf(n), 'x');
  const { read } = await stage(paths);
  let told = 0;
  const onChange = () => {
    told += 1;
  };
  const scan = () => scanJournal(paths, read, () => 0n, onChange);
  await scan();
  assert.is(told, 0, 'nothing changed');
  putEntry(paths, uidOf(7), 'new');
  assert.is((await scan()).toRead.length, 1);
  assert.is(told, 1);
});

test('2,000 unchanged entries are looked through in a fraction of a second', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  for (let n = 0; n < 2000; n += 1) {
    const { path } = inJournal(
      paths,
      `${(n % 256).toString(16).padStart(2, '0')}${uidOf(n).slice(2)}` as Uid,
    );
    mkdirSync(join(path, 'metadata'), { recursive: true });
    writeFileSync(join(path, 'metadata', 'title'), 'x');
  }
  const { read } = await stage(paths);
  const start = performance.now();
  const { unchanged } = await scanJournal(paths, read, () => 0n);
  const ms = performance.now() - start;
  assert.is(unchanged.size, 2000);
  assert.ok(ms < 1000, `${ms} ms`);
});

const snapshot = parseSnapshotName('datastore-2026-11-22_14:05');
const known = (text: string): KnownEntry => ({
  signature: `s ${text}`,
  digest: digestOf(text),
  content: digestOf(`content of ${text}`),
});

test('the memory survives, and knows the content of the base after an entry changed', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  const versions = new Map([[uidOf(1), known('a').digest]]);
  {
    await using state = await openState(paths.state);
    await state.rememberEntries(new Map([[uidOf(1), known('a')]]), []);
    await state.confirm({ snapshot, sequence: 3, state: stateDigest(versions), versions });
    await state.rememberEntries(new Map([[uidOf(1), known('b')]]), []);
    await state.rememberArrived(new Map([[uidOf(1), known('b').digest]]));
  }
  await using state = await openState(paths.state);
  assert.equal(state.entries.get(uidOf(1)), known('b'));
  assert.equal(state.confirmed?.versions, versions);
  assert.is(state.confirmed?.sequence, 3);
  assert.is(state.baseContents.get(uidOf(1)), known('a').content);
  assert.is(state.arrived.get(uidOf(1)), known('b').digest);
  await state.confirm({ snapshot, sequence: 4, state: digestOf('x'), versions: new Map() });
  assert.equal([state.arrived.size, state.baseContents.size], [0, 0]);
});

test('a forgotten base takes everything with it that was true only for it', async () => {
  using profile = makeProfile();
  await using state = await openState(profile.paths.state);
  await state.rememberArrived(new Map([[uidOf(1), digestOf('x')]]));
  await state.rememberRun('0'.repeat(32) as never);
  await state.forgetBase();
  assert.equal([state.arrived.size, state.underWay, state.confirmed], [0, undefined, undefined]);
});

test('a damaged memory is thrown away; one of a newer version is not', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  writeFileSync(paths.state, 'this is no database, it is only text'.repeat(100));
  {
    await using state = await openState(paths.state);
    assert.is(state.entries.size, 0);
  }
  const { openDb } = await import('../../../shared/system/db.ts');
  {
    await using db = await openDb(paths.state, []).catch(() => openDb(`${paths.state}2`, []));
    await db.run('PRAGMA user_version = 99');
  }
  await openState(`${paths.state}2`).then(
    () => assert.unreachable(),
    (error) => assert.match(error.message, /newer version/),
  );
});

test('an unfinished restore remembers what it put back, until it is through', async () => {
  using profile = makeProfile();
  await using state = await openState(profile.paths.state);
  const origin = { of: undefined, snapshot };
  await state.beginRestore(origin, 2);
  await state.rememberRestored(origin, new Map([[uidOf(1), digestOf('x')]]));
  const unfinished = { of: '', snapshot, entries: 2, restored: 1 };
  assert.equal(await state.unfinishedRestores(), [unfinished]);
  const others = { of: parseSerial('SHC00000002'), snapshot };
  assert.is((await state.beginRestore(others, 3)).size, 0, 'another laptop has a day of that name');
  await state.endRestore(others);
  assert.equal(await state.beginRestore(origin, 2), new Map([[uidOf(1), digestOf('x')]]));
  await state.endRestore(origin);
  assert.equal(await state.unfinishedRestores(), []);
  assert.is((await state.beginRestore(origin, 2)).size, 0);
});

test.run();
