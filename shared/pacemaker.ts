/**
 * For long work in one thread: hands the processor back now and then, so that timers, signals and
 * other clients get their turn.
 */
import { setImmediate as breathe } from 'node:timers/promises';

/** A function to await between two steps; it pauses only when `sliceMs` milliseconds have passed. */
export function pacemaker(sliceMs: number): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < sliceMs) return;
    await breathe();
    last = performance.now();
  };
}
