/** When a volume was used last, and its end when that is long ago. */
import type { Context } from '../context.ts';

type Life = Pick<Context, 'clock' | 'signal'>;

export class LastUse implements Disposable {
  /** Resolves when it was not used for long; rejects with the signal's reason. */
  readonly end: Promise<'idle'>;
  readonly #life: Life;
  readonly #idleMs: number;
  readonly #over = new AbortController();
  #lastMs: number;

  constructor({ clock, signal }: Life, idleMs: number) {
    this.#life = { clock, signal: AbortSignal.any([signal, this.#over.signal]) };
    this.#idleMs = idleMs;
    this.#lastMs = clock.monotonicMs();
    this.end = this.#wait();
    this.end.catch(() => {}); // it may end before anybody waits
  }

  note(): void {
    this.#lastMs = this.#life.clock.monotonicMs();
  }

  [Symbol.dispose](): void {
    this.#over.abort();
  }

  async #wait(): Promise<'idle'> {
    const { clock, signal } = this.#life;
    for (;;) {
      const leftMs = this.#lastMs + this.#idleMs - clock.monotonicMs();
      if (leftMs <= 0) return 'idle';
      await clock.sleep(leftMs, signal).catch(() => {});
      signal.throwIfAborted();
    }
  }
}
