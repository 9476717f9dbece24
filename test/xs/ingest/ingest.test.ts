import { execFileSync } from 'node:child_process';
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
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Digest, parseSerial, type Uid } from '../../../shared/ids.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { stateDigest } from '../../../shared/journal/sums.ts';
import { ingest } from '../../../xs/ingest/ingest.ts';
import { inLaptop, inPool } from '../../../xs/storage/paths.ts';
import { sha256Lines } from '../../../xs/storage/sha256sum.ts';
import { listSnapshots, readVersions } from '../../../xs/storage/snapshots.ts';
import { refusedLater } from '../../shared/refused.ts';
import {
  backUp,
  completionFor,
  type Journal,
  makeLibrary,
  newest,
  SERIAL,
  sendEntry,
  type TestLibrary,
  uidOf,
} from '../library.ts';

const test = suite('what arrives becomes a snapshot');

function journalOf(size: number, salt = ''): Journal {
  const entries = Array.from({ length: size }, (_, n) => n);
  return new Map(
    entries.map((n) => [
      uidOf(n),
      { title: `${salt}${n}`, content: n % 5 ? `${salt} content ${n}` : null },
    ]),
  );
}

function folderOf(library: TestLibrary): string {
  return inLaptop(library.paths, SERIAL).snapshot(newest(library).name);
}

/** As `sha256sum` reads them; nothing is damaged. */
function linesOf(snapshot: Parameters<typeof sha256Lines>[0]): string[] {
  return [...sha256Lines(snapshot)].map((sum) => {
    if ('line' in sum) return sum.line;
    throw new Error(`${sum.damaged} is damaged`);
  });
}

test('a first backup stands whole, with sums that sha256sum accepts', async () => {
  using library = makeLibrary();
  const outcome = await backUp(library, journalOf(20));
  assert.is(outcome.state, 'done');
  const folder = folderOf(library);
  assert.is(newest(library).entries, 20);
  const lines = linesOf(newest(library));
  assert.is(lines.length, 36);
  execFileSync('sha256sum', ['--check', '--strict', '--quiet'], {
    cwd: folder,
    input: `${lines.join('\n')}\n`,
  });
  execFileSync('sh', ['-c', 'zcat SUMS.gz | sha256sum --check --strict --quiet'], { cwd: folder });
  assert.is(readlinkSync(inLaptop(library.paths, SERIAL).latest), newest(library).name);
  assert.equal(readdirSync(inLaptop(library.paths, SERIAL).incoming), []);
});

test('a second backup shares what did not change and leaves the first as it was', async () => {
  using library = makeLibrary();
  const journal = journalOf(10);
  await backUp(library, journal);
  const first = newest(library);
  const sumsBefore = linesOf(first);
  journal.set(uidOf(1), { title: 'changed', content: 'new content' });
  journal.delete(uidOf(2));
  await backUp(library, journal);
  const second = newest(library);
  assert.is(second.sequence, 2);
  assert.is(second.entries, 9);
  assert.is(second.changed, 1);
  assert.is(second.removed, 1);
  const same = (name: string, uid: string) =>
    lstatSync(join(inLaptop(library.paths, SERIAL).home, name, uid)).ino;
  assert.is(same(first.name, uidOf(3)), same(second.name, uidOf(3)));
  assert.is.not(same(first.name, uidOf(1)), same(second.name, uidOf(1)));
  assert.equal(linesOf(first), sumsBefore);
  assert.is.not(first.name, second.name, 'two snapshots in one minute have two names');
});

test('one more snapshot costs three inodes, however many entries it has', async () => {
  using library = makeLibrary();
  const journal = journalOf(300);
  await backUp(library, journal);
  const inodes = () => {
    const told = execFileSync('du', ['-s', '--inodes', library.paths.library], {
      encoding: 'utf8',
    });
    return Number(told.split('\t')[0]);
  };
  const before = inodes();
  assert.is((await backUp(library, journal)).state, 'done');
  assert.is(inodes() - before, 3, 'its folder, MANIFEST and SUMS.gz');
});

