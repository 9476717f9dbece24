import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseUid } from '../../../shared/ids.ts';
import { MAX_METADATA_BYTES } from '../../../shared/journal/entry.ts';
import {
  contentOf,
  entrySignature,
  inspectEntry,
  listEntries,
  newestMoment,
  readProperties,
  type TreeEntry,
} from '../../../shared/journal/journal-tree.ts';
import { temporaryFolder } from '../folder.ts';
import { refused } from '../refused.ts';

const test = suite('Journal tree');
const folder = temporaryFolder(test);
let count = 0;

const UID = '3b1f6a52-9d0c-4c57-8a55-0f1e2d3c4b5a';
const OTHER = 'c41f6a52-9d0c-4c57-8a55-0f1e2d3c4b5a';

function freshRoot(): string {
  count += 1;
  const root = join(folder, String(count));
  mkdirSync(root);
  return root;
}

/** One entry as the datastore lays it out. */
function addEntry(root: string, uid: string, content: string | null = 'content'): TreeEntry {
  const path = join(root, uid.slice(0, 2), uid);
  mkdirSync(join(path, 'metadata'), { recursive: true });
  writeFileSync(join(path, 'metadata', 'title'), 'Mi dibujo');
  writeFileSync(join(path, 'metadata', 'preview'), Buffer.from([0x89, 0xff]));
  if (content !== null) writeFileSync(join(path, 'data'), content);
  return { uid: parseUid(uid), path };
}

test('lists the entries, and passes over what else the datastore keeps', () => {
  const root = freshRoot();
  for (const name of ['index', 'checksums']) mkdirSync(join(root, name));
  for (const name of ['version', 'index_updated', 'ds_clean']) writeFileSync(join(root, name), '6');
  const entries = [addEntry(root, UID), addEntry(root, OTHER, null)];
  const strangers: string[] = [];
  const found = listEntries(root, (path) => strangers.push(path));
  assert.equal(found.sort(byUid), entries);
  assert.equal(strangers, []);
  assert.equal(listEntries(freshRoot()), []);
});

function byUid(a: TreeEntry, b: TreeEntry): number {
  return a.uid < b.uid ? -1 : 1;
}

test('strangers are named and not taken for entries', () => {
  const root = freshRoot();
  const entry = addEntry(root, UID);
  const strange = [
    join(root, '3b', 'lost+found'),
    join(root, '3b', '.x'),
    join(root, '3b', OTHER), // an entry in the wrong folder
    join(root, '3b', `${UID}\n`),
    join(root, 'zz', 'short'),
  ];
  for (const path of strange) mkdirSync(path, { recursive: true });
  writeFileSync(join(root, 'ab'), 'a file where a folder should be');
  const strangers: string[] = [];
  assert.equal(
    listEntries(root, (path) => strangers.push(path)),
    [entry],
  );
  assert.equal(strangers.sort(), [...strange, join(root, 'ab')].sort());
});

test('a folder that is a link is not followed, wherever it stands', () => {
  const root = freshRoot();
  const elsewhere = freshRoot();
  const foreign = addEntry(elsewhere, OTHER);
  symlinkSync(join(elsewhere, 'c4'), join(root, 'c4'));
  const strangers: string[] = [];
  assert.equal(
    listEntries(root, (path) => strangers.push(path)),
    [],
    'a whole two-letter folder of another Journal',
  );
  assert.equal(strangers, [join(root, 'c4')]);

  mkdirSync(join(root, '3b'));
  const linked: TreeEntry = { uid: parseUid(UID), path: join(root, '3b', UID) };
  symlinkSync(foreign.path, linked.path);
  refuseAll(linked, /is not a folder/);
});

