import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DsError } from '../../../shared/errors.ts';
import type { Uid } from '../../../shared/ids.ts';
import { exportJournal } from '../../../xs/legacy/export.ts';
import { pinEntry } from '../../../xs/pins/pinning.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import type { Snapshot } from '../../../xs/storage/snapshots.ts';
import { compareJournals, readJournal } from '../../journal/compare.ts';
import { generateJournal } from '../../journal/generator.ts';
import { refusedLater } from '../../shared/refused.ts';
import {
  awayOf,
  backUp,
  letOthersIn,
  makeLibrary,
  newest,
  SERIAL,
  type TestLibrary,
  uidOf,
} from '../library.ts';
import { adopt, nameOf, putRaw, snapshotRaw } from './original-library.ts';

const test = suite('a Journal is exported as Sugar keeps it');

function assertSame(before: string, after: string): void {
  const { different, missing, extra } = compareJournals(readJournal(before), readJournal(after));
  assert.equal([different, missing, extra], [[], [], []]);
}

/** A snapshot of ours with a few entries, and the Journal it was made of. */
async function makeSnapshot(library: TestLibrary): Promise<{ journal: string; uids: string[] }> {
  const { original } = inLaptop(library.paths, SERIAL);
  const journal = join(library.folder, 'journal');
  const uids = generateJournal(journal, { entries: 12, seed: 1 });
  execFileSync('cp', ['-a', `${journal}/.`, original]);
  snapshotRaw(library.paths, SERIAL, nameOf(8));
  await adopt(library.context, SERIAL);
  return { journal, uids };
}

function spoil(path: string): void {
  execFileSync('sh', ['-c', 'chmod u+w "$1" && printf x >> "$1"', 'sh', path]);
}

/** The first entry that has content, and where that is. */
function withContent(snapshot: Snapshot, uids: readonly string[]): { uid: Uid; path: string } {
  const uid = uids.find((one) => existsSync(join(snapshot.folder, one)));
  if (!uid) throw new Error('no entry has content');
  return { uid: uid as Uid, path: join(snapshot.folder, uid) };
}

test('from a snapshot of ours, byte for byte, in layout 6 and without an index', async () => {
  using library = makeLibrary();
  const { journal, uids } = await makeSnapshot(library);
  const target = join(library.folder, 'out');
  mkdirSync(target); // an empty one may be there
  let last = { entries: 0, of: 0 };
  const onProgress = (progress: typeof last) => {
    last = progress;
  };
  const done = await exportJournal({ snapshot: newest(library) }, target, { onProgress });
  assert.equal([done.entries, done.leftOut, done.repaired, last.entries], [12, [], [], last.of]);
  assertSame(journal, target);
  assert.is(readFileSync(join(target, 'version'), 'utf8'), '6');
  const { uid, path } = withContent(newest(library), uids);
  const data = lstatSync(join(target, uid.slice(0, 2), uid, 'data'));
  assert.equal([data.mode & 0o7777, data.nlink], [0o644, 1]);
  assert.is.not(data.ino, lstatSync(path).ino);
  assert.equal(
    readdirSync(target).filter((name) => name.length !== 2),
    ['version'],
  );
});

test('from a raw tree in place, with what cannot be read named', async () => {
  using library = makeLibrary();
  const raw = join(library.folder, 'raw');
  generateJournal(raw, { entries: 5, seed: 2 });
  const linked = putRaw(raw, uidOf(1), { title: 'linked' });
  const target = join(library.folder, 'out');
  const before = readJournal(raw);
  before.delete(uidOf(1));
  symlinkSync('/etc/passwd', join(linked, 'data'));
  const done = await exportJournal({ raw }, target);
  assert.equal([done.entries, done.leftOut.map(({ what }) => what)], [5, [uidOf(1)]]);
  const { different, missing, extra } = compareJournals(before, readJournal(target));
  assert.equal([different, missing, extra], [[], [], []]);
});

/** Without root's right to read everything. Files belong to nobody in particular, root included. */
async function asOrdinary(act: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return act();
  process.seteuid?.(64_997);
  try {
    await act();
  } finally {
    process.seteuid?.(0);
  }
}

