import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ArrivedDay } from '../../../agent/volume/arrived.ts';
import { type Digest, parseSerial, parseSnapshotName, type Uid } from '../../../shared/ids.ts';
import { digestOf, type Entry, encodeEntry } from '../../../shared/journal/entry.ts';
import { uidOf } from '../journal/journal.ts';

const test = suite('a day out of what arrived');

const SHELF = {
  serial: parseSerial('CSN74803BB1'),
  snapshot: parseSnapshotName('datastore-2026-11-20_09:30'),
};
const CONTENT = { digest: digestOf('a house'), size: 7 };
const NONE = { empty: 0, bundles: 0, damaged: 0, older: 0 };

let folder: string;
let warnings: string[];
let day: ArrivedDay;

test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'ds-day-'));
  warnings = [];
  day = new ArrivedDay(SHELF, (text) => warnings.push(text));
});

test.after.each(() => rmSync(folder, { recursive: true, force: true }));

const fileOf = (n: number) => join(folder, `${uidOf(n)}.metadata`);

/** Puts bytes where they arrive, and says which version they are. */
function arrive(n: number, bytes: Buffer): readonly [Uid, Digest] {
  writeFileSync(fileOf(n), bytes);
  return [uidOf(n), digestOf(bytes)];
}

function entry(texts: Record<string, string | Buffer>, content: Entry['content'] = CONTENT) {
  const properties = Object.entries(texts).map(([name, value]) => {
    return [name, Buffer.from(value)] as const;
  });
  return encodeEntry({ content, properties: new Map(properties) });
}

/** The beginning of a PNG of this size. */
function png(width: number, height: number): Buffer {
  const bytes = Buffer.alloc(40);
  bytes.write('89504e470d0a1a0a0000000d49484452', 'hex');
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
}

test('what is not shown is counted by its reason', () => {
  day.add(arrive(0, entry({ title: 'a' })), folder);
  day.add(arrive(1, entry({ title: 'nothing in it' }, null)), folder);
  day.add(arrive(2, entry({ mime_type: 'application/vnd.olpc-sugar' })), folder);
  assert.is(day.tree.entries, 1);
  assert.equal(day.leftOut, { ...NONE, empty: 1, bundles: 1 });
  assert.equal(warnings, []);
});

test('what is no entry, or another one, is left out and warned of once; the rest is shown', () => {
  day.add([uidOf(0), digestOf('never came')], folder);
  day.add(arrive(1, Buffer.from('{"content":null}')), folder);
  day.add([arrive(2, entry({ title: 'another' }))[0], digestOf('what was promised')], folder);
  day.add(arrive(3, entry({ title: 'a' })), folder);
  assert.is(day.tree.entries, 1);
  assert.equal(day.leftOut, { ...NONE, damaged: 3 });
  assert.is(warnings.length, 1);
  assert.match(warnings[0] ?? '', new RegExp(uidOf(0)));
});

test('a file larger than any entry is not read', () => {
  writeFileSync(fileOf(0), '');
  truncateSync(fileOf(0), 3 * 1024 ** 3);
  day.add([uidOf(0), digestOf('')], folder);
  assert.equal(day.leftOut, { ...NONE, damaged: 1 });
});

test('so much is shown as fits in memory', () => {
  const preview = Buffer.concat([png(300, 225), Buffer.alloc(1000)]);
  day = new ArrivedDay(SHELF, () => {}, 5000);
  for (let n = 0; n < 20 && !day.isFull; n += 1) {
    day.add(arrive(n, entry({ title: 'a', preview })), folder);
  }
  assert.ok(day.isFull);
  assert.ok(day.tree.entries >= 3 && day.tree.entries <= 5, String(day.tree.entries));
});

test('a picture that would fill the memory when it is drawn is left out, the entry is not', () => {
  const pictures = { small: png(300, 225), huge: png(60_000, 60_000), none: Buffer.from('GIF89a') };
  for (const [n, [title, preview]] of Object.entries(pictures).entries()) {
    day.add(arrive(n, entry({ title, preview })), folder);
  }
  assert.is(day.tree.entries, 3);
  const shown = ['small', 'huge', 'none'].map((title) => {
    return day.tree.find(`/.Sugar-Metadata/${title}.preview`) !== undefined;
  });
  assert.equal(shown, [true, false, false]);
});

test.run();
