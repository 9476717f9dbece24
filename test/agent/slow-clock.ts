/** A clock that goes when it is told to. */
import { setImmediate as turn } from 'node:timers/promises';
import { type Clock, realClock } from '../../shared/clock.ts';

/** Nobody sleeps over more than this, in milliseconds. */
const STEP_MS = 100;

export function slowClock() {
  let nowMs = 0;
  const sleepers = new Set<() => void>();
  const clock: Clock = {
    ...realClock,
    monotonicMs: () => nowMs,
    sleep: (ms, signal) => {
      const atMs = nowMs + ms;
      return new Promise((resolve, reject) => {
        const look = () => {
          if (signal?.aborted) reject(signal.reason);
          else if (nowMs >= atMs) resolve();
          else return;
          sleepers.delete(look);
          signal?.removeEventListener('abort', look);
        };
        sleepers.add(look);
        signal?.addEventListener('abort', look);
      });
    },
  };
  /** Lets so many milliseconds pass, in small steps. */
  const pass = async (ms: number) => {
    const endMs = nowMs + ms;
    while (nowMs < endMs) {
      nowMs = Math.min(nowMs + STEP_MS, endMs);
      for (const look of sleepers) look();
      await turn();
    }
  };
  return { clock, pass, sleepers };
}
