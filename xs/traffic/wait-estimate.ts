/**
 * Estimates when a slot will be free for a waiting laptop. Pure; milliseconds. `usual` is the present
 * average from the start of a backup to the end of its lease. The gap before the next laptop takes the
 * slot is left out, so that estimates err on the short side. `admit.ts` records how the constants were
 * tuned.
 */

/** The shortest retry time, in seconds: fast transfers must not cause constant polling. */
const SHORTEST_RETRY_SECONDS = 5;
/** The longest retry time, in seconds: by then the laptop may be switched off anyway. */
const LONGEST_RETRY_SECONDS = 2 * 3600;
/** A running transfer is never expected to end sooner than in this share of the usual time. */
const NEAREST_SHARE = 0.4;
/** An overdue transfer is expected to take its delay times this: its laptop has probably vanished … */
const OVERDUE_FACTOR = 6;
/** … which is detected within this time, in milliseconds (`traffic.leaseSeconds`, sshd's 64 s). */
const NOTICED_MS = 120_000;
/**
 * A rush: more newcomers within a minute than the slots serve in this many turns plus one. Each slot that
 * becomes free is then taken by a newcomer at once.
 */
const RUSH_TURNS = 8;
/** The share of the estimate that is kept in a rush, so that laptops do not all return together. */
const RUSH_SPREAD = 0.75;

/** Milliseconds until a slot is free with `n` laptops ahead. */
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
  // More may run than there are slots now: the first ones to end free no slot.
  const counted = ends.slice(Math.max(0, ends.length - slots));
  while (counted.length < slots) counted.unshift(0);
  return (counted[n % slots] ?? 0) + Math.floor(n / slots) * usual;
}

/**
 * The estimate for a laptop that returned at its appointment and is refused again. In a rush that would
 * repeat: it stays away longer, while the newcomers fill the slots.
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

/** The retry time that a laptop is given, in seconds. */
export function tellSeconds(ms: number): number {
  const seconds = Math.ceil(ms / 1000);
  return Math.min(Math.max(seconds, SHORTEST_RETRY_SECONDS), LONGEST_RETRY_SECONDS);
}
