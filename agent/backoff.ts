/**
 * How long to wait before the server is asked again. It names the time itself as long as it answers;
 * where it is silent, the laptops spread out by chance: a whole school must not come back in step.
 */

/** The first wait where the server is silent is at most this, in seconds. */
const FIRST_SECONDS = 10;
/** And no wait is longer, in seconds: the original's longest was 64 minutes. */
const LONGEST_SECONDS = 900;

/** A wait in seconds. `failures` counts the unanswered questions in a row, from 1. */
export function silenceSeconds(failures: number, random: () => number): number {
  const most = Math.min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** (Math.max(1, failures) - 1));
  return 1 + random() * (most - 1);
}

/** What the server said goes to the second, what it did not say by chance. */
export function waitSeconds(
  retryAfterSeconds: number | undefined,
  failures: number,
  random: () => number,
): number {
  return retryAfterSeconds ?? silenceSeconds(failures, random);
}