test('from a raw tree of another account: what may not be read is named, and the rest written', async () => {
  using library = makeLibrary();
  const raw = join(library.folder, 'raw');
  for (let n = 1; n <= 4; n += 1) putRaw(raw, uidOf(n), { title: `${n}` }, `content ${n}`);
  const other = 'ffffffff-0000-4000-8000-000000000009' as Uid;
  putRaw(raw, other, { title: 'in a closed folder' });
  const out = join(library.folder, 'out');
  mkdirSync(out, { mode: 0o777 });
  chmodSync(out, 0o777);
  letOthersIn(library);
  chmodSync(join(raw, '00', uidOf(1), 'data'), 0);
  chmodSync(join(raw, '00', uidOf(2), 'metadata'), 0);
  chmodSync(join(raw, '00', uidOf(3)), 0);
  chmodSync(join(raw, 'ff'), 0);
  await asOrdinary(async () => {
    const done = await exportJournal({ raw }, join(out, 'journal'));
    assert.is(done.entries, 1);
    assert.equal(
      done.leftOut.map(({ what }) => what).sort(),
      [1, 2, 3].map(uidOf).concat('ff' as Uid),
    );
    for (const { what, reason } of done.leftOut) assert.match(reason, /permission/, what);
  });
  assert.is(readFileSync(join(out, 'journal', '00', uidOf(4), 'data'), 'utf8'), 'content 4');
  chmodSync(join(raw, 'ff'), 0o755); // or it could not be removed
  for (const part of [uidOf(3), join(uidOf(2), 'metadata')])
    chmodSync(join(raw, '00', part), 0o755);
});

test('from a raw tree of layout 0', async () => {
  using library = makeLibrary();
  const raw = join(library.folder, 'raw');
  mkdirSync(join(raw, 'store'), { recursive: true });
  writeFileSync(join(raw, 'store', `${uidOf(1)}.metadata`), '{"title": "old"}');
  writeFileSync(join(raw, 'store', uidOf(1)), 'content');
  const target = join(library.folder, 'out');
  assert.is((await exportJournal({ raw }, target)).entries, 1);
  const folder = join(target, '00', uidOf(1));
  assert.is(readFileSync(join(folder, 'data'), 'utf8'), 'content');
  assert.equal(readdirSync(join(folder, 'metadata')).sort(), ['title', 'uid']);
});

const DAMAGE: [what: string, act: (path: string) => void][] = [
  ['content that was changed', (path) => spoil(path)],
  ['metadata that was changed', (path) => spoil(`${path}.metadata`)],
  ['content that is gone', (path) => rmSync(path)],
  ['metadata that is gone', (path) => rmSync(`${path}.metadata`)],
];
for (const [what, act] of DAMAGE) {
  test(`${what} is refused by name, and left out when asked to keep going`, async () => {
    using library = makeLibrary();
    const { uids } = await makeSnapshot(library);
    const snapshot = newest(library);
    const { uid, path } = withContent(snapshot, uids);
    act(path);
    const target = join(library.folder, 'out');
    await refusedLater(exportJournal({ snapshot }, target), 'damaged', new RegExp(uid));
    assert.equal(
      readdirSync(library.folder).filter((name) => name.startsWith('out')),
      [],
    );
    const done = await exportJournal({ snapshot }, target, { keepGoing: true });
    assert.ok(done.entries >= 10); // others may have the same content
    assert.ok(done.leftOut.some((one) => one.what === uid));
    assert.is(readJournal(target).size, done.entries);
  });
}

test('a target that is in the way is refused and left alone', async () => {
  using library = makeLibrary();
  const raw = join(library.folder, 'raw');
  generateJournal(raw, { entries: 1, seed: 3 });
  const full = join(library.folder, 'full');
  mkdirSync(full);
  writeFileSync(join(full, 'mine'), 'kept');
  symlinkSync(raw, join(library.folder, 'link'));
  for (const name of ['full', 'link', 'full/mine', 'absent/out']) {
    const error = await refusedLater(exportJournal({ raw }, join(library.folder, name)), 'usage');
    assert.ok(error.hint);
  }
  assert.is(readFileSync(join(full, 'mine'), 'utf8'), 'kept');
});

