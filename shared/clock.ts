/**
 * Time as a value: code that needs the time is given a clock, so that tests can control it.
 *
 * Wall-clock time is for people and for names. Durations and order come from the monotonic clock,
 * because a laptop may boot with its date in 1970.
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
