/**
 * For long work in one thread: hands the processor back now and then, so that timers, signals and
 * other clients get their turn.
 */
import { setImmediate as breathe } from 'node:timers/promises';

/**
 * How long a program may work in one go while others may ask it something, in milliseconds: each of
 * their questions waits for it about once (`npm run bench:available`).
 */
export const SLICE_MS = 2;

/** A function to await between two steps; it pauses only when `sliceMs` milliseconds have passed. */
export function pacemaker(sliceMs: number): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < sliceMs) return;
    await breathe();
    last = performance.now();
  };
}
