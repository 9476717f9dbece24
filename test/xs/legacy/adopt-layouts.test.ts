import {
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeEntry } from '../../../shared/journal/entry.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { checkSnapshot } from '../check.ts';
import { makeLibrary, SERIAL, uidOf } from '../library.ts';
import { PREVIEW } from './adopted.ts';
import { adopt, nameOf, putRaw, snapshotRaw, trashOf } from './original-library.ts';

const test = suite('trees of every layout, and what is odd in them');

test('what cannot be read is named and stays in the trash; the rest is adopted', async () => {
  using library = makeLibrary();
  const { paths } = library;
  const { original } = inLaptop(paths, SERIAL);
  putRaw(original, uidOf(1), { title: 'good' }, 'good');
  const linked = putRaw(original, uidOf(2), { title: 'linked' });
  symlinkSync('/etc/passwd', join(linked, 'data'));
  const property = putRaw(original, uidOf(3), { title: 'a property' });
  symlinkSync('/etc/passwd', join(property, 'metadata', 'description'));
  mkdirSync(join(original, '00', uidOf(4)));
  symlinkSync('/etc', join(original, '00', uidOf(5)));
  putRaw(original, uidOf(6), { title: 'much', description: Buffer.alloc(9_000_000, 'a') });
  mkdirSync(join(original, '00', 'no-uid'));
  const tree = snapshotRaw(paths, SERIAL, nameOf(8));
  putRaw(join(tree, 'datastore-current'), uidOf(9), { title: 'nested' });
  const [, adopted] = await adopt(library.context, SERIAL);
  const [, one] = listSnapshots(paths, SERIAL);
  assert.ok(one);
  assert.is(checkSnapshot(one).split('\n').length - 1, 2);
  assert.equal(
    adopted?.leftOut.map(({ what }) => what).sort(),
    [...[2, 3, 4, 5, 6].map(uidOf), '00/no-uid'].sort(),
  );
  const kept = join(trashOf(paths), nameOf(8));
  assert.is(readlinkSync(join(kept, '00', uidOf(2), 'data')), '/etc/passwd');
  const nested = join(trashOf(paths), `${nameOf(8)}-2`);
  assert.ok(existsSync(join(nested, '00', uidOf(9), 'metadata', 'title')));
});

test('a damaged snapshot of ours is no tree of the original', async () => {
  using library = makeLibrary();
  const { paths } = library;
  const { home } = inLaptop(paths, SERIAL);
  for (const [hour, file] of [
    [1, 'MANIFEST'],
    [2, 'SUMS.gz'],
    [3, `${uidOf(1)}.metadata`],
  ] as const) {
    mkdirSync(join(home, nameOf(hour)));
    writeFileSync(join(home, nameOf(hour), file), 'torn');
  }
  assert.equal(await adopt(library.context, SERIAL), []);
  assert.is(readFileSync(join(home, nameOf(1), 'MANIFEST'), 'utf8'), 'torn');
});

test('layout 0 of Sugar 0.82 becomes what Sugar made of it', async () => {
  using library = makeLibrary();
  const { paths } = library;
  const { home } = inLaptop(paths, SERIAL);
  const store = join(home, nameOf(8), 'store');
  mkdirSync(join(store, 'preview'), { recursive: true });
  writeFileSync(
    join(store, `${uidOf(1)}.metadata`),
    '{"title": "\\u00d1and\\u00fa", "keep": true, "count": 7, "big": 12345678901234567890, "half": 1217000000.0, "mtime": "2008-07-25T15:33:20.123", "buddies": "{}", "none": null}',
  );
  writeFileSync(join(store, uidOf(1)), 'old content');
  writeFileSync(join(store, 'preview', uidOf(1)), PREVIEW);
  writeFileSync(join(store, `${uidOf(2)}.metadata`), 'not json');
  writeFileSync(join(store, uidOf(3)), 'data without metadata');
  const [adopted] = await adopt(library.context, SERIAL);
  const [one] = listSnapshots(paths, SERIAL);
  assert.ok(one);
  checkSnapshot(one);
  assert.is(one.entries, 1);
  const entry = decodeEntry(readFileSync(join(one.folder, `${uidOf(1)}.metadata`)));
  const text = Object.fromEntries(
    [...entry.properties].map(([name, value]) => [name, value.toString()]),
  );
  const { preview, ...rest } = text;
  assert.ok(preview && entry.properties.get('preview')?.equals(PREVIEW));
  assert.equal(rest, {
    title: 'Ñandú',
    keep: 'True',
    count: '7',
    big: '12345678901234567890',
    half: '1217000000.0',
    mtime: '2008-07-25T15:33:20.123',
    buddies: '{}',
    none: 'None',
    uid: uidOf(1),
    timestamp: '1217000000',
  });
  assert.is(readFileSync(join(one.folder, uidOf(1)), 'utf8'), 'old content');
  assert.equal(adopted?.leftOut.map(({ what }) => what).sort(), [uidOf(2), `store/${uidOf(3)}`]);
});

test('a tree whose migration from layout 0 was cut off has everything of both', async () => {
  using library = makeLibrary();
  const { paths } = library;
  const tree = join(inLaptop(paths, SERIAL).home, nameOf(8));
  mkdirSync(join(tree, 'store'), { recursive: true });
  // Moved already, metadata and content; Sugar keeps the old metadata until the end.
  putRaw(tree, uidOf(1), { title: 'one', preview: PREVIEW }, 'one');
  writeFileSync(join(tree, 'store', `${uidOf(1)}.metadata`), '{"title": "one"}');
  writeFileSync(join(tree, 'store', `${uidOf(2)}.metadata`), '{"title": "two"}');
  writeFileSync(join(tree, 'store', uidOf(2)), 'two');
  await adopt(library.context, SERIAL);
  const [one] = listSnapshots(paths, SERIAL);
  assert.ok(one);
  checkSnapshot(one);
  assert.is(readFileSync(join(one.folder, uidOf(1)), 'utf8'), 'one');
  assert.is(readFileSync(join(one.folder, uidOf(2)), 'utf8'), 'two');
  const entry = decodeEntry(readFileSync(join(one.folder, `${uidOf(1)}.metadata`)));
  assert.equal([...entry.properties.keys()], ['preview', 'title', 'uid']);
});

test.run();
