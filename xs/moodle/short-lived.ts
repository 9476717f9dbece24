/** What is good for a short time, and kept in memory only: bounded in number, the oldest go first. */
import type { Clock } from '../../shared/clock.ts';

export class ShortLived<T> {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #max: number;
  /** In the order in which they end. */
  readonly #all = new Map<string, { value: T; ends: number }>();

  constructor(clock: Clock, ms: number, max: number) {
    this.#clock = clock;
    this.#ms = ms;
    this.#max = max;
  }

  /** Whether one more would push out another. */
  isFull(): boolean {
    this.#sweep();
    return this.#all.size >= this.#max;
  }

  put(key: string, value: T): void {
    this.#all.delete(key);
    if (this.isFull()) {
      const [oldest] = this.#all.keys();
      if (oldest !== undefined) this.#all.delete(oldest);
    }
    this.#all.set(key, { value, ends: this.#clock.monotonicMs() + this.#ms });
  }

  /** Another value for what is there; it ends when it would have. */
  change(key: string, value: T): void {
    const found = this.#all.get(key);
    if (found) found.value = value;
  }

  get(key: string): T | undefined {
    const found = this.#all.get(key);
    return found && found.ends > this.#clock.monotonicMs() ? found.value : undefined;
  }

  /** The value, which is used up. */
  take(key: string): T | undefined {
    const value = this.get(key);
    this.#all.delete(key);
    return value;
  }

  #sweep(): void {
    const now = this.#clock.monotonicMs();
    for (const [key, { ends }] of this.#all) {
      if (ends > now) return;
      this.#all.delete(key);
    }
  }
}
