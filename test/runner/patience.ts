/**
 * How long a test waits before it says "in vain": so many starts of a process that nothing honest needs
 * as many. A machine that has become slower since the start is measured again before anybody gives up.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { measureProcess, slownessOf, type Units, units } from './units.ts';

/** On the reference machine, in milliseconds. A wait that succeeds never takes as long. */
const PATIENCE_MS = 120_000;
const LOOK_EVERY_MS = 20;

/** A limit that is written down for the reference machine, on this one as it was at the start. */
export function scaled(ms: number, here: Units = units()): number {
  return Math.ceil(ms * slownessOf(here));
}

/** The same on this machine as it is now: for a promise that was not kept on the first look. */
async function scaledNow(ms: number): Promise<number> {
  return Math.max(scaled(ms), scaled(ms, { ...units(), process: await measureProcess() }));
}

/** The patience of one wait. */
export class Patience {
  readonly #start = performance.now();
  readonly #ms: number;
  #limit: number;

  /** `ms` is for the reference machine. */
  constructor(ms = PATIENCE_MS) {
    this.#ms = ms;
    this.#limit = scaled(ms);
  }

  get waitedMs(): number {
    return performance.now() - this.#start;
  }

  /** True when this has taken longer than it may, by the machine as it is now. */
  async isOver(): Promise<boolean> {
    if (this.waitedMs < this.#limit) return false;
    this.#limit = await scaledNow(this.#ms);
    return this.waitedMs >= this.#limit;
  }
}

export interface WaitOptions {
  everyMs?: number;
  /** For the reference machine, where what is waited for is a whole backup or restore. */
  patienceMs?: number;
  /** What to add to the complaint. */
  why?: () => string;
}

/** The first truthy answer. Throws with `what`, and what `why` adds, once patience is over. */
export async function waitFor<T>(
  what: string,
  ask: () => T | Promise<T>,
  { everyMs = LOOK_EVERY_MS, patienceMs = PATIENCE_MS, why = () => '' }: WaitOptions = {},
): Promise<NonNullable<T>> {
  const patience = new Patience(patienceMs);
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (await patience.isOver()) {
      const seconds = Math.round(patience.waitedMs / 1000);
      throw new Error(`waited ${seconds} s in vain: ${what}${why() && `\n${why()}`}`);
    }
    await sleep(everyMs);
  }
}

/**
 * That something the product promises took no longer than `ms` milliseconds, measured for the
 * reference machine. Throws with both figures.
 */
export async function within(what: string, ms: number, took: number): Promise<void> {
  if (took <= scaled(ms)) return;
  const limit = await scaledNow(ms);
  if (took > limit) {
    throw new Error(`${what}: took ${Math.round(took)} ms, may take ${Math.round(limit)} ms here`);
  }
}
