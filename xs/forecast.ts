/**
 * When a slot will be free for a laptop that waits (X1): pure, in milliseconds. What the constants do
 * to a thousand laptops is told in `admit.ts`.
 */

/** How fast the queue moves at present, in milliseconds. */
export interface Pace {
  /** From the beginning of a backup to the end of its lease. */
  transfer: number;
  /** From there to the beginning of the next one in the same slot, while laptops wait. */
  gap: number;
}

/** The shortest time told, in seconds: quick transfers must not make laptops ask all the time. */
const SHORTEST_RETRY_SECONDS = 5;
/** Longer forecasts are worth nothing; the laptop may be switched off by then. In seconds. */
const LONGEST_RETRY_SECONDS = 2 * 3600;
/** No transfer is thought to end sooner than in this share of the usual time: others are on hand. */
const NEAREST_SHARE = 0.5;
/** One that is late needs so many times that: its laptop has vanished, most likely … */
const OVERDUE_FACTOR = 6;
/** … which is noticed within this time, in milliseconds (`traffic.leaseSeconds`, sshd's 75 s). */
const NOTICED_MS = 120_000;
/**
 * When `slots` places have been taken by `n` others one after the other, at this pace: how
 * long until the next is free, from now, in milliseconds.
 */
export function nthEnd(
  n: number,
  running: readonly { started: number }[],
  slots: number,
  { transfer, gap }: Pace,
  now: number,
): number {
  const ends = running
    .map(({ started }) => {
      const left = started + transfer - now;
      return Math.max(left, transfer * NEAREST_SHARE, Math.min(-left * OVERDUE_FACTOR, NOTICED_MS));
    })
    .sort((a, b) => a - b);
  // More may run than there are slots now: the first to end make room for nobody.
  const counted = ends.slice(Math.max(0, ends.length - slots));
  while (counted.length < slots) counted.unshift(0);
  return (counted[n % slots] ?? 0) + Math.floor(n / slots) * (transfer + gap);
}

/** What a laptop is told, in seconds. */
export function tellSeconds(ms: number): number {
  const seconds = Math.ceil(ms / 1000);
  return Math.min(Math.max(seconds, SHORTEST_RETRY_SECONDS), LONGEST_RETRY_SECONDS);
}
