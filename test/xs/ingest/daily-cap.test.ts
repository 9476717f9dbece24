import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import type { Manifest } from '../../../shared/protocol/messages.ts';
import { DailyCap } from '../../../xs/ingest/daily-cap.ts';
import { refused } from '../../shared/refused.ts';
import { SERIAL } from '../library.ts';
import { serialOf, testClock } from '../whole.ts';

const test = suite('a laptop makes a limited number of backups within 24 hours');

const START = '2026-03-02T08:00:00Z';
const AT = 100 * DAY_MS;
type Dated = Pick<Manifest, 'created' | 'clock'>;

/** Made so long before, since or before the server was started. */
function made(ms: number, boot: number, doubted = false): Dated {
  const created = new Date(Date.parse(START) - ms).toISOString();
  return { created, clock: { at: AT - ms, boot, doubted } };
}

function capOf(perDay: number, trusted = true) {
  const clock = testClock(START);
  const began = clock.monotonicMs();
  const now = () => ({
    ...{ at: AT + clock.monotonicMs() - began, boot: 7, doubted: !trusted, time: clock.now() },
    ...{ trusted, creditedAt: 0 },
  });
  return { clock, cap: new DailyCap(clock, perDay, { now }) };
}

test('since the server was started: the last one allowed is allowed, the next one is not', () => {
  const { cap } = capOf(3);
  const old = [made(DAY_MS, 7), made(DAY_MS + 1, 7)];
  cap.check(SERIAL, [...old, made(0, 7), made(DAY_MS - 1, 7)]);
  const full = [...old, made(0, 7), made(1, 7), made(DAY_MS - 1, 7)];
  refused(() => cap.check(SERIAL, full), 'server-refused', /limit of 3 backups/);
  const wrong = full.map((one) => ({ ...one, created: '1970-01-01T00:00:00Z' }));
  refused(() => cap.check(SERIAL, wrong), 'server-refused', /limit/);
});

test('those from before it was started count for half, by their dates', () => {
  const { cap } = capOf(4);
  const before = Array.from({ length: 9 }, (_, n) => made(n, 6));
  cap.check(SERIAL, [...before, made(0, 7)]);
  refused(() => cap.check(SERIAL, [...before, made(0, 7), made(1, 7)]), 'server-refused');
  const unknown = before.map(({ created }) => ({ created }));
  refused(() => cap.check(SERIAL, [...unknown, made(0, 7), made(1, 7)]), 'server-refused');
  const doubted = before.map((_, n) => made(n, 6, true));
  cap.check(SERIAL, [...doubted, made(0, 7), made(1, 7), made(2, 7)]);
});

test('whether a backup is of the last 24 hours is told as they are counted', () => {
  const { cap } = capOf(1);
  for (const [ms, boot, isRecent] of [
    ...([
      [0, 7, true],
      [DAY_MS - 1, 7, true],
      [DAY_MS, 7, false],
    ] as const),
    ...([
      [0, 6, true],
      [DAY_MS - 1, 6, true],
      [DAY_MS, 6, false],
    ] as const),
    // A date that lies ahead was shown by a clock that was wrong.
    ...([
      [1 - DAY_MS, 6, true],
      [-DAY_MS, 6, false],
    ] as const),
  ]) {
    assert.is(cap.isRecent(made(ms, boot)), isRecent, `${ms} ms before, start ${boot}`);
  }
  assert.is(cap.isRecent(made(0, 6, true)), false, 'its clock was in doubt');
  assert.is(cap.isRecent({ created: START }), true, 'it has no place on the timeline');
  const { cap: doubtful } = capOf(1, false);
  assert.is(doubtful.isRecent(made(0, 7)), true);
  assert.is(doubtful.isRecent(made(0, 6)), false, 'the dates are not believed now');
  assert.ok(capOf(2).cap.admits(SERIAL, [made(DAY_MS, 6), made(0, 7)]));
});

test('while the clock cannot be believed a day of uptime later all is well', () => {
  const { cap, clock } = capOf(2, false);
  const sameDate = [made(0, 6), made(0, 6), made(0, 6)];
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
    const { clock, cap } = capOf(2, trusted);
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