test('what makes the datastore delete an entry is written so that it keeps it, and named', async () => {
  using library = makeLibrary();
  const raw = join(library.folder, 'raw');
  const put = (n: number, properties: Record<string, string | Buffer>) =>
    putRaw(raw, uidOf(n), { title: 'fine', ...properties });
  put(1, { preview: Buffer.from([0xff]), timestamp: '1300000000', keep: '0' });
  put(2, { description: Buffer.from([0x61, 0xff]) });
  put(3, { timestamp: '1300000000.51', creation_time: '1217000000.0' }); // once upgraded from 0.82
  put(4, { creation_time: '99999999999' });
  put(5, { filesize: 'large' });
  put(6, { notes: Buffer.alloc(512_001, 'a') });
  put(7, { mime_type: 'x'.repeat(300) });
  const target = join(library.folder, 'out');
  const done = await exportJournal({ raw }, target);
  assert.is(done.entries, 7);
  assert.equal(
    done.repaired.map(({ what }) => what),
    [2, 3, 4, 5, 6, 7].map(uidOf),
  );
  assert.match(done.repaired[0]?.reason ?? '', '"description" is not text');
  for (const name of ['"timestamp"', '"creation_time"']) {
    assert.ok(done.repaired[1]?.reason.includes(name), name);
  }
  const written = (n: number, name: string) => {
    const path = join(target, '00', uidOf(n), 'metadata', name);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  };
  assert.is(written(2, 'description'), 'a\ufffd');
  assert.equal(
    [written(3, 'timestamp'), written(3, 'creation_time')],
    ['1300000000', '1217000000'],
  );
  for (const [n, name] of [
    [4, 'creation_time'],
    [5, 'filesize'],
    [6, 'notes'],
    [7, 'mime_type'],
  ] as const) {
    assert.equal([name, written(n, name), written(n, 'title')], [name, undefined, 'fine']);
  }
});

test('stopped, it leaves nothing behind', async () => {
  using library = makeLibrary();
  const raw = join(library.folder, 'raw');
  generateJournal(raw, { entries: 3, seed: 4 });
  const stop = new AbortController();
  const options = {
    signal: stop.signal,
    onProgress: () => stop.abort(new DsError('cancelled', '')),
  };
  await refusedLater(exportJournal({ raw }, join(library.folder, 'out'), options), 'cancelled');
  assert.equal(
    readdirSync(library.folder).filter((name) => name.startsWith('out')),
    [],
  );
});

test("what is only at school is written as it was, if it is this child's", async () => {
  using library = makeLibrary();
  const { context, paths, folder } = library;
  const fish = { title: 'the fish', content: 'drawn for an hour' };
  await backUp(library, new Map([[uidOf(1), fish]]));
  const pin = pinEntry(context, SERIAL, newest(library), uidOf(1), { limit: 1e9 });
  await backUp(library, new Map([[uidOf(1), awayOf(uidOf(1), fish)]]));
  const snapshot = newest(library);
  const write = async (name: string, serials = [SERIAL], keepGoing = false) => {
    const kept = { paths, serials };
    const done = await exportJournal({ snapshot }, join(folder, name), { kept, keepGoing });
    return { done, entry: join(folder, name, '00', uidOf(1)) };
  };
  const { entry } = await write('out');
  assert.is(readFileSync(join(entry, 'data'), 'utf8'), 'drawn for an hour');
  assert.equal(readdirSync(join(entry, 'metadata')), ['title']);
  assert.is(readFileSync(join(entry, 'metadata', 'title'), 'utf8'), 'the fish');
  const other = await write('other', []);
  assert.is(readFileSync(join(other.entry, 'data'), 'utf8'), '');
  rmSync(pin.folder, { recursive: true });
  await refusedLater(write('gone'), 'damaged', new RegExp(uidOf(1)));
  assert.is((await write('going', [SERIAL], true)).done.leftOut[0]?.what, uidOf(1));
});

test.run();
