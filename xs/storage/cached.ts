/** A measurement taken when somebody asks, and at most so often however many ask. */
import type { Clock } from '../../shared/clock.ts';

/** `measure`, whose answer is good for `ms` milliseconds. */
export function cached<T>(clock: Clock, ms: number, measure: () => Promise<T>): () => Promise<T> {
  let last: { time: number; value: Promise<T> } | undefined;
  return () => {
    const time = clock.monotonicMs();
    if (!last || time - last.time >= ms) last = { time, value: measure() };
    return last.value;
  };
}
