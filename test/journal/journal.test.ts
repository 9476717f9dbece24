import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compareJournals, readJournal } from './compare.ts';
import { changeJournal, generateJournal } from './generator.ts';

const test = suite('generated Journals, and their judge');

function makeFolder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'ds-journal-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

test('the same seed makes the same Journal, another seed another', () => {
  using folder = makeFolder();
  const make = (name: string, seed: number) => {
    generateJournal(join(folder.path, name), { entries: 30, seed });
    return readJournal(join(folder.path, name));
  };
  const first = make('a', 1);
  assert.is(compareJournals(first, make('b', 1)).identical, 30);
  assert.is(compareJournals(first, make('c', 2)).missing.length, 30);
});

test('entries are as the datastore has them', () => {
  using folder = makeFolder();
  const root = join(folder.path, 'journal');
  const uids = generateJournal(root, { entries: 80, seed: 3 });
  assert.is(readFileSync(join(root, 'version'), 'utf8'), '6');
  let withoutContent = 0;
  for (const uid of uids) {
    assert.match(uid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
    const entry = join(root, uid.slice(0, 2), uid);
    const property = (name: string) => readFileSync(join(entry, 'metadata', name), 'utf8');
    assert.is(property('uid'), uid);
    assert.is(readdirSync(join(entry, 'metadata')).length, 22);
    const data = statSync(join(entry, 'data'), { throwIfNoEntry: false });
    assert.is(property('filesize'), String(data?.size ?? 0));
    if (!data) withoutContent += 1;
    const preview = readFileSync(join(entry, 'metadata', 'preview'));
    assert.ok(preview.length > 1000 && preview.length < 9000);
  }
  assert.ok(withoutContent > 0 && withoutContent < 30);
});

test('a day changes as many entries as were asked for, by rename', () => {
  using folder = makeFolder();
  generateJournal(folder.path, { entries: 50, seed: 4 });
  const before = readJournal(folder.path);
  changeJournal(folder.path, { count: 10, seed: 5 });
  const { identical, different, missing, extra } = compareJournals(
    before,
    readJournal(folder.path),
  );
  assert.equal([identical, different.length, missing.length, extra.length], [39, 10, 1, 2]);
});

test('a day edits a share, gives new contents a new inode and leaves nothing lying about', () => {
  using folder = makeFolder();
  const root = join(folder.path, 'journal');
  const uids = generateJournal(root, { entries: 30, seed: 9 });
  const inodes = () =>
    new Map(
      uids.map((uid) => {
        const data = join(root, uid.slice(0, 2), uid, 'data');
        return [uid, statSync(data, { throwIfNoEntry: false })?.ino] as const;
      }),
    );
  const before = readJournal(root);
  const inodesBefore = inodes();
  changeJournal(root, { share: 0.1, seed: 1 });
  const after = readJournal(root);
  const { different, missing, extra } = compareJournals(before, after);
  assert.equal([different.length, missing.length, extra.length], [3, 0, 0]);
  for (const [uid, inode] of inodes()) {
    const same = before.get(uid)?.get('data') === after.get(uid)?.get('data');
    assert.is(inode === inodesBefore.get(uid), same);
  }
  assert.equal(readdirSync(folder.path), ['journal']);
  changeJournal(root, { share: 0.001, seed: 2 });
  assert.is(compareJournals(after, readJournal(root)).different.length, 1);
});

test('an absent Journal has no entries', () => {
  using folder = makeFolder();
  const before = new Map([['uid', new Map([['data', 'digest']])]]);
  const absent = readJournal(join(folder.path, 'nowhere'));
  assert.equal(compareJournals(before, absent).missing, ['uid']);
});

test('the judge sees one flipped bit, a missing property and an extra entry', () => {
  using folder = makeFolder();
  const uids = generateJournal(folder.path, { entries: 6, seed: 6 });
  const before = readJournal(folder.path);
  const entry = (n: number) => join(folder.path, uids[n]?.slice(0, 2) ?? '', uids[n] ?? '');
  const preview = join(entry(0), 'metadata', 'preview');
  const bytes = readFileSync(preview);
  bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100);
  writeFileSync(preview, bytes);
  rmSync(join(entry(1), 'metadata', 'tags'));
  rmSync(entry(2), { recursive: true });
  writeFileSync(join(entry(3), 'metadata', 'checksum'), 'the datastore adds this');
  generateJournal(folder.path, { entries: 1, seed: 7 });
  const result = compareJournals(before, readJournal(folder.path));
  assert.equal(
    [result.identical, result.different.sort(), result.missing, result.extra.length],
    [3, [`${uids[0]}: metadata/preview`, `${uids[1]}: metadata/tags`].sort(), [uids[2]], 1],
  );
});

test.run();
