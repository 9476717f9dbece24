import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nameInJournal, uidAtSchool } from '../../../agent/journal/entry-name.ts';
import { concernedBy, problemOf } from '../../../agent/journal/problem.ts';
import { readVersion } from '../../../agent/journal/read-entry.ts';
import { scanJournal } from '../../../agent/journal/scan.ts';
import { inJournal } from '../../../agent/paths.ts';
import { DsError } from '../../../shared/errors.ts';
import { parseUid, type Uid } from '../../../shared/ids.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { entrySignature } from '../../../shared/journal/journal-tree.ts';
import { makeProfile, putContent, putEntry, putProperty, uidOf } from './journal.ts';
import { stage } from './staging.ts';

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

test('a Journal in the first layout is refused, and never an empty one', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  mkdirSync(join(paths.journal, 'store'));
  writeFileSync(join(paths.journal, 'store', `${uidOf(1)}.metadata`), '{}');
  const scan = () => scanJournal(paths, new Map(), () => 0n).catch((error: DsError) => error);
  const error = await scan();
  assert.ok(error instanceof DsError && error.code === 'unreadable');
  assert.match(error.message, /has the layout of Sugar 0.82, which is not/);
  for (const version of ['1', '5', '6']) {
    writeFileSync(paths.journalVersion, version);
    putEntry(paths, uidOf(1), 'converted');
    const found = await scan();
    assert.ok(!(found instanceof DsError) && found.toRead.length === 1, 'read as it is');
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
