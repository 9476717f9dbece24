/**
 * The order of laptops that wait to transfer. Pure; milliseconds of the monotonic clock. `admit.ts`
 * records how the constants were tuned.
 */
import type { Serial } from '../../shared/ids.ts';

export type Purpose = 'backup' | 'restore';

export interface Asker {
  purpose: Purpose;
  /** It has a history here, or a teacher approved it. Others cost nothing to make up. */
  known: boolean;
  /** When it was last backed up: the later, the larger; `NEVER` sorts first. */
  lastSuccess: number;
  /** Its access network, if known. */
  subnet?: string | undefined;
  /** The address that asked, where nothing proves which laptop that is. */
  address?: string | undefined;
}

/** A laptop with an appointment at `at`; its place is kept until `until`. */
export interface Waiter extends Asker {
  /** When it first asked. */
  since: number;
  at: number;
  until: number;
  /** The binding appointment: `at` when it became binding, unchanged by later appointments. */
  promised: number;
}

export const NEVER = Number.NEGATIVE_INFINITY;

/** How long a place is kept after its appointment, in milliseconds; a slot may stay empty for it. */
const GRACE_MS = 15_000;
/**
 * Appointments closer than this are binding, in milliseconds: nobody overtakes them, however old the last
 * backup. So no laptop starves, and none returns in vain while a whole school arrives.
 */
const PROMISE_MS = 600_000;

/**
 * Whether `a` goes before `b`: known laptops, then restores, then binding appointments, then the oldest last
 * backup.
 */
function goesBefore(a: Waiter, b: Waiter, now: number): boolean {
  if (a.known !== b.known) return a.known;
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

/** The place of a laptop with a new appointment at `at`; `old` is its previous place. */
export function nextPlace(old: Waiter | undefined, asker: Asker, at: number, now: number): Waiter {
  const promised = old && isPromised(old, now) ? old.promised : at;
  return makeWaiter(asker, old?.since ?? now, at, at + GRACE_MS, promised);
}

/** Always the same object shape: each request reads a thousand of these. */
function makeWaiter(
  { purpose, known, lastSuccess, subnet, address }: Asker,
  since: number,
  at: number,
  until: number,
  promised: number,
): Waiter {
  return { purpose, known, lastSuccess, subnet, address, since, at, until, promised };
}

export interface Ahead {
  /** Laptops in the queue that go before this one. */
  all: number;
  /** Of these: expected soon, and able to start then. */
  expected: number;
  /** Of these: known ones. */
  known: number;
  /** Of these: on the asker's access network. */
  near: number;
}

/**
 * Counts the laptops ahead of this one, which may itself be in the queue. Runs over the whole queue for
 * every request, so it allocates nothing per laptop.
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
  const ahead: Ahead = { all: 0, expected: 0, known: 0, near: 0 };
  queue.forEach((other, name) => {
    if (other.until <= now || name === serial || !goesBefore(other, own, now)) return;
    ahead.all += 1;
    if (isExpected(other)) ahead.expected += 1;
    if (other.known) ahead.known += 1;
    if (other.subnet !== undefined && other.subnet === own.subnet) ahead.near += 1;
  });
  return ahead;
}
