import { rmSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type ClockMemory,
  judgeClock,
  observeClock,
  trustClock,
} from '../../../xs/retention/server-clock.ts';
import { inLibrary } from '../../../xs/storage/paths.ts';
import { makeLibrary } from '../library.ts';

const test = suite("whether the server's clock can be believed");

const DAY = 86_400_000;
const START = Date.parse('2026-03-02T08:00:00Z');

/** Looks once at each of these times, in days from START; which looks found it trusted. */
function look(...days: number[]): boolean[] {
  let memory: ClockMemory | undefined;
  return days.map((day) => {
    const judged = judgeClock(memory, new Date(START + day * DAY), undefined);
    memory = judged.memory;
    return judged.trusted;
  });
}

test('time that goes on is believed', () => {
  assert.equal(look(0, 1, 2, 20, 41, 62), [true, true, true, true, true, true]);
  assert.equal(look(0, 1, 1 - 4 / 1440, 2), [true, true, true, true], 'four minutes back');
});

test('back by more than five minutes, or on by more than a year, is not', () => {
  assert.equal(look(0, 1, 1 - 6 / 1440), [true, true, false]);
  assert.equal(look(0, -20_000), [true, false]);
  assert.equal(look(0, 366), [true, false]);
  assert.equal(look(0, 3650), [true, false]);
});

test('after holidays it is believed when a week of days has followed', () => {
  const judged = look(0, 1, 60, 61, 62, 63, 64, 65, 66, 67, 68);
  assert.equal(judged.indexOf(true, 2), 9, 'the seventh new date after the gap');
  assert.equal(look(0, 60, 3), [true, false, true], 'it was no holidays: the clock is right again');
});

test('set right again, it is believed at once', () => {
  assert.equal(look(0, 10, -20_000, -19_999, 11), [true, true, false, false, true]);
  assert.equal(look(0, 10, 3650, 3651, 11), [true, true, false, false, true]);
  assert.equal(look(0, 10, 9, 9.5, 10.1), [true, true, false, false, true]);
});

test('a clock that wakes up on the same date every day is never believed', () => {
  const mornings = Array.from({ length: 200 }, (_, n) => (n % 2 === 0 ? -9000 : -9000 + 0.3));
  assert.not.ok(
    look(0, ...mornings)
      .slice(1)
      .includes(true),
  );
});

test('after a jump, a month of days in order is as good as an explanation', () => {
  const days = Array.from({ length: 40 }, (_, n) => 3650 + n);
  const judged = look(0, ...days);
  assert.is(judged.indexOf(true, 1), 32, 'the 31st new date after the jump');
});

test('the newest snapshot stands in for a memory that is gone', () => {
  const now = new Date(START);
  assert.ok(judgeClock(undefined, now, new Date(START - 20 * DAY)).trusted);
  assert.not.ok(judgeClock(undefined, now, new Date(START + DAY)).trusted);
  const judged = judgeClock(undefined, now, new Date(START - 800 * DAY));
  assert.is(judged.reason, 'the clock jumped from 2023-12-23T08:00 to 2026-03-02T08:00');
});

test('the memory is on the disk, and a person may overrule it', () => {
  using library = makeLibrary();
  const { paths } = library;
  const at = (day: number) => new Date(START + day * DAY);
  assert.ok(observeClock(paths, at(0), undefined).trusted);
  assert.not.ok(observeClock(paths, at(4000), undefined).trusted);
  assert.not.ok(observeClock(paths, at(4001), undefined).trusted);
  trustClock(paths, at(4001));
  assert.ok(observeClock(paths, at(4002), undefined).trusted);
  writeFileSync(inLibrary(paths).clock, '{"version":1,"se');
  assert.ok(observeClock(paths, at(4003), at(4000)).trusted, 'cut short');
  rmSync(inLibrary(paths).clock);
  assert.ok(observeClock(paths, at(4004), at(4000)).trusted, 'absent');
});

test.run();
