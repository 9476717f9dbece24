/**
 * How often a wrong code may be typed: by one address with pauses of two minutes at most, and by all together as
 * often as makes guessing hopeless. Addresses that have hardly tried have a share of their own, so that others who
 * guess do not keep a child out. In memory only; the time is an argument, in milliseconds.
 */

const HOUR_MS = 3_600_000;
/** Wrong tries of an address without a pause, within an hour. */
const FREE = 5;
const FIRST_PAUSE_MS = 15_000;
const LONGEST_PAUSE_MS = 120_000;
/** With fewer wrong tries than that, an address belongs to those who have hardly tried. */
const HARDLY = 4;
const MAX_ADDRESSES = 10_000;
/** Wrong tries of all addresses at once, and every how many milliseconds there is another one. */
const SHARES = {
  hardly: { burst: 120, everyMs: 3000 },
  often: { burst: 60, everyMs: 6000 },
} as const;
type Share = keyof typeof SHARES;

interface Tries {
  count: number;
  last: number;
}

export class Guesses {
  /** By address, those that tried last at the end. */
  readonly #tries = new Map<string, Tries>();
  /** How much of each share is used up, and when that was true. */
  readonly #used: Record<Share, { level: number; at: number }> = {
    hardly: { level: 0, at: 0 },
    often: { level: 0, at: 0 },
  };

  /** Milliseconds until this address may try again; 0 for now. */
  wait(address: string, now: number): number {
    const tries = this.#recent(address, now);
    const beyond = tries.count - FREE;
    const pause =
      beyond < 0 ? 0 : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(beyond, 10));
    const own = beyond < 0 ? 0 : tries.last + pause - now;
    const share = shareOf(tries);
    const { burst, everyMs } = SHARES[share];
    const full = this.#level(share, now) + 1 - burst;
    return Math.max(0, own, full > 0 ? Math.ceil(full * everyMs) : 0);
  }

  /** A wrong try. */
  count(address: string, now: number): void {
    const tries = this.#recent(address, now);
    const share = shareOf(tries);
    this.#used[share] = { level: this.#level(share, now) + 1, at: now };
    this.#tries.delete(address);
    this.#tries.set(address, { count: tries.count + 1, last: now });
    const [oldest] = this.#tries.keys();
    if (this.#tries.size > MAX_ADDRESSES && oldest !== undefined) this.#tries.delete(oldest);
  }

  #recent(address: string, now: number): Tries {
    const tries = this.#tries.get(address);
    return tries && now - tries.last < HOUR_MS ? tries : { count: 0, last: now };
  }

  #level(share: Share, now: number): number {
    const { level, at } = this.#used[share];
    return Math.max(0, level - (now - at) / SHARES[share].everyMs);
  }
}

function shareOf({ count }: Tries): Share {
  return count < HARDLY ? 'hardly' : 'often';
}
