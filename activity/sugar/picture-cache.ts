/**
 * Keeps what was used last, up to a number of things or, with weights, up to their sum: pictures of
 * five thousand entries must not fill a laptop's memory.
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

  /** What is kept under this key; it counts as used. */
  get(key: Key): Value | undefined {
    const value = this.#kept.get(key);
    if (value === undefined) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, value);
    return value;
  }

  /** Keeps it; what was not used for longest goes. One thing over the limit is still kept. */
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

/** What it costs to know that there is no picture. */
const NO_PICTURE_BYTES = 200;

/** Pictures by the bytes of their pixels: two hundred icons are little, two hundred schools are not. */
export function keptPictures<Picture extends { getByteLength(): number | bigint }>(
  bytes: number,
): BoundedCache<string, { picture: Picture | null }> {
  return new BoundedCache(bytes, ({ picture }) =>
    picture ? Number(picture.getByteLength()) : NO_PICTURE_BYTES,
  );
}
