/**
 * For long work in the main thread: yields to the event loop from time to time, so that timers,
 * signals and other clients get their turn.
 */
import { setImmediate as yieldToOthers } from 'node:timers/promises';

/**
 * How long the server may work without yielding, in milliseconds: each request waits about that
 * long (`npm run bench:available`).
 */
export const SLICE_MS = 2;

/** A function to await between two steps; it yields only after `sliceMs` milliseconds of work. */
export function pacemaker(sliceMs: number): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < sliceMs) return;
    await yieldToOthers();
    last = performance.now();
  };
}