test('equal content of two children is one inode, once each of them has sent it', async () => {
  using library = makeLibrary();
  const other = parseSerial('SHC00800000');
  library.addLaptop(other);
  await backUp(library, new Map([[uidOf(1), { title: 'hers', content: 'the same drawing' }]]));
  const outcome = await backUp(
    library,
    new Map([[uidOf(2), { title: 'his', content: 'the same drawing' }]]),
    other,
  );
  assert.is(outcome.state, 'done');
  const pooled = lstatSync(inPool(library.paths, digestOf('the same drawing')).file(0));
  assert.is(pooled.nlink, 3);
  assert.is(pooled.mode & 0o777, 0o440);
});

test('naming the digest of content that was never sent gives nothing', async () => {
  using library = makeLibrary();
  const other = parseSerial('SHC00800000');
  library.addLaptop(other);
  await backUp(library, new Map([[uidOf(1), { title: 'hers', content: 'a secret' }]]));
  const journal: Journal = new Map([[uidOf(2), { title: 'thief', content: 'a secret' }]]);
  const completion = completionFor(library, journal, other);
  const { incoming } = inLaptop(library.paths, other);
  sendEntry(incoming, uidOf(2), { title: 'thief', content: 'a secret' });
  rmSync(join(incoming, uidOf(2)));
  const outcome = await ingest(library.context, {
    serial: other,
    completion,
    folder: incoming,
    source: 'agent',
  });
  assert.equal(outcome, { state: 'missing', missing: [uidOf(2)] });
});

test('a change of properties alone needs no content again', async () => {
  using library = makeLibrary();
  await backUp(library, new Map([[uidOf(1), { title: 'old', content: 'picture' }]]));
  const journal: Journal = new Map([[uidOf(1), { title: 'new', content: 'picture' }]]);
  const completion = completionFor(library, journal);
  const { incoming } = inLaptop(library.paths, SERIAL);
  sendEntry(incoming, uidOf(1), { title: 'new', content: 'picture' });
  rmSync(join(incoming, uidOf(1)));
  const outcome = await ingest(library.context, {
    serial: SERIAL,
    completion,
    folder: incoming,
    source: 'agent',
  });
  assert.is(outcome.state, 'done');
  assert.is(readFileSync(join(folderOf(library), uidOf(1)), 'utf8'), 'picture');
});

test('an inode with all its links gets a sister (cap of links)', async () => {
  using library = makeLibrary({ maxLinks: 4 });
  const journal: Journal = new Map();
  for (let n = 0; n < 10; n += 1) journal.set(uidOf(n), { title: `${n}`, content: 'the same' });
  for (let round = 0; round < 3; round += 1) {
    journal.set(uidOf(100), { title: `${round}`, content: null });
    assert.is((await backUp(library, journal)).state, 'done');
  }
  const { file } = inPool(library.paths, digestOf('the same'));
  assert.ok(existsSync(file(1)));
  for (let n = 0; existsSync(file(n)); n += 1) assert.ok(lstatSync(file(n)).nlink <= 4);
  for (const manifest of listSnapshots(library.paths, SERIAL)) {
    const cwd = inLaptop(library.paths, SERIAL).snapshot(manifest.name);
    const input = `${linesOf(manifest).join('\n')}\n`;
    execFileSync('sha256sum', ['--check', '--strict', '--quiet'], { cwd, input });
  }
});

