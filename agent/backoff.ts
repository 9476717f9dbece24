/**
 * How long to wait before the server is asked again. It names the time as long as it answers; without an
 * answer the wait is random, so that a whole school does not come back at the same moment.
 */

/** The first wait without an answer is at most this, in seconds. */
const FIRST_SECONDS = 10;
/** No wait is longer, in seconds; the original client's longest was 64 minutes. */
const LONGEST_SECONDS = 900;

/** A wait in seconds. `failures` counts the unanswered requests in a row, from 1; `random` gives 0…1. */
export function silenceSeconds(failures: number, random: () => number): number {
  const most = Math.min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** (Math.max(1, failures) - 1));
  return 1 + random() * (most - 1);
}

/** The server's own time if it gave one, else a random wait. In seconds. */
export function waitSeconds(
  retryAfterSeconds: number | undefined,
  failures: number,
  random: () => number,
): number {
  return retryAfterSeconds ?? silenceSeconds(failures, random);
}
