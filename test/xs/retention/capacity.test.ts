import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { foresee, neededBytes } from '../../../xs/retention/capacity.ts';
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
  assert.is(foresee(70e9, 1e15, growing(1e6), NOW).fullOn, null, 'in ten years and more');
});

test.run();