type Spoil = (incoming: string) => void;
const spoilt: [string, Spoil][] = [
  ['content that is gone', (incoming) => rmSync(join(incoming, uidOf(1)))],
  ['content cut short', (incoming) => writeFileSync(join(incoming, uidOf(1)), 'cont')],
  [
    'content of the same size but other bytes',
    (incoming) => writeFileSync(join(incoming, uidOf(1)), 'content!'),
  ],
  ['metadata that are gone', (incoming) => rmSync(join(incoming, `${uidOf(1)}.metadata`))],
  [
    'metadata with one bit flipped',
    (incoming) => {
      const path = join(incoming, `${uidOf(1)}.metadata`);
      const bytes = readFileSync(path);
      bytes.writeUInt8(bytes.readUInt8(60) ^ 1, 60);
      writeFileSync(path, bytes);
    },
  ],
  [
    'a symbolic link in place of content',
    (incoming) => {
      rmSync(join(incoming, uidOf(1)));
      symlinkSync('/etc/passwd', join(incoming, uidOf(1)));
    },
  ],
  [
    'a symbolic link in place of metadata',
    (incoming) => {
      rmSync(join(incoming, `${uidOf(1)}.metadata`));
      symlinkSync('/etc/passwd', join(incoming, `${uidOf(1)}.metadata`));
    },
  ],
  [
    'a folder in place of content',
    (incoming) => {
      rmSync(join(incoming, uidOf(1)));
      mkdirSync(join(incoming, uidOf(1)));
    },
  ],
  [
    'a FIFO in place of content',
    (incoming) => {
      rmSync(join(incoming, uidOf(1)));
      execFileSync('mkfifo', [join(incoming, uidOf(1))]);
    },
  ],
];
for (const [what, spoil] of spoilt) {
  test(`${what} is asked for again, and the snapshot before stays the newest`, async () => {
    using library = makeLibrary();
    await backUp(library, journalOf(3, 'before'));
    const before = newest(library);
    const { incoming } = inLaptop(library.paths, SERIAL);
    const journal: Journal = new Map([[uidOf(1), { title: 'now', content: 'content ' }]]);
    const completion = completionFor(library, journal);
    sendEntry(incoming, uidOf(1), { title: 'now', content: 'content ' });
    spoil(incoming);
    const arrival = { serial: SERIAL, completion, folder: incoming, source: 'agent' as const };
    assert.equal(await ingest(library.context, arrival), { state: 'missing', missing: [uidOf(1)] });
    assert.equal(newest(library), before);
    rmSync(join(incoming, uidOf(1)), { recursive: true, force: true });
    rmSync(join(incoming, `${uidOf(1)}.metadata`), { force: true });
    sendEntry(incoming, uidOf(1), { title: 'now', content: 'content ' });
    assert.is((await ingest(library.context, arrival)).state, 'done');
  });
}

test('who lacks something new is told at once what of the base is lost', async () => {
  using library = makeLibrary();
  const journal = journalOf(2, 'before');
  await backUp(library, journal);
  const [, lost = { title: '', content: '' }] =
    [...journal].find(([uid]) => uid === uidOf(1)) ?? [];
  rmSync(join(newest(library).folder, uidOf(1)));
  rmSync(inPool(library.paths, digestOf(Buffer.from(lost.content ?? ''))).file(0));
  journal.set(uidOf(9), { title: 'new', content: 'never sent' });
  const completion = completionFor(library, journal);
  const { incoming } = inLaptop(library.paths, SERIAL);
  const arrival = { serial: SERIAL, completion, folder: incoming, source: 'agent' as const };
  const outcome = await ingest(library.context, arrival);
  assert.ok(outcome.state === 'missing');
  assert.equal([...outcome.missing].sort(), [uidOf(1), uidOf(9)]);
});

test('a base that is not the newest snapshot is refused with "rebase"', async () => {
  using library = makeLibrary();
  await backUp(library, journalOf(3));
  const stale = completionFor(library, journalOf(4));
  await backUp(library, journalOf(5));
  const folder = inLaptop(library.paths, SERIAL).incoming;
  const arrival = { serial: SERIAL, completion: stale, folder, source: 'agent' as const };
  assert.equal(await ingest(library.context, arrival), { state: 'rebase' });
  const first = { ...arrival, completion: { ...stale, base: null } };
  assert.equal(await ingest(library.context, first), { state: 'rebase' });
});

