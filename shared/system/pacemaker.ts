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

/**
 * When the event loop is known to have turned, on the clock of `performance`. All pacemakers share it: a thousand
 * short works in a row, each with a pacemaker of its own, hold the others up like one long work.
 */
let turned = performance.now();

/** A function to await between two steps; it yields once `sliceMs` milliseconds have passed since the last turn. */
export function pacemaker(sliceMs: number): () => Promise<void> {
  return async () => {
    if (performance.now() - turned < sliceMs) return;
    await yieldToOthers();
    turned = performance.now();
  };
}
