/**
 * Requests that write to the disk take turns: one at a time, and between two of them everybody else is
 * answered. A flood of them would otherwise be one long pause for "may I?". Addresses have a turn each, so a flood
 * from some keeps nobody else waiting for long.
 */
import { setImmediate as nextRound } from 'node:timers/promises';
import { DsError } from '../../shared/errors.ts';

/** From one address: more than a class behind one access point does at once; each takes some ten milliseconds. */
const MAX_WAITING = 250;
const TURNED_AWAY_SECONDS = 60;

export class Turns {
  /** By address, those whose turn is next first. */
  readonly #queues = new Map<string, (() => Promise<void>)[]>();
  #isWorking = false;

  /**
   * Runs `work` when it is its turn, in the order in which it came `from` there. Throws `server-busy` where too many
   * wait already.
   */
  take<T>(work: () => T | Promise<T>, from = ''): Promise<T> {
    const own = this.#queues.get(from) ?? [];
    if (own.length >= MAX_WAITING) {
      const message = 'too many ask at once; try again in a minute';
      const options = { retry: true, retryAfterSeconds: TURNED_AWAY_SECONDS };
      return Promise.reject(new DsError('server-busy', message, options));
    }
    return new Promise<T>((resolve, reject) => {
      own.push(async () => {
        try {
          resolve(await work());
        } catch (error) {
          reject(error);
        }
      });
      this.#queues.set(from, own);
      if (!this.#isWorking) void this.#workOff();
    });
  }

  async #workOff(): Promise<void> {
    this.#isWorking = true;
    for (;;) {
      const [first] = this.#queues;
      if (!first) break;
      const [from, own] = first;
      await nextRound();
      const next = own.shift();
      // At the end of the row, whoever it is.
      this.#queues.delete(from);
      if (own.length > 0) this.#queues.set(from, own);
      await next?.();
    }
    this.#isWorking = false;
  }
}