test('a state digest or a count that does not follow from the changes is refused', async () => {
  using library = makeLibrary();
  const { incoming } = inLaptop(library.paths, SERIAL);
  const completion = completionFor(library, journalOf(3));
  for (const lie of [{ entries: 4 }, { state: digestOf('something else') }]) {
    const arrival = {
      serial: SERIAL,
      completion: { ...completion, ...lie },
      folder: incoming,
      source: 'agent' as const,
    };
    const outcome = await ingest(library.context, arrival);
    assert.is(outcome.state, 'refused');
  }
  assert.equal(listSnapshots(library.paths, SERIAL), []);
});

test('the same completion twice makes one snapshot', async () => {
  using library = makeLibrary();
  const { incoming } = inLaptop(library.paths, SERIAL);
  const journal = journalOf(3);
  const completion = completionFor(library, journal);
  for (const [uid, entry] of journal) sendEntry(incoming, uid, entry);
  const arrival = { serial: SERIAL, completion, folder: incoming, source: 'agent' as const };
  const first = await ingest(library.context, arrival);
  assert.equal(await ingest(library.context, arrival), first);
  assert.is(listSnapshots(library.paths, SERIAL).length, 1);
});

test('an entry of a million empty properties is refused before it is decoded', async () => {
  using library = makeLibrary();
  const { incoming } = inLaptop(library.paths, SERIAL);
  const names = Array.from({ length: 600_000 }, (_, at) => `"${at.toString(36)}":""`).sort();
  const bytes = Buffer.from(`{"content":null,"properties":{${names.join(',')}}}\n`);
  writeFileSync(join(incoming, `${uidOf(1)}.metadata`), bytes);
  const digest = digestOf(bytes);
  const state = stateDigest(new Map([[uidOf(1), digest]]));
  const completion = {
    ...completionFor(library, new Map()),
    ...{ changed: [[uidOf(1), digest] as [Uid, Digest]], state, entries: 1 },
  };
  const arrival = { serial: SERIAL, completion, folder: incoming, source: 'agent' as const };
  await refusedLater(ingest(library.context, arrival), 'bad-input', /1000 properties/);
});

test('a clock that was set back does not change the order of snapshots', async () => {
  let now = new Date('2026-11-22T14:05:00Z');
  const clock = { now: () => now, monotonicMs: () => 0, sleep: async () => {} };
  using library = makeLibrary({ clock });
  await backUp(library, journalOf(2));
  now = new Date('1970-01-01T00:10:00Z');
  await backUp(library, journalOf(3));
  assert.is(newest(library).sequence, 2);
  assert.is(newest(library).name, 'datastore-1970-01-01_00:10');
  assert.is(readVersions(newest(library)).size, 3);
});

test('pooled content of another size under the right name is set aside, not used', async () => {
  using library = makeLibrary();
  const { folder, file } = inPool(library.paths, digestOf('a drawing'));
  mkdirSync(folder, { recursive: true });
  writeFileSync(file(0), 'rot');
  await backUp(library, new Map([[uidOf(1), { title: 'x', content: 'a drawing' }]]));
  assert.is(readFileSync(join(folderOf(library), uidOf(1)), 'utf8'), 'a drawing');
  assert.is(readFileSync(file(0), 'utf8'), 'a drawing');
  assert.ok(library.context.pool.damage.isEmpty, 'nobody has the damaged one');
  assert.equal(readdirSync(join(library.paths.library, '.damaged')), []);
});

test('entries that were never there do not count as removed', async () => {
  using library = makeLibrary();
  await backUp(library, journalOf(30));
  const next = new Map([...journalOf(30), [uidOf(50), { title: 'new', content: 'new' }]]);
  const { incoming } = inLaptop(library.paths, SERIAL);
  sendEntry(incoming, uidOf(50), { title: 'new', content: 'new' });
  const completion = completionFor(library, next);
  const removed = Array.from({ length: 500 }, (_, n) => uidOf(1000 + n));
  const sent = { serial: SERIAL, completion: { ...completion, removed }, folder: incoming };
  assert.is((await ingest(library.context, { ...sent, source: 'agent' })).state, 'done');
  assert.is(newest(library).removed, 0);
});

test.run();
