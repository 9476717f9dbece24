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
import { type Need, stageBatches } from '../../../agent/backup/stage.ts';
import { FRESHNESS } from '../../../agent/freshness.ts';
import type { Problem } from '../../../agent/journal/problem.ts';
import { fileSystemMoment, scanJournal } from '../../../agent/journal/scan.ts';
import { inBatch, inJournal } from '../../../agent/paths.ts';
import { type Clock, realClock } from '../../../shared/clock.ts';
import type { Uid } from '../../../shared/ids.ts';
import { decodeEntry, digestOf, propertyText } from '../../../shared/journal/entry.ts';
import { makeProfile, putContent, putEntry, putProperty, uidOf } from '../journal/journal.ts';
import { stage } from '../journal/staging.ts';

const test = suite('an entry is staged whole or not at all');

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

test('an entry as fresh as the scan is read again the next time', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  putEntry(paths, uidOf(1), 'x');
  const { read } = await stage(paths, { freshness: { racyNs: FRESHNESS.racyNs, settledMs: 0 } });
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
  const { batches, problems } = await stage(paths, { clock, freshness: FRESHNESS });
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
  const { batches } = await stage(paths, { clock, freshness: FRESHNESS });
  const { content, metadata } = inBatch(batches[0]?.folder ?? '', uid);
  assert.is(propertyText(decodeEntry(readFileSync(metadata)), 'title'), 'new');
  assert.equal([readFileSync(content, 'utf8'), naps], ['new', 2], 'left alone for one nap');
});

test('a change that the clock puts into the future is looked at twice, not for ever', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  putEntry(paths, uidOf(1), 'x');
  const clock: Clock = { ...realClock, sleep: async () => {} };
  const { read, problems } = await stage(paths, { clock, moment: 0n, freshness: FRESHNESS });
  assert.equal([read.size, problems], [1, []]);
});

test('an entry that never comes to rest is reported and not staged', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  const uid = uidOf(1);
  putEntry(paths, uid, 'x');
  putEntry(paths, uidOf(2), 'fine');
  let saves = 0;
  const sleep = async () => {
    saves += 1;
    putProperty(paths, uid, 'title', String(saves));
    writeFileSync(join(inJournal(paths, uid).path, 'metadata', `.${saves}`), 'ne');
  };
  const clock = { ...realClock, sleep };
  const { batches, problems, read } = await stage(paths, { clock, freshness: FRESHNESS });
  assert.equal(
    problems.map((problem) => problem.uid),
    [uid],
  );
  assert.match(problems[0]?.problem ?? '', /being written to/);
  assert.equal([...(batches[0]?.versions.keys() ?? [])], [uidOf(2)]);
  assert.not(read.has(uid));
  assert.not(existsSync(inBatch(batches[0]?.folder ?? '', uid).content));
});

test('the temporary file of a datastore that was killed keeps nothing out of the backup', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  putEntry(paths, uidOf(1), 'x');
  writeFileSync(join(inJournal(paths, uidOf(1)).path, 'metadata', '.title'), '');
  let naps = 0;
  const sleep = async () => {
    naps += 1;
  };
  const clock = { ...realClock, sleep };
  const { problems, read } = await stage(paths, { clock, freshness: FRESHNESS });
  assert.equal([problems, read.size, naps], [[], 1, 5], 'after five quiet seconds');
  const later = fileSystemMoment(paths.staging) + 10_000_000_000n;
  await stage(paths, { clock, freshness: FRESHNESS, moment: later });
  assert.is(naps, 5, 'an old one is not waited for');
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
  const later = fileSystemMoment(paths.staging) + 10_000_000_000n;
  const quiet = await stage(paths, { clock, moment: later, freshness: FRESHNESS });
  assert.equal([naps, quiet.read.size], [[], 1], 'it has been left alone for long');
  const fresh = await stage(paths, { clock, freshness: FRESHNESS });
  assert.equal([naps, fresh.read.size, fresh.problems], [Array(5).fill(1000), 1, []]);
});

