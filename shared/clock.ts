/**
 * Time as a value: whoever needs it is handed a clock, so that tests can turn the hands.
 *
 * Wall-clock time is for people and for names; durations and order come from the monotonic hand,
 * because a laptop may wake up in 1970 (E2).
 */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Clock {
  /** Wall-clock time. */
  now(): Date;
  /** Milliseconds since some fixed moment; never goes back. */
  monotonicMs(): number;
  /** Resolves after `ms` milliseconds; rejects with an AbortError when the signal fires first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const realClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, signal ? { signal } : {});
  },
};
