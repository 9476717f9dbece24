/**
 * Who may begin a TLS handshake. One costs a millisecond of a slow server's processor: all that a school's
 * teachers need is little beside what one stranger could ask for. Pure but for its memory; times are
 * milliseconds of the monotonic clock.
 */

/** Connections that are open at once: all together, and of one address. A browser opens six. */
const MAX_ALL = 300;
const MAX_EACH = 40;
/** New connections: so many at once, and so many more each second. */
const ALL = { burst: 120, perSecond: 40 };
const EACH = { burst: 40, perSecond: 4 };
/** Addresses that are remembered; those without any connection are forgotten first. */
const MAX_ADDRESSES = 5000;

interface Bucket {
  tokens: number;
  at: number;
}

export class HandshakeBudget {
  readonly #open = new Map<string, number>();
  readonly #each = new Map<string, Bucket>();
  readonly #all: Bucket = { tokens: ALL.burst, at: 0 };
  #count = 0;

  /** What to call when the connection has ended; undefined for one that is not let in. */
  enter(address: string, now: number): (() => void) | undefined {
    const open = this.#open.get(address) ?? 0;
    if (this.#count >= MAX_ALL || open >= MAX_EACH) return undefined;
    const own = this.#each.get(address) ?? { tokens: EACH.burst, at: now };
    this.#each.delete(address);
    this.#each.set(address, own);
    this.#forget();
    // The address's own first: one that has none left takes nothing from the others.
    if (!take(own, EACH, now) || !take(this.#all, ALL, now)) return undefined;
    this.#count += 1;
    this.#open.set(address, open + 1);
    return () => this.#leave(address);
  }

  #leave(address: string): void {
    this.#count -= 1;
    const left = (this.#open.get(address) ?? 1) - 1;
    if (left > 0) this.#open.set(address, left);
    else this.#open.delete(address);
  }

  /** A map keeps insertion order: its first is the address that came longest ago. */
  #forget(): void {
    const [oldest] = this.#each.keys();
    if (this.#each.size > MAX_ADDRESSES && oldest !== undefined) this.#each.delete(oldest);
  }
}

function take(bucket: Bucket, { burst, perSecond }: typeof ALL, now: number): boolean {
  const fresh = ((now - bucket.at) / 1000) * perSecond;
  bucket.tokens = Math.min(burst, bucket.tokens + Math.max(0, fresh));
  bucket.at = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}
