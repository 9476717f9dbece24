/**
 * A least-recently-used cache, bounded in bytes. Concurrent requests for a value that is being computed
 * share that computation.
 */
export class LruCache<Value> {
  readonly #maxBytes: number;
  readonly #kept = new Map<string, { value: Value; bytes: number }>();
  readonly #making = new Map<string, Promise<Value>>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The value of this name, computed if it is not cached. Failures are not cached. */
  get(name: string, make: () => Promise<{ value: Value; bytes: number }>): Promise<Value> {
    const kept = this.#kept.get(name);
    if (kept) {
      this.#kept.delete(name);
      this.#kept.set(name, kept);
      return Promise.resolve(kept.value);
    }
    const making = this.#making.get(name) ?? this.#make(name, make);
    this.#making.set(name, making);
    return making;
  }

  async #make(name: string, make: () => Promise<{ value: Value; bytes: number }>): Promise<Value> {
    try {
      const made = await make();
      if (made.bytes <= this.#maxBytes) {
        this.#kept.set(name, made);
        this.#bytes += made.bytes;
      }
      for (const [oldest, { bytes }] of this.#kept) {
        if (this.#bytes <= this.#maxBytes) break;
        this.#kept.delete(oldest);
        this.#bytes -= bytes;
      }
      return made.value;
    } finally {
      this.#making.delete(name);
    }
  }
}
