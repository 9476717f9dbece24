import {
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nameInJournal, uidAtSchool } from '../../../agent/journal/entry-name.ts';
import { concernedBy, problemOf } from '../../../agent/journal/problem.ts';
import { readVersion } from '../../../agent/journal/read-entry.ts';
import { recheckSince } from '../../../agent/journal/recheck.ts';
import { fileSystemMoment, scanJournal } from '../../../agent/journal/scan.ts';
import { inJournal, type Paths } from '../../../agent/paths.ts';
import type { KnownEntry, LastReading } from '../../../agent/state.ts';
import { realClock } from '../../../shared/clock.ts';
import { parseUid, type Uid } from '../../../shared/ids.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { entrySignature } from '../../../shared/journal/journal-tree.ts';
import { makeProfile, putContent, putEntry, putProperty, uidOf } from './journal.ts';
import { SETTLED, stage } from './staging.ts';

const test = suite('which entries of the Journal changed');

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

test('a Journal that is not there is an error, not an empty one', async () => {
  using profile = makeProfile();
  rmSync(profile.paths.journal, { recursive: true });
  const scan = scanJournal(profile.paths, new Map(), () => 0n);
  assert.match(String(await scan.catch((error: unknown) => error)), /there is no Journal/);
});

/** Scans as a backup does that knows `read` from its last reading, of which the time is given. */
async function scanAgain(
  paths: Paths,
  read: ReadonlyMap<Uid, KnownEntry>,
  last: LastReading,
  boot = last.boot,
) {
  let changes = 0;
  const onChange = () => {
    changes += 1;
  };
  const recheck = recheckSince(last, boot, new AbortController().signal);
  const moment = () => fileSystemMoment(paths.own);
  const scan = await scanJournal(paths, read, moment, onChange, recheck, SETTLED);
  const uids = scan.toRead.map(({ entry }) => entry.uid);
  return { uids, unchanged: scan.unchanged.size, reread: scan.reread, changes };
}

const tick = () => new Promise((resolve) => setTimeout(resolve, 12));

test('content that is rewritten in place with its old size and time is found', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  for (const n of [1, 2, 3]) putEntry(paths, uidOf(n), 'content');
  const { read } = await stage(paths);
  rmSync(paths.staging, { recursive: true });
  await tick();
  const last = { boot: 'a', moment: fileSystemMoment(paths.own), count: 0 };
  assert.equal((await scanAgain(paths, read, last)).reread.size, 0, 'nothing is read');
  await tick();
  const data = (n: number) => join(inJournal(paths, uidOf(n)).path, 'data');
  writeFileSync(data(1), 'CONTENT');
  utimesSync(data(1), 1_700_000_000, 1_700_000_000);
  linkSync(data(2), join(paths.own, 'link')); // as Sugar's optimizer does with equal contents
  const { uids, unchanged, reread, changes } = await scanAgain(paths, read, last);
  assert.equal([uids, unchanged, [...reread.keys()]], [[uidOf(1)], 2, [uidOf(2)]]);
  assert.is(changes, 1, 'what is as it was opens no connection');
});

test('a property that is rewritten in place is found within 28 backups', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  for (const n of [1, 2, 3]) putEntry(paths, uidOf(n), 'content');
  const { read } = await stage(paths);
  rmSync(paths.staging, { recursive: true });
  const rewritten = [uidOf(1), uidOf(2)];
  for (let wait = 0; wait < 3; wait += 1) await tick();
  for (const uid of rewritten) {
    writeFileSync(join(inJournal(paths, uid).path, 'metadata', 'title'), 'B thing');
  }
  await tick();
  const moment = fileSystemMoment(paths.own);
  const found: Uid[] = [];
  let days = 0;
  for (let count = 0; count < 28; count += 1) {
    const { uids } = await scanAgain(paths, read, { boot: 'a', moment, count });
    found.push(...uids);
    days += uids.length > 0 ? 1 : 0;
  }
  assert.equal(found.sort(), rewritten, 'each once');
  assert.is(days, 2, 'a part of the Journal in each');
});

test('an entry whose oddity leaves its version as it was is read again, to be told of', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  for (const n of [1, 2]) putEntry(paths, uidOf(n), 'content');
  const { read } = await stage(paths);
  rmSync(paths.staging, { recursive: true });
  // Read too soon after they were written to be sure, as after a first backup.
  const doubtful = new Map([...read].map(([uid, one]) => [uid, { ...one, signature: null }]));
  const huge = join(inJournal(paths, uidOf(1)).path, 'metadata', 'huge');
  writeFileSync(huge, Buffer.alloc(9 * 1024 * 1024));
  const last = { boot: 'a', moment: fileSystemMoment(paths.own), count: 0 };
  const { uids, reread } = await scanAgain(paths, doubtful, last);
  assert.equal([uids, [...reread.keys()]], [[uidOf(1)], [uidOf(2)]]);
});

test('what was written shortly before another boot is read again, and only that', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  for (const n of [1, 2]) putEntry(paths, uidOf(n), 'content');
  const { read } = await stage(paths);
  rmSync(paths.staging, { recursive: true });
  // After a power cut: the folders are as they were, and a file in them is empty.
  truncateSync(join(inJournal(paths, uidOf(1)).path, 'metadata', 'title'));
  const moment = fileSystemMoment(paths.own) + 1n;
  const last = { boot: 'a', moment, count: 0 };
  assert.equal((await scanAgain(paths, read, last)).uids, [], 'in the same boot nobody knows');
  const again = await scanAgain(paths, read, last, 'b');
  assert.equal([again.uids, [...again.reread.keys()]], [[uidOf(1)], [uidOf(2)]]);
  const hourLater = { boot: 'a', moment: moment + 3_600_000_000_000n, count: 0 };
  assert.equal((await scanAgain(paths, read, hourLater, 'b')).uids, [], 'long on the disk');
});

