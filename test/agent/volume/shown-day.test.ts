import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DayTree } from '../../../agent/volume/day-tree.ts';
import { type ShownEntry, showEntry } from '../../../agent/volume/shown-entry.ts';
import { parseSerial, parseSnapshotName } from '../../../shared/ids.ts';
import { digestOf, type Entry } from '../../../shared/journal/entry.ts';
import { readMark } from '../../../shared/journal/kept.ts';
import { uidOf } from '../journal/journal.ts';

const test = suite('a day as Sugar reads a stick');

const SHELF = {
  serial: parseSerial('CSN74803BB1'),
  snapshot: parseSnapshotName('datastore-2026-11-20_09:30'),
};
const DIGEST = digestOf('the metadata');
/** One pixel. */
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==';
const CONTENT = { digest: digestOf('a house'), size: 7 };

function entryWith(texts: Record<string, string | Buffer>, content: Entry['content'] = CONTENT) {
  const properties = Object.entries(texts).map(([name, value]) => {
    return [name, Buffer.from(value)] as const;
  });
  return { content, properties: new Map(properties) };
}

const outcome = (entry: Entry, n = 0) => showEntry({ uid: uidOf(n), digest: DIGEST, entry }, SHELF);

function show(entry: Entry, n = 0): ShownEntry {
  const shown = outcome(entry, n);
  if (typeof shown === 'string') throw new Error(shown);
  return shown;
}

test('properties are flat JSON, without those of the entry in its own Journal, and with the mark', () => {
  const picture = Buffer.from(PNG, 'base64');
  const shown = show(
    entryWith({
      ...{ title: 'My house', mime_type: 'text/plain', timestamp: '1700000000', keep: '1' },
      ...{ uid: 'x', mountpoint: '/', checksum: 'y', filesize: '3', tags: 'río', preview: picture },
      ...{ odd: Buffer.from([0xff]), zero: 'a\0b' },
    }),
  );
  const { 'ds-backup-kept': mark, ...texts } = JSON.parse(String(shown.metadata));
  assert.equal(texts, {
    ...{ title: 'My house', mime_type: 'text/plain', timestamp: '1700000000', keep: '1' },
    ...{ tags: 'río', filesize: '7' },
  });
  assert.equal(shown.preview, picture);
  assert.is(shown.mtime, 1_700_000_000);
  const read = readMark(entryWith({ 'ds-backup-kept': mark }));
  assert.equal(read, {
    ...{ uid: uidOf(0), serial: SHELF.serial, digest: DIGEST, snapshot: SHELF.snapshot },
    ...{ content: CONTENT.digest, bytes: 7, title: 'My house', shown: 'My house', pinned: false },
  });
});

test('what has no content is left out, and bundles, which the shell would open by itself', () => {
  assert.is(outcome(entryWith({ title: 'a' }, null)), 'empty');
  assert.is(outcome(entryWith({ title: 'a' }, { digest: digestOf(''), size: 0 })), 'empty');
  for (const kind of ['sugar', 'journal-entry', 'content']) {
    const bundle = entryWith({ mime_type: `application/vnd.olpc-${kind}` });
    assert.is(outcome(bundle), 'bundles', kind);
  }
});

test('a date that is none, or out of range, is in range', () => {
  const mtime = (timestamp: string) => show(entryWith({ timestamp })).mtime;
  assert.is(mtime('soon'), 0);
  assert.is(mtime('-5'), 0);
  assert.is(mtime('1e30'), 2 ** 32 - 1);
  assert.is(mtime('12.9'), 12);
});

function treeOf(...titles: string[]): DayTree {
  const tree = new DayTree();
  for (const [n, title] of titles.entries()) {
    const preview = Buffer.from(PNG, 'base64');
    tree.add(show(entryWith({ title, mime_type: 'text/plain', preview }), n));
  }
  return tree;
}

const namesIn = (tree: DayTree, path: string) =>
  [...(tree.list(path) ?? [])].map(({ name }) => name).filter((name) => !/^\.{1,2}$/.test(name));

test('each entry is a file, with its properties and its picture beside it', () => {
  const tree = treeOf('My house', 'My house', '');
  const files = ['My house.txt', 'My house (2).txt', `${uidOf(2)}.txt`];
  assert.equal(namesIn(tree, '/'), ['.Sugar-Metadata', ...files]);
  const beside = files.flatMap((name) => [`${name}.metadata`, `${name}.preview`]);
  assert.equal(namesIn(tree, '/.Sugar-Metadata'), beside);
  assert.is(tree.entries, 3);
});

test('hostile titles stay names in their folder, of a length that Linux takes', () => {
  const titles = ['../../etc/passwd', '.hidden', 'a\nb', 'a/b\\c:d*e?f"g<h>i|j', '字'.repeat(300)];
  const tree = treeOf(...titles);
  const names = namesIn(tree, '/').filter((name) => name !== '.Sugar-Metadata');
  assert.is(names.length, titles.length);
  for (const name of names) {
    assert.not.match(name, /^\.|[/\\:*?"<>|\x00-\x1f\x7f]/);
    assert.ok(Buffer.byteLength(`${name}.metadata`) <= 255, name);
    assert.is(tree.find(`/${name}`)?.type, 'content');
  }
});

test('a path is looked up as written: nothing leads out, and nothing is found by dots', () => {
  const tree = treeOf('a');
  assert.is(tree.find('/')?.type, 'folder');
  assert.is(tree.find('/.')?.type, 'folder');
  assert.is(tree.find('.Sugar-Metadata/')?.type, 'folder');
  assert.is(tree.find('/.Sugar-Metadata/a.txt.metadata')?.type, 'bytes');
  for (const path of ['/..', '/b.txt', '/a.txt/x', '/.Sugar-Metadata/../a.txt', '/constructor']) {
    assert.is(tree.find(path), undefined, path);
  }
  assert.is(tree.list('/a.txt'), undefined);
});

test.run();
