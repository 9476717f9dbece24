/**
 * The order of those who wait to transfer (X1): pure functions over values, in milliseconds of the
 * monotonic clock. What the constants do to a thousand laptops is told in `admit.ts`.
 */
import type { Serial } from '../../shared/ids.ts';

export type Purpose = 'backup' | 'restore';

export interface Asker {
  purpose: Purpose;
  /** When its Journal was last known to be safe, by the wall clock; `NEVER` comes first. */
  lastSuccess: number;
  /** The access network it asks from, where that can be told. */
  subnet?: string | undefined;
}

/** A laptop that was told to come again at `at`; its place is kept until `until`. */
export interface Waiter extends Asker {
  /** When it first asked. */
  since: number;
  at: number;
  until: number;
  /** The time that counts in the queue: `at` when it came near, however often it was told since. */
  promised: number;
}

export const NEVER = Number.NEGATIVE_INFINITY;

/** Kept for a laptop after its time, in milliseconds: it may hold a slot empty for so long. */
const GRACE_MS = 15_000;
/**
 * A time that is nearer than this is a promise, in milliseconds: nobody gets in before, however long
 * ago the last backup was. So nobody starves, and nobody comes in vain while a whole school arrives.
 */
const PROMISE_MS = 600_000;
/**
 * Whether `a` goes before `b`: restores first, then those who were promised a time, then those whose
 * last backup is the longest ago.
 */
export function goesBefore(a: Waiter, b: Waiter, now: number): boolean {
  if (a.purpose !== b.purpose) return a.purpose === 'restore';
  const promised = isPromised(a, now);
  if (promised !== isPromised(b, now)) return promised;
  if (promised && a.promised !== b.promised) return a.promised < b.promised;
  if (a.lastSuccess !== b.lastSuccess) return a.lastSuccess < b.lastSuccess;
  return a.since < b.since;
}

function isPromised({ promised }: Waiter, now: number): boolean {
  return promised - now <= PROMISE_MS;
}

/** The place of a laptop that is told to come at `at`, having had the place `old` before. */
export function nextPlace(old: Waiter | undefined, asker: Asker, at: number, now: number): Waiter {
  const promised = old && isPromised(old, now) ? old.promised : at;
  return makeWaiter(asker, old?.since ?? now, at, at + GRACE_MS, promised);
}

/** Always the same shape: a question looks at each of a thousand of these. */
function makeWaiter(
  { purpose, lastSuccess, subnet }: Asker,
  since: number,
  at: number,
  until: number,
  promised: number,
): Waiter {
  return { purpose, lastSuccess, subnet, since, at, until, promised };
}

export interface Ahead {
  /** How many in the queue go before this laptop. */
  all: number;
  /** Of these: expected before long, and able to begin then. */
  expected: number;
  /** Of these: on the asker's access network. */
  near: number;
}

/**
 * Counts those who go before this laptop, which may be in the queue as well. Runs for every question
 * over the whole queue, so it makes nothing.
 */
export function countAhead(
  serial: Serial,
  asker: Asker,
  queue: ReadonlyMap<Serial, Waiter>,
  isExpected: (other: Waiter) => boolean,
  now: number,
): Ahead {
  const old = queue.get(serial);
  const since = old?.since ?? now;
  const own = makeWaiter(asker, since, now, now, old?.promised ?? Number.POSITIVE_INFINITY);
  const ahead: Ahead = { all: 0, expected: 0, near: 0 };
  queue.forEach((other, name) => {
    if (other.until <= now || name === serial || !goesBefore(other, own, now)) return;
    ahead.all += 1;
    if (isExpected(other)) ahead.expected += 1;
    if (other.subnet !== undefined && other.subnet === own.subnet) ahead.near += 1;
  });
  return ahead;
}
