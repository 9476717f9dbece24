/** How a disk is split up, what makes room on it, and when it is full. */

import { randomBytes } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { findCatalogue } from '../../../shared/words/catalogue.ts';
import { wordsOf } from '../../../shared/words/language.ts';
import { allReliefs, diskParts, mayUse, reliefs } from '../../../xs/admin/relief.ts';
import { render } from '../../../xs/pages/frame/frame.tsx';
import { FullDisk } from '../../../xs/pages/teacher/disk/full-disk.tsx';
import { diskFactsOf, freeRoom, wholeRoom } from '../../../xs/storage/disk.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { backUp, type Journal, uidOf } from '../library.ts';
import { dsaKey, openWhole, serialOf } from '../whole.ts';

const words = wordsOf(findCatalogue('/nowhere', 'ds-backup', []));
const test = suite('room on the disk');

test('the disk is split into backups, other files and what is free; no part is negative', () => {
  const disk = { usedBytes: 100, freeBytes: 50 };
  const usage = [{ bytes: 30 }, { bytes: 10 }];
  assert.equal(diskParts(disk, usage, 70), { backups: 40, others: 60, free: 50, room: 70 });
  assert.is(diskParts(disk, usage, 105).room, 90, 'other files leave them no more');
  // What was measured at the last cleanup may be more than is used now.
  assert.equal(diskParts(disk, [{ bytes: 130 }], 105).others, 0);
});

test('only what this user may get counts: not what is reserved, nor what a shared pool has for others', () => {
  // Of 1000 blocks 100 are used; of the rest only 300 may be used here.
  const fs = { blocks: 1000, bfree: 900, bavail: 300, bsize: 10, files: 0, ffree: 0 };
  assert.equal(wholeRoom(fs), { bytes: 4000, inodes: Number.POSITIVE_INFINITY });
  assert.equal(freeRoom(fs), { bytes: 3000, inodes: Number.POSITIVE_INFINITY });
  assert.equal(freeRoom({ ...fs, files: 7, ffree: 2 }), { bytes: 3000, inodes: 2 });
  assert.is(wholeRoom({ ...fs, files: 7, ffree: 2 }).inodes, 7);
  assert.equal(diskFactsOf(fs), {
    ...{ usedBytes: 1000, freeBytes: 3000, freeBlocks: 0.75, freeInodes: 1 },
  });
  assert.is(diskFactsOf({ ...fs, blocks: 0, bfree: 0, bavail: 0 }).freeBlocks, 0);
});

test('a laptop is never told more than it has and the disk still has', () => {
  assert.is(mayUse(100, 10, 30), 40);
  assert.is(mayUse(100, 10, 300), 100);
});

const part = (bytes: number) => ({ bytes, laptops: [] });

test('what frees most comes first, and what frees nothing is not named', () => {
  assert.equal(
    reliefs({ others: part(10), pins: part(0), held: part(20) }).map(({ type }) => type),
    ['held', 'others'],
  );
});

test('pins and backups held aside are told with their sizes, and whose they are, the most first', async () => {
  await using whole = await openWhole('[registration]\nperHour = 500\nperAddress = 500');
  const { library, command, clock } = whole;
  const { paths, registrations } = library;
  const things = (size: number): Journal =>
    new Map(
      Array.from({ length: 12 }, (_, n) => [
        uidOf(n),
        { title: `thing ${n}`, content: randomBytes(size) },
      ]),
    );
  const sizes = [10_000, 40_000, 20_000, 30_000];
  for (const [n, size] of sizes.entries()) {
    const serial = serialOf(n);
    registrations.register(serial, `Child ${n}`, 'u', dsaKey(n));
    await backUp(whole, things(size), serial);
    const [newest] = listSnapshots(paths, serial);
    await command('pin', [serial, newest?.name ?? '', uidOf(1)]);
    await command('pin', [serial, newest?.name ?? '', uidOf(2)]);
  }
  clock.pass(DAY_MS);
  const few: Journal = new Map([[uidOf(1), { title: 'left', content: randomBytes(5000) }]]);
  await backUp(whole, few, serialOf(0));
  const found = await allReliefs(library);
  const { bytes: pinned = 0, laptops: pins = [] } = found.find(({ type }) => type === 'pins') ?? {};
  assert.ok(pinned >= 200_000 && pinned < 250_000, `pinned: ${pinned}`);
  assert.equal(
    pins.map(({ nick }) => nick),
    ['Child 1', 'Child 3', 'Child 2'],
  );
  for (const [n, size] of [40_000, 30_000, 20_000].entries()) {
    const bytes = pins[n]?.bytes ?? 0;
    assert.ok(bytes >= 2 * size && bytes < 2 * size + 10_000, `${bytes} of ${size}`);
  }
  const held = found.find(({ type }) => type === 'held');
  assert.ok(held && held.bytes >= 5000 && held.bytes < 10_000, `held: ${held?.bytes}`);
  assert.equal(
    held?.laptops.map(({ serial, bytes }) => [serial, bytes]),
    [[serialOf(0), held?.bytes]],
  );
  const html = render(FullDisk({ words, found }));
  for (const serial of [serialOf(1), serialOf(0)]) {
    assert.ok(html.includes(`href="/xs-backup/laptop/${serial}"`), serial);
  }
  assert.match(html, /href="\/xs-backup\/held"/);
  const told = await command('cleanup', [], { 'dry-run': true });
  assert.match(told, new RegExp(`\\d+ KB of Child 1: "xs-backup pins ${serialOf(1)}"`));
  assert.match(told, /\d+ KB of Child 0: "xs-backup held"/);
});

test.run();
