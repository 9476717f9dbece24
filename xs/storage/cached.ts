/** Measurements that are taken on demand, and shared by all who ask within a short time. */
import type { Clock } from '../../shared/clock.ts';

/** `measure`, with its result reused for `ms` milliseconds. */
export function cached<T>(clock: Clock, ms: number, measure: () => Promise<T>): () => Promise<T> {
  let last: { time: number; value: Promise<T> } | undefined;
  return () => {
    const time = clock.monotonicMs();
    if (!last || time - last.time >= ms) last = { time, value: measure() };
    return last.value;
  };
}
