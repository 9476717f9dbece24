/**
 * When a slot will be free for a laptop that waits (X1): pure, in milliseconds. `usual` is how long it
 * takes at present from the beginning of a backup to the end of its lease; what passes from there to
 * the next in the same slot is left out, so that forecasts are rather too short than too long. What
 * the constants do to a thousand laptops is told in `admit.ts`.
 */

/** The shortest time told, in seconds: quick transfers must not make laptops ask all the time. */
const SHORTEST_RETRY_SECONDS = 5;
/** Longer forecasts are worth nothing; the laptop may be switched off by then. In seconds. */
const LONGEST_RETRY_SECONDS = 2 * 3600;
/** No transfer is thought to end sooner than in this share of the usual time: others are on hand. */
const NEAREST_SHARE = 0.4;
/** One that is late needs so many times that: its laptop has vanished, most likely … */
const OVERDUE_FACTOR = 6;
/** … which is noticed within this time, in milliseconds (`traffic.leaseSeconds`, sshd's 64 s). */
const NOTICED_MS = 120_000;
/**
 * A rush: within a minute more come for the first time than the slots serve in this many turns and
 * one. Each slot that gets free is then taken by one of them at once.
 */
const RUSH_TURNS = 8;
/** What a rush leaves of the differences between forecasts, so that not all come back together. */
const RUSH_SPREAD = 0.75;

/** When `slots` places have been taken by `n` others one after the other: how long until the next is free, from now. */
export function nthEnd(
  n: number,
  running: readonly { started: number }[],
  slots: number,
  usual: number,
  now: number,
): number {
  const ends = running
    .map(({ started }) => {
      const left = started + usual - now;
      return Math.max(left, usual * NEAREST_SHARE, Math.min(-left * OVERDUE_FACTOR, NOTICED_MS));
    })
    .sort((a, b) => a - b);
  // More may run than there are slots now: the first to end make room for nobody.
  const counted = ends.slice(Math.max(0, ends.length - slots));
  while (counted.length < slots) counted.unshift(0);
  return (counted[n % slots] ?? 0) + Math.floor(n / slots) * usual;
}

/**
 * A forecast for one that came at its time and in vain. In a rush it would do so again and
 * again: the newcomers, who have times of their own, fill the slots while it stays away.
 */
export function afterRush(
  wait: number,
  newcomersPerMinute: number,
  slots: number,
  usual: number,
): number {
  if (newcomersPerMinute <= slots * (RUSH_TURNS + 1)) return wait;
  return Math.max(wait, RUSH_TURNS * usual + wait * RUSH_SPREAD);
}

/** What a laptop is told, in seconds. */
export function tellSeconds(ms: number): number {
  const seconds = Math.ceil(ms / 1000);
  return Math.min(Math.max(seconds, SHORTEST_RETRY_SECONDS), LONGEST_RETRY_SECONDS);
}
