import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type DueFacts, judgeDue, LEAST_MS } from '../../../agent/rules/due.ts';
import type { Moment } from '../../../agent/rules/moment.ts';

const test = suite('due');

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** 2026-03-10 20:00 UTC by the server. */
const SERVER = Date.UTC(2026, 2, 10, 20);

const at = (boot: string, hours: number, wallMs = SERVER): Moment => {
  return { boot, uptimeMs: hours * HOUR, wallMs };
};

function judge(change: Partial<DueFacts>) {
  return judgeDue({
    now: at('a', 1),
    done: { serverMs: SERVER, at: at('a', 0), boots: 0 },
    heard: undefined,
    touchedMs: SERVER,
    zoneMinutes: 0,
    ...change,
  });
}

test('is a laptop that never made a backup, or whose admin removed the file', () => {
  assert.equal(judge({ touchedMs: undefined }), { due: true, reason: 'never', againAtMs: null });
  assert.is(judge({ done: undefined, touchedMs: SERVER - 2 * DAY }).reason, 'never');
});

test('is not one that a command or the original client did today', () => {
  const now = at('a', 1, SERVER + HOUR);
  assert.is(judge({ done: undefined, touchedMs: SERVER, now }).due, false);
});

test("goes by the server's day and the uptime, whatever the laptop's clock says", () => {
  for (const wallMs of [0, SERVER, SERVER + 3650 * DAY]) {
    assert.is(judge({ now: at('a', 3, wallMs) }).due, false, 'the same evening');
    assert.is(judge({ now: at('a', 5, wallMs) }).due, false, 'after midnight, but just done');
    assert.is(judge({ now: at('a', 6.1, wallMs) }).reason, 'new-day');
  }
});

test('says when to look again: midnight, and not before six hours', () => {
  assert.is(judge({ now: at('a', 1) }).againAtMs, LEAST_MS);
  const morning = { serverMs: Date.UTC(2026, 2, 10, 8), at: at('a', 0), boots: 0 };
  assert.is(judge({ done: morning, now: at('a', 1) }).againAtMs, 16 * HOUR);
});

test('knows the day of the place: midnight in Lima is five hours later', () => {
  const facts = { now: at('a', 6.5), zoneMinutes: -300 };
  assert.is(judge(facts).due, false);
  assert.is(judge({ ...facts, now: at('a', 9.1) }).due, true);
});

test('asks the server after a restart, for no clock of the laptop can be believed', () => {
  assert.is(judge({ now: at('b', 0, 0) }).reason, 'ask');
  assert.is(judge({ now: at('b', 0, SERVER + 5 * DAY) }).reason, 'ask');
});

test("believes the server's answer for the rest of the day", () => {
  const heard = { serverMs: SERVER + HOUR, at: at('b', 0) };
  const same = judge({ heard, now: at('b', 2) });
  assert.equal([same.due, same.againAtMs], [false, 3 * HOUR]);
  assert.is(judge({ heard, now: at('b', 3.5) }).reason, 'new-day');
  const morrow = { serverMs: SERVER + DAY, at: at('b', 0) };
  assert.is(judge({ heard: morrow, now: at('b', 1) }).reason, 'new-day');
});

test('a server that starts on the same date each day does not stop all backups', () => {
  const heard = { serverMs: SERVER + HOUR, at: at('d', 0) };
  const done = { serverMs: SERVER, at: at('a', 0), boots: 3 };
  assert.is(judge({ heard, done, now: at('d', 1) }).reason, 'many-boots');
});

test('jumping clocks bring at most four backups a day in one boot', () => {
  let done = { serverMs: SERVER, at: at('a', 0), boots: 0 };
  let backups = 0;
  for (let hour = 0; hour < 24; hour += 0.25) {
    const now = at('a', hour, hour % 2 ? 0 : SERVER + hour * DAY);
    if (!judge({ done, now }).due) continue;
    backups += 1;
    // A server whose clock is somewhere else each time.
    done = { serverMs: SERVER - hour * 100 * DAY, at: now, boots: 0 };
  }
  assert.ok(backups <= 4, String(backups));
});

test('six hours are enough when the day is another one, and midnight is that of the place', () => {
  assert.is(judge({ now: at('a', 6) }).reason, 'new-day');
  const morning = { serverMs: Date.UTC(2026, 2, 10, 8), at: at('a', 0), boots: 0 };
  assert.is(judge({ done: morning, now: at('a', 1), zoneMinutes: -300 }).againAtMs, 21 * HOUR);
});

test('without an answer in this boot the boots are counted', () => {
  const done = (boots: number) => ({ serverMs: SERVER, at: at('a', 0), boots });
  const heard = { serverMs: SERVER + HOUR, at: at('b', 0) };
  const now = at('d', 1);
  assert.is(judge({ done: done(2), now }).reason, 'ask');
  assert.is(judge({ done: done(3), now }).reason, 'many-boots');
  assert.is(judge({ done: done(2), heard, now }).reason, 'ask', 'heard in another boot');
  assert.is(judge({ done: done(2), heard: { ...heard, at: at('d', 0) }, now }).reason, 'done');
});

test.run();
