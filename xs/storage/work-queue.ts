/**
 * Runs one piece of work at a time: everything that changes the library (ingests, the daily cleanup,
 * commands) goes through one queue, so that nothing changes underneath it.
 */
export class WorkQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` after everything queued before it; its failure goes to the caller only. */
  run<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  /** Resolves when everything queued so far has ended. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
