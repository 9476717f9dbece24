/**
 * One at a time: whatever changes the library takes its turn, be it an ingest, the daily cleanup or
 * an admin's command. The disk is slow, and nobody has to think of what others do meanwhile.
 */
export class WorkQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` when everything asked for before has ended; its failure is the caller's. */
  run<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  /** When everything asked for so far has ended. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
