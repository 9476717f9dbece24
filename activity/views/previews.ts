/**
 * Previews of entries: fetched a few at a time when a row shows them, the latest request first,
 * and cached.
 */
import { type Pixbuf, pixbufFrom } from '../gtk.ts';
import type { PreviewRef } from '../model/screens/body.ts';
import { keptPictures } from '../sugar/picture-cache.ts';

/** Cache size in bytes of pixels. */
const KEPT_BYTES = 6e6;
const AT_ONCE = 2;
/** Requests that wait; older ones belong to rows that were scrolled away. */
const WISHES = 24;

export type Fetch = (ref: PreviewRef) => Promise<Uint8Array>;

export class Previews {
  readonly #fetch: Fetch;
  readonly #kept = keptPictures<Pixbuf>(KEPT_BYTES);
  readonly #wishes = new Map<string, { ref: PreviewRef; size: [number, number] }>();
  readonly #waiting = new Map<string, Set<() => void>>();
  #running = 0;

  constructor(fetch: Fetch) {
    this.#fetch = fetch;
  }

  /** The cached picture; else null, and `ready` is called once it was fetched. */
  get(ref: PreviewRef, width: number, height: number, ready: () => void): Pixbuf | null {
    const key = `${ref.of} ${ref.snapshot} ${ref.uid} ${width}`;
    const kept = this.#kept.get(key);
    if (kept) return kept.picture;
    const waiting = this.#waiting.get(key) ?? new Set();
    waiting.add(ready);
    this.#waiting.set(key, waiting);
    this.#wishes.delete(key);
    this.#wishes.set(key, { ref, size: [width, height] });
    for (const old of this.#wishes.keys()) {
      if (this.#wishes.size <= WISHES) break;
      this.#wishes.delete(old);
      this.#waiting.delete(old);
    }
    this.#run();
    return null;
  }

  #run(): void {
    while (this.#running < AT_ONCE && this.#wishes.size > 0) {
      const [key, wish] = [...this.#wishes].at(-1) ?? [];
      if (key === undefined || !wish) return;
      this.#wishes.delete(key);
      this.#running += 1;
      void this.#bring(key, wish.ref, wish.size);
    }
  }

  async #bring(key: string, ref: PreviewRef, [width, height]: [number, number]): Promise<void> {
    let picture: Pixbuf | null = null;
    try {
      const bytes = await this.#fetch(ref);
      if (bytes.length > 0) picture = pixbufFrom(bytes, width, height);
    } catch {
      // A failed fetch is repeated when the row is shown again.
      this.#running -= 1;
      this.#waiting.delete(key);
      this.#run();
      return;
    }
    this.#running -= 1;
    this.#kept.set(key, { picture });
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    for (const ready of waiting ?? []) ready();
    this.#run();
  }
}
