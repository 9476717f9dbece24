/**
 * Waits for something that another process is about to do.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** The first truthy answer; throws with `what` after `ms` milliseconds. */
export async function waitFor<T>(what: string, ask: () => T | Promise<T>, ms = 10_000) {
  for (let waited = 0; waited < ms; waited += 20) {
    const answer = await ask();
    if (answer) return answer;
    await sleep(20);
  }
  throw new Error(`waited ${ms} ms in vain: ${what}`);
}
