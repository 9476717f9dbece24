import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DailyCap } from '../../../xs/ingest/daily-cap.ts';
import { refused } from '../../shared/refused.ts';
import { SERIAL } from '../library.ts';
import { DAY_MS, serialOf, testClock } from '../whole.ts';

const test = suite('a laptop makes a limited number of backups within 24 hours');

const START = '2026-03-02T08:00:00Z';
const before = (ms: number) => ({ created: new Date(Date.parse(START) - ms).toISOString() });

test('by the dates of its snapshots: the last one allowed is allowed, the next one is not', () => {
  const cap = new DailyCap(testClock(START), 3, () => true);
  const old = [before(DAY_MS), before(DAY_MS + 1)];
  cap.check(SERIAL, [...old, before(0), before(DAY_MS - 1)]);
  const full = [...old, before(0), before(1), before(DAY_MS - 1)];
  refused(() => cap.check(SERIAL, full), 'server-refused', /limit of 3 backups/);
  cap.check(SERIAL, [before(-DAY_MS), before(0), before(1)]); // dated a day ahead
});

test('by what was seen, while the clock cannot be believed: a day of uptime later all is well', () => {
  const clock = testClock(START);
  const cap = new DailyCap(clock, 2, () => false);
  const sameDate = [before(0), before(0), before(0)];
  cap.check(SERIAL, sameDate);
  cap.note(SERIAL);
  cap.check(SERIAL, sameDate);
  cap.note(SERIAL);
  refused(() => cap.check(SERIAL, sameDate), 'server-refused');
  cap.check(serialOf(1), sameDate);
  clock.pass(DAY_MS - 1);
  refused(() => cap.check(SERIAL, sameDate), 'server-refused');
  clock.pass(1);
  cap.check(SERIAL, sameDate);
});

test('four runs that came to nothing are one backup, whatever the clock', () => {
  for (const trusted of [true, false]) {
    const clock = testClock(START);
    const cap = new DailyCap(clock, 2, () => trusted);
    for (let n = 0; n < 7; n += 1) cap.noteFailure(SERIAL);
    cap.check(SERIAL, []);
    cap.noteFailure(SERIAL);
    const { hint } = refused(() => cap.check(SERIAL, []), 'server-refused');
    assert.match(hint ?? '', /tomorrow/);
    cap.check(serialOf(1), []);
    clock.pass(DAY_MS);
    cap.check(SERIAL, []);
  }
});

test.run();
