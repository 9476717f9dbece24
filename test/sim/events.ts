/** Simulated time: things happen in the order of their times, and no time passes between them. */
import type { Clock } from '../../shared/clock.ts';

interface Event {
  at: number;
  order: number;
  happen: () => void;
}

export class Events {
  #now = 0;
  #count = 0;
  /** A binary heap, the earliest first. */
  readonly #heap: Event[] = [];

  /** Seconds since the start of the day. */
  get now(): number {
    return this.#now;
  }

  /** For the code under test, which knows nothing of a simulation. */
  readonly clock: Clock = {
    now: () => new Date(this.#now * 1000),
    monotonicMs: () => this.#now * 1000,
    sleep: () => Promise.reject(new Error('nobody sleeps here')),
  };

  after(seconds: number, happen: () => void): void {
    const event = { at: this.#now + Math.max(0, seconds), order: this.#count, happen };
    this.#count += 1;
    this.#heap.push(event);
    let child = this.#heap.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.#swapIfLater(parent, child)) break;
      child = parent;
    }
  }

  /** Goes on until nothing is left to happen, or until this time. */
  run(until: number): void {
    for (let next = this.#heap[0]; next && next.at <= until; next = this.#heap[0]) {
      this.#removeFirst();
      this.#now = next.at;
      next.happen();
    }
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (!last || this.#heap.length === 0) return;
    this.#heap[0] = last;
    for (let parent = 0; ; ) {
      const [left, right] = [2 * parent + 1, 2 * parent + 2];
      if (left >= this.#heap.length) return;
      const child = right < this.#heap.length && this.#isLater(left, right) ? right : left;
      if (!this.#swapIfLater(parent, child)) return;
      parent = child;
    }
  }

  #isLater(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a], this.#heap[b]];
    if (!one || !other) return false;
    return one.at === other.at ? one.order > other.order : one.at > other.at;
  }

  #swapIfLater(parent: number, child: number): boolean {
    const [one, other] = [this.#heap[parent], this.#heap[child]];
    if (!one || !other || !this.#isLater(parent, child)) return false;
    this.#heap[parent] = other;
    this.#heap[child] = one;
    return true;
  }
}
