/**
 * Requests that write to the disk take turns: one at a time, and between two of them everybody else is
 * answered. A flood of them would otherwise be one long pause for "may I?".
 */
import { setImmediate as nextRound } from 'node:timers/promises';
import { DsError } from '../../shared/errors.ts';

/** More than a class does at once; each takes some ten milliseconds. */
const MAX_WAITING = 250;

export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Runs `work` when it is its turn. Throws `server-busy` where too many wait already. */
  async take<T>(work: () => T): Promise<T> {
    if (this.#waiting >= MAX_WAITING) {
      throw new DsError('server-busy', 'too many ask at once; try again in a minute', {
        retry: true,
      });
    }
    this.#waiting += 1;
    const mine = this.#last.then(async () => {
      await nextRound();
      return work();
    });
    this.#last = mine.catch(() => {});
    try {
      return await mine;
    } finally {
      this.#waiting -= 1;
    }
  }
}
