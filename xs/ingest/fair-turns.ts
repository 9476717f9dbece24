/**
 * One piece of work at a time, in the order of arrival; long work lets the others pass in between and
 * goes on after them. So nobody waits for all of somebody else's work.
 */
export interface Turn {
  /** Lets everybody who waits now have a turn first. */
  pass(): Promise<void>;
}

export class FairTurns {
  readonly #waiting: (() => void)[] = [];
  #taken = false;

  /** Runs `work` when its turn has come; its failure goes to the caller only. */
  async run<T>(work: (turn: Turn) => Promise<T>): Promise<T> {
    await this.#take();
    try {
      return await work({ pass: () => this.#pass() });
    } finally {
      this.#release();
    }
  }

  async #pass(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const again = this.#take();
    this.#release();
    await again;
  }

  async #take(): Promise<void> {
    if (this.#taken) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#taken = true;
  }

  /** Hands the turn over, so that nobody can take it in between. */
  #release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#taken = false;
  }
}
