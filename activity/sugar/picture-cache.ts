/**
 * A cache that evicts the least recently used items over a number or a total weight, so that
 * pictures of thousands of entries do not fill a laptop's memory.
 */
export class BoundedCache<Key, Value> {
  readonly #limit: number;
  readonly #weigh: (value: Value) => number;
  readonly #kept = new Map<Key, Value>();
  #weight = 0;

  constructor(limit: number, weigh: (value: Value) => number = () => 1) {
    this.#limit = limit;
    this.#weigh = weigh;
  }

  get size(): number {
    return this.#kept.size;
  }

  has(key: Key): boolean {
    return this.#kept.has(key);
  }

  /** The cached value; it counts as used now. */
  get(key: Key): Value | undefined {
    const value = this.#kept.get(key);
    if (value === undefined) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, value);
    return value;
  }

  /**
   * Caches the value and evicts the least recently used ones; a single item over the limit stays.
   */
  set(key: Key, value: Value): void {
    this.delete(key);
    this.#kept.set(key, value);
    this.#weight += this.#weigh(value);
    for (const oldest of this.#kept.keys()) {
      if (this.#weight <= this.#limit || oldest === key) break;
      this.delete(oldest);
    }
  }

  delete(key: Key): void {
    const value = this.#kept.get(key);
    if (value === undefined) return;
    this.#kept.delete(key);
    this.#weight -= this.#weigh(value);
  }

  clear(): void {
    this.#kept.clear();
    this.#weight = 0;
  }
}

/** Weight of remembering that there is no picture, in bytes. */
const NO_PICTURE_BYTES = 200;

/** A cache of pictures limited by the bytes of their pixels. */
export function keptPictures<Picture extends { getByteLength(): number | bigint }>(
  bytes: number,
): BoundedCache<string, { picture: Picture | null }> {
  return new BoundedCache(bytes, ({ picture }) =>
    picture ? Number(picture.getByteLength()) : NO_PICTURE_BYTES,
  );
}