test('what is odd about an entry is reported by name, and the rest of it is staged', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  const odd: [make: (metadata: string) => void, problem: RegExp][] = [
    [(at) => symlinkSync('/etc/passwd', join(at, 'link')), /link cannot be opened/],
    [(at) => writeFileSync(join(at, 'huge'), Buffer.alloc(9 << 20)), /huge is too large/],
    [(at) => execFileSync('mkfifo', [join(at, 'pipe')]), /pipe is not a regular file/],
    [(at) => mkdirSync(join(at, 'folder')), /folder is not a regular file/],
    [(at) => writeFileSync(join(at, '__proto__'), 'x'), /its name "__proto__"/],
    [
      (at) => writeFileSync(Buffer.concat([Buffer.from(`${at}/a`), Buffer.from([0xff])]), 'x'),
      /its name "a\ufffd"/,
    ],
    [(at) => writeFileSync(join(at, 'big'), Buffer.alloc(7 << 20, 0xff)), /big of 7340032 bytes/],
  ];
  for (const [n, [make]] of odd.entries()) {
    putEntry(paths, uidOf(n), `content ${n}`);
    make(join(inJournal(paths, uidOf(n)).path, 'metadata'));
  }
  putEntry(paths, uidOf(99), 'plain');
  const { problems, read, batches } = await stage(paths);
  const { folder = '' } = batches[0] ?? {};
  for (const [n, [, wanted]] of odd.entries()) {
    const uid = uidOf(n);
    const own = problems.filter((problem) => problem.uid === uid);
    assert.is(own.length, 1);
    assert.is(own[0]?.partial, true);
    assert.match(own[0]?.problem ?? '', wanted);
    assert.match(own[0]?.problem ?? '', uid);
    const entry = decodeEntry(readFileSync(inBatch(folder, uid).metadata));
    assert.is(propertyText(entry, 'title'), 'A thing');
    assert.is(readFileSync(inBatch(folder, uid).content, 'utf8'), `content ${n}`);
  }
  assert.equal([problems.length, read.size], [odd.length, odd.length + 1]);
});

test('an entry that cannot be read as one is reported by name, and the others go on', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  for (let n = 0; n < 4; n += 1) putEntry(paths, uidOf(n), 'x');
  const path = (n: number) => inJournal(paths, uidOf(n)).path;
  rmSync(join(path(0), 'metadata'), { recursive: true });
  rmSync(join(path(1), 'data'));
  mkdirSync(join(path(1), 'data'));
  rmSync(path(2), { recursive: true });
  symlinkSync('/etc', path(2));
  const { problems, read } = await stage(paths);
  assert.equal(problems.map(({ uid }) => uid).sort(), [0, 1, 2].map(uidOf));
  for (const { uid, problem, partial } of problems) {
    assert.match(problem, uid);
    assert.not(partial);
  }
  assert.equal([...read.keys()], [uidOf(3)]);
});

test('a property that is no file any more does not replace the version that the school has', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  const makers = [(at: string) => execFileSync('mkfifo', [at]), (at: string) => mkdirSync(at)];
  for (const [n, make] of makers.entries()) {
    putEntry(paths, uidOf(n), 'good');
    const title = join(inJournal(paths, uidOf(n)).path, 'metadata', 'title');
    rmSync(title);
    make(title);
  }
  const { problems, batches } = await stage(paths, {
    base: () => ({ content: digestOf('good') }),
  });
  assert.equal(
    batches.flatMap(({ versions }) => [...versions.keys()]),
    [],
  );
  assert.equal(problems.map(({ uid }) => uid).sort(), [uidOf(0), uidOf(1)]);
  for (const { problem } of problems) assert.match(problem, /title is not a regular file/);
});

test('remains of an entry do not replace the version that the school has', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  for (let n = 0; n < 4; n += 1) putEntry(paths, uidOf(n), 'good');
  for (const n of [0, 1]) {
    for (const name of ['uid', 'title', 'timestamp', 'filesize'])
      putProperty(paths, uidOf(n), name, '');
    putContent(paths, uidOf(n), '');
  }
  rmSync(join(inJournal(paths, uidOf(2)).path, 'data'));
  const isAtSchool = (uid: Uid) => uid !== uidOf(1);
  const { problems, read } = await stage(paths, {
    base: (uid) => (isAtSchool(uid) ? { content: digestOf('good') } : undefined),
    clock: { ...realClock, sleep: async () => {} },
    freshness: FRESHNESS,
  });
  assert.equal(problems.map(({ uid }) => uid).sort(), [0, 1, 2].map(uidOf));
  assert.equal([...read.keys()], [uidOf(3)]);
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

test.run();
