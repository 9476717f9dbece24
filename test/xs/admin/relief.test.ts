/** How a disk is split up, what makes room on it, and when it is full. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { diskParts, mayUse, reliefs } from '../../../xs/admin/relief.ts';
import { fullDate } from '../../../xs/retention/capacity.ts';
import { dayOf } from '../../../xs/retention/day-log.ts';
import { diskFactsOf, freeRoom, wholeRoom } from '../../../xs/storage/disk.ts';

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

test('what frees most comes first, and what frees nothing is not named', () => {
  assert.equal(
    reliefs({ others: 10, pins: 0, held: 20 }).map(({ type }) => type),
    ['held', 'others'],
  );
});

const NOW = new Date('2026-06-15T10:00:00Z');
const GROWTH: [
  name: string,
  days: number,
  bytes: (n: number) => number,
  inodes: number,
  full: string | null,
][] = [
  ['10 of 300 bytes a day', 30, (n) => n * 10, 0.5, '2026-07-15'],
  ['nothing grows', 30, () => 300, 0.5, null],
  ['it gets emptier', 30, (n) => 600 - n * 10, 0.5, null],
  ['too few days are known', 6, (n) => n * 10, 0.5, null],
];
for (const [name, count, used, freeInodes, full] of GROWTH) {
  test(`the disk is full on ${full}: ${name}`, () => {
    const days = Array.from({ length: count }, (_, n) => ({
      date: dayOf(new Date(NOW.getTime() - (count - n) * DAY_MS)),
      ...{ usedBytes: used(n), freeBytes: 600 - used(n), freeInodes },
      ...{ laptops: 1, came: 1, failed: 0 },
    }));
    assert.is(fullDate(days, { freeBytes: 300, freeInodes }, NOW), full);
  });
}

test('a disk is full when its inodes are', () => {
  const days = Array.from({ length: 10 }, (_, n) => ({
    date: dayOf(new Date(NOW.getTime() - (10 - n) * DAY_MS)),
    ...{ usedBytes: 1, freeBytes: 1, freeInodes: 0.5 - n * 0.01 },
    ...{ laptops: 1, came: 1, failed: 0 },
  }));
  assert.is(fullDate(days, { freeBytes: 1, freeInodes: 0.1 }, NOW), '2026-06-25');
});

test.run();
