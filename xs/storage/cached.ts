/** Measurements that are taken on demand, and shared by all who ask within a short time. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../shared/clock.ts';

/** How long somebody who wants an answer at once waits for a new measurement, in milliseconds. */
const PATIENCE_MS = 10;

/** `measure`, with its result reused for `ms` milliseconds. */
export function cached<T>(clock: Clock, ms: number, measure: () => Promise<T>): () => Promise<T> {
  let last: { time: number; value: Promise<T> } | undefined;
  return () => {
    const time = clock.monotonicMs();
    if (!last || time - last.time >= ms) last = { time, value: measure() };
    return last.value;
  };
}

/**
 * The same for those who cannot wait: while the disk, or Node's threads, take long over a measurement, they get the
 * last one, however old. Only the first is waited for. One runs at a time.
 */
export function cachedAtOnce<T>(
  clock: Clock,
  ms: number,
  measure: () => Promise<T>,
): () => Promise<T> {
  let known: Promise<T> | undefined;
  let answer: Promise<T> | undefined;
  let running = false;
  let begun = Number.NEGATIVE_INFINITY;
  return () => {
    const now = clock.monotonicMs();
    if (answer && (running || now - begun < ms)) return answer;
    const value = measure();
    [running, begun] = [true, now];
    value.then(
      () => {
        [running, known, answer] = [false, value, value];
      },
      // The last one that came is still the last one.
      () => {
        [running, answer] = [false, value];
      },
    );
    const before = known;
    answer = before ? Promise.race([value, sleep(PATIENCE_MS).then(() => before)]) : value;
    return answer;
  };
}
