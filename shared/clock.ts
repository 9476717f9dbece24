/**
 * Time as a value: code that needs the time is given a clock, so that tests can control it.
 *
 * Wall-clock time is for people and for names. Durations and order come from the monotonic clock,
 * because a laptop may boot with its date in 1970.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

export const DAY_MS = 86_400_000;

/** Which start of the machine this is, and how long ago it was, time asleep included. */
export interface Boot {
  id: string;
  ms: number;
}

export interface Clock {
  /** Wall-clock time. */
  now(): Date;
  /** Milliseconds since some fixed moment; never goes back. */
  monotonicMs(): number;
  /** Resolves after `ms` milliseconds; rejects with an AbortError when the signal fires first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Absent for a clock that does not outlive its process. */
  boot?(): Boot;
}

const PROCESS_ID = randomUUID();

/** The machine's start; the process's own where nothing is known about it. */
export function bootOf(clock: Clock): Boot {
  return clock.boot?.() ?? { id: PROCESS_ID, ms: clock.monotonicMs() };
}

/** Linux gives every start of the machine an id. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return PROCESS_ID;
  }
}

let knownBoot: string | undefined;

export const realClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, signal ? { signal } : {});
  },
  boot: () => {
    knownBoot ??= bootId();
    return { id: knownBoot, ms: uptime() * 1000 };
  },
};