test('a signature is the text that earlier versions remembered', () => {
  const entry = addEntry(freshRoot(), UID);
  const data = join(entry.path, 'data');
  for (const time of [1_700_000_000, 1_700_000_000.123_457, 0, -86_400.75, 4e9 + 0.000_001]) {
    utimesSync(data, time, time);
    const [folder, metadata] = [entry.path, join(entry.path, 'metadata')].map((p) => lstatSync(p));
    const { ino, mtimeMs, size } = lstatSync(data);
    const folders = `${folder?.ino} ${folder?.ctimeMs} ${metadata?.ino} ${metadata?.ctimeMs}`;
    assert.is(entrySignature(entry), `${folders} ${ino} ${mtimeMs} ${size}`, `${time}`);
    assert.is(inspectEntry(entry).contentChangedNs, lstatSync(data, { bigint: true }).ctimeNs);
  }
});

test('metadata that is a link is not followed', () => {
  const root = freshRoot();
  const entry = addEntry(root, UID);
  const other = addEntry(root, OTHER);
  rmSync(join(entry.path, 'metadata'), { recursive: true });
  symlinkSync(join(other.path, 'metadata'), join(entry.path, 'metadata'));
  refused(() => entrySignature(entry), 'unreadable', /metadata is not a folder/);
  refused(() => readProperties(entry), 'unreadable', /metadata is not a folder/);
});

function refuseAll(entry: TreeEntry, message: RegExp): void {
  for (const read of [entrySignature, readProperties, contentOf]) {
    refused(() => read(entry), 'unreadable', message);
  }
}

test('properties are read as raw bytes', () => {
  const { properties, beingWritten } = readProperties(addEntry(freshRoot(), UID));
  assert.equal(properties.get('title'), Buffer.from('Mi dibujo'));
  assert.equal(properties.get('preview'), Buffer.from([0x89, 0xff]));
  assert.is(properties.size, 2);
  assert.is(beingWritten, false);
});

test("the datastore's own book-keeping is left out", () => {
  const entry = addEntry(freshRoot(), UID);
  writeFileSync(join(entry.path, 'metadata', 'checksum'), 'abc');
  const { properties, beingWritten } = readProperties(entry);
  assert.equal([...properties.keys()].sort(), ['preview', 'title']);
  assert.is(beingWritten, false);
});

test('a property that is being replaced is noticed', () => {
  const entry = addEntry(freshRoot(), UID);
  writeFileSync(join(entry.path, 'metadata', '.title.tmp'), 'Mi dib');
  const { properties, beingWritten } = readProperties(entry);
  assert.is(properties.get('title')?.toString(), 'Mi dibujo');
  assert.is(properties.has('.title.tmp'), false);
  assert.is(beingWritten, true);
});

const SHAPES: [what: string, make: (path: string) => void, message: RegExp][] = [
  ['a link to a file', (path) => symlinkSync('/etc/hostname', path), /cannot be opened/],
  ['a link to nothing', (path) => symlinkSync('/nowhere', path), /cannot be opened/],
  ['a link to a device', (path) => symlinkSync('/dev/zero', path), /cannot be opened/],
  ['a pipe', (path) => execFileSync('mkfifo', [path]), /is not a regular file/],
  ['a folder', (path) => mkdirSync(path), /is not a regular file/],
  [
    'a sparse monster',
    (path) => {
      writeFileSync(path, '');
      truncateSync(path, MAX_METADATA_BYTES + 1);
    },
    /is too large/,
  ],
];

for (const [what, make, message] of SHAPES) {
  test(`a property that is ${what} makes the entry unreadable, by name`, () => {
    const entry = addEntry(freshRoot(), UID);
    make(join(entry.path, 'metadata', 'mime_type'));
    const error = refused(() => readProperties(entry), 'unreadable', message);
    assert.match(error.message, new RegExp(`^Journal entry ${UID}: .*/mime_type `));
  });
}

test('many properties together are limited as one is', () => {
  const entry = addEntry(freshRoot(), UID);
  for (const name of ['a', 'b']) {
    writeFileSync(join(entry.path, 'metadata', name), '');
    truncateSync(join(entry.path, 'metadata', name), MAX_METADATA_BYTES - 1000);
  }
  refused(() => readProperties(entry), 'unreadable', /is too large/);
});

