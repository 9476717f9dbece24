import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { foresee, fullDate, neededBytes } from '../../../xs/retention/capacity.ts';
import type { DayRow } from '../../../xs/storage/index-db.ts';

const test = suite('whether the disk is large enough for the school');

const NOW = new Date('2026-06-15T10:00:00Z');

function growing(perDay: number, days = 20): DayRow[] {
  return Array.from({ length: days }, (_, n) => ({
    date: new Date(NOW.getTime() - (days - n) * DAY_MS).toISOString().slice(0, 10),
    neededBytes: 50e9 + n * perDay,
  }));
}

test('whether one full copy of every laptop fits, and until when', () => {
  assert.is(neededBytes([1e9, null, 3e9]), 6e9, 'two gigabytes for one that has sent nothing yet');
  assert.is(foresee(90e9, 80e9, growing(1e9), NOW).fits, false);
  assert.is(foresee(80e9, 80e9, growing(1e9), NOW).fits, true, 'exactly full');
  assert.is(foresee(70e9, 100e9, growing(1e9, 7), NOW).fullOn, '2026-07-15', 'a week is enough');
  assert.is(foresee(70e9, 100e9, growing(1e9), NOW).fullOn, '2026-07-15');
  assert.is(foresee(70e9, 100e9, growing(0), NOW).fullOn, null, 'no growth');
  assert.is(foresee(70e9, 100e9, growing(-1e9), NOW).fullOn, null, 'it shrinks');
  assert.is(foresee(70e9, 100e9, growing(1e9, 3), NOW).fullOn, null, 'too few days to tell');
  assert.is(foresee(70e9, 70e9 + 3650e9, growing(1e9), NOW).fullOn, '2036-06-12', 'in ten years');
  assert.is(foresee(70e9, 70e9 + 3651e9, growing(1e9), NOW).fullOn, null, 'after that');
});

const DAY = { usedBytes: 1, laptops: 1, came: 1, failed: 0 };

/** Ends on the day before NOW; each day has so much less than the day before. */
function emptying(perDay: { bytes?: number; inodes?: number }, days = 20) {
  return Array.from({ length: days }, (_, n) => ({
    ...DAY,
    date: new Date(NOW.getTime() - (days - n) * DAY_MS).toISOString().slice(0, 10),
    freeBytes: 500e9 - n * (perDay.bytes ?? 0),
    freeInodes: 9e6 - n * (perDay.inodes ?? 0),
  }));
}

const FREE = { freeBytes: 30e9, freeInodes: 1e6 };

test('when the disk is full by its growth', () => {
  const full = (days: ReturnType<typeof emptying>, free = FREE) => fullDate(days, free, NOW);
  assert.is(full(emptying({ bytes: 1e9 })), '2026-07-15');
  assert.is(full(emptying({ inodes: 1e5 })), '2026-06-25', 'by its inodes');
  assert.is(full(emptying({ bytes: 1e9, inodes: 1e5 })), '2026-06-25', 'by what ends first');
  assert.is(full(emptying({ bytes: 5e9, inodes: 1e5 })), '2026-06-21');
  assert.is(full(emptying({})), null, 'it stays as it is');
  assert.is(full(emptying({ bytes: -1e9, inodes: -1e5 })), null, 'it becomes emptier');
  assert.is(full(emptying({ bytes: 1e9 }, 7)), '2026-07-15', 'a week is enough');
  assert.is(full(emptying({ bytes: 1e9 }, 6)), null, 'too few days to tell');
  const tenYears = { freeBytes: 3650e9, freeInodes: 1e9 };
  assert.is(full(emptying({ bytes: 1e9 }), tenYears), '2036-06-12', 'in ten years');
  assert.is(full(emptying({ bytes: 1e9 }), { ...tenYears, freeBytes: 3651e9 }), null, 'after that');
});

test('only the last ninety days count', () => {
  const before = emptying({ bytes: 3e9 }, 150).slice(0, 60);
  const since = emptying({ bytes: 1e9 }, 90);
  assert.is(fullDate([...before, ...since], FREE, NOW), '2026-07-15');
});

test.run();