test('times in the future are remembered: the next day is a quiet one', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  for (const n of [1, 2]) putEntry(paths, uidOf(n), 'content');
  utimesSync(join(inJournal(paths, uidOf(1)).path, 'data'), 4e9, 4e9);
  await tick();
  const clock = { ...realClock, sleep: async () => {} };
  const freshness = { racyNs: 1n, settledMs: 0 };
  const { read } = await stage(paths, { clock, freshness });
  assert.not([...read.values()].some(({ signature }) => signature === null));
});

test('a two-letter folder that is a link is a problem of its entries, and of no others', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  const uids = ['aa', 'bb'].map((prefix) => `${prefix}${uidOf(1).slice(2)}` as Uid);
  for (const uid of uids) putEntry(paths, uid, 'x');
  const elsewhere = join(paths.own, 'aa');
  renameSync(join(paths.journal, 'aa'), elsewhere);
  symlinkSync(elsewhere, join(paths.journal, 'aa'));
  const { toRead, problems } = await scanJournal(paths, new Map(), () => 0n);
  assert.equal(
    toRead.map(({ entry }) => entry.uid),
    [uids[1]],
  );
  assert.is(problems.length, 1);
  assert.match(problems[0]?.problem ?? '', /folder aa cannot be listed: it is a symbolic link/);
  assert.equal(
    problems.flatMap((one) => concernedBy(one, uids)),
    [uids[0]],
  );
});

test('entries with names that only Sugar takes for uids are found, under uids of their own', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  const names = ['_', '.', ' ', 'ñ', "'"].map((odd) => uidOf(1).replace('8000-', `8000${odd}`));
  for (const name of [...names, uidOf(2)]) putEntry(paths, name as Uid, 'x');
  const { toRead, renamed, problems } = await scanJournal(paths, new Map(), () => 0n);
  assert.equal([toRead.length, renamed.size, problems], [6, 5, []]);
  for (const { entry } of toRead) {
    assert.is(parseUid(entry.uid), entry.uid);
    const { entry: found } = await readVersion(entry, new AbortController().signal);
    assert.is(nameInJournal(entry.uid, found), basename(entry.path));
  }
  assert.is(new Set(toRead.map(({ entry }) => entry.uid)).size, 6);
});

test('the name of another entry, or no name, is not taken for an entry from school', () => {
  for (const uid of [uidOf(2), '../../../../../../../../etc/passwd.x', 'x', '']) {
    const properties = new Map([['uid', Buffer.from(uid)]]);
    assert.is(nameInJournal(uidOf(1), { properties }), uidOf(1));
    const path = '../'.repeat(12);
    const odd = new Map([['uid', Buffer.from(path)]]);
    assert.is(nameInJournal(uidAtSchool(path), { properties: odd }), uidAtSchool(path));
  }
});

const ERRORS = ['EACCES', 'EIO', 'EUCLEAN', 'ENAMETOOLONG', 'ELOOP', 'ESTALE', 'EXDEV'];
for (const code of ERRORS) {
  test(`${code} while an entry is read is this entry's problem`, () => {
    using profile = makeProfile();
    const { paths } = profile;
    putEntry(paths, uidOf(1), 'x');
    const error = Object.assign(new Error(`${code}: read`), { code, errno: -1, syscall: 'read' });
    assert.match(problemOf(inJournal(paths, uidOf(1)), error)?.problem ?? '', uidOf(1));
    assert.is(problemOf(inJournal(paths, uidOf(2)), error), undefined, 'which is gone');
  });
}

for (const code of ['ENOSPC', 'EDQUOT', 'EROFS']) {
  test(`${code} is about the disk, not about an entry`, () => {
    using profile = makeProfile();
    const error = Object.assign(new Error(code), { code, errno: -1, syscall: 'link' });
    assert.throws(() => problemOf(inJournal(profile.paths, uidOf(1)), error), code);
  });
}

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

test('2,000 unchanged entries are recognized without being read', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  const uid = (n: number) =>
    `${(n % 256).toString(16).padStart(2, '0')}${uidOf(n).slice(2)}` as Uid;
  for (let n = 0; n < 2000; n += 1) {
    const { path } = inJournal(paths, uid(n));
    mkdirSync(join(path, 'metadata'), { recursive: true });
    writeFileSync(join(path, 'metadata', 'title'), 'x');
  }
  const { toRead } = await scanJournal(paths, new Map(), () => 0n);
  const digest = digestOf('x');
  const read = new Map(
    toRead.map(({ entry }) => {
      return [entry.uid, { signature: entrySignature(entry), digest, content: null }] as const;
    }),
  );
  // Written in place, which Sugar never does: only reading would tell.
  writeFileSync(join(inJournal(paths, uid(7)).path, 'metadata', 'title'), 'y');
  const { unchanged } = await scanJournal(paths, read, () => 0n);
  assert.is(unchanged.size, 2000);
});

test.run();