test('an entry without metadata is unreadable', () => {
  const entry = addEntry(freshRoot(), UID);
  rmSync(join(entry.path, 'metadata'), { recursive: true });
  refused(() => entrySignature(entry), 'unreadable', /it has no metadata/);
  refused(() => readProperties(entry), 'unreadable', /cannot be listed/);
});

test('an entry that is gone is unreadable', () => {
  const entry = addEntry(freshRoot(), UID);
  rmSync(entry.path, { recursive: true });
  refused(() => entrySignature(entry), 'unreadable');
  refused(() => readProperties(entry), 'unreadable');
});

test('content: where it is and its size; none; and what is no file', () => {
  const root = freshRoot();
  const entry = addEntry(root, UID, 'ñ');
  assert.equal(contentOf(entry), { path: join(entry.path, 'data'), size: 2 });
  const bare = addEntry(root, OTHER, null);
  assert.is(contentOf(bare), null);
  symlinkSync('/etc/passwd', join(bare.path, 'data'));
  refused(() => contentOf(bare), 'unreadable', /data is not a regular file/);
  refused(() => entrySignature(bare), 'unreadable', /data is not a regular file/);
});

const CHANGES: [what: string, change: (entry: TreeEntry) => void][] = [
  [
    'a property is replaced by rename, as the datastore does',
    ({ path }) => {
      writeFileSync(join(path, 'metadata', '.t'), 'Mi dibujo');
      renameSync(join(path, 'metadata', '.t'), join(path, 'metadata', 'title'));
    },
  ],
  ['a property is added', ({ path }) => writeFileSync(join(path, 'metadata', 'tags'), 'x')],
  ['a property is removed', ({ path }) => rmSync(join(path, 'metadata', 'preview'))],
  ['the content is rewritten in place', ({ path }) => writeFileSync(join(path, 'data'), 'CONTENT')],
  [
    'the content is replaced by rename, with the old time',
    ({ path }) => {
      writeFileSync(join(path, 'new'), 'CONTENT');
      utimesSync(join(path, 'new'), 1, 1);
      renameSync(join(path, 'new'), join(path, 'data'));
    },
  ],
  ['the content is removed', ({ path }) => rmSync(join(path, 'data'))],
];

for (const [what, change] of CHANGES) {
  test(`the signature changes when ${what}`, async () => {
    const entry = addEntry(freshRoot(), UID);
    const before = entrySignature(entry);
    assert.is(entrySignature(entry), before, 'and stays while nothing happens');
    await new Promise((resolve) => setTimeout(resolve, 12)); // the clock of inodes ticks in 4 ms
    change(entry);
    assert.is.not(entrySignature(entry), before);
  });
}

test('setting times back does not hide a change', async () => {
  const entry = addEntry(freshRoot(), UID);
  const metadata = join(entry.path, 'metadata');
  utimesSync(metadata, 1, 1);
  const before = entrySignature(entry);
  await new Promise((resolve) => setTimeout(resolve, 12));
  writeFileSync(join(metadata, 'tags'), 'x');
  utimesSync(metadata, 1, 1);
  assert.is.not(entrySignature(entry), before);
});

test('the newest moment of an entry', () => {
  const entry = addEntry(freshRoot(), UID);
  const before = BigInt(Date.now()) * 1_000_000n;
  const moment = newestMoment(entrySignature(entry));
  const off = moment > before ? moment - before : before - moment;
  assert.ok(off < 5_000_000_000n, `${off} ns off`);
  assert.is(newestMoment('1 50 2 70.25 3 60 9'), 70_250_000n);
  assert.is(newestMoment('1 50 2 40 -'), 50_000_000n);
  const future = join(entry.path, 'data');
  utimesSync(future, 4_000_000_000, 4_000_000_000);
  assert.is(newestMoment(entrySignature(entry)), 4_000_000_000_000_000_000n);
});

test.run();
