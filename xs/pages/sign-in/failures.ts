/**
 * Wrong passwords, counted by address: after a few the address must wait, twice as long each time. Not
 * counted by name, or any child could lock a teacher out. In memory only; the time is an argument.
 */

/** Failures before the first wait. */
const FREE = 5;
const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 15 * 60_000;
/** Failures are forgotten after this long without another. */
const MEMORY_MS = 60 * 60_000;
const MAX_ADDRESSES = 5000;

interface Count {
  failures: number;
  last: number;
}

export class Failures {
  readonly #counts = new Map<string, Count>();

  /** Milliseconds until this address may try again; 0 for now. */
  wait(address: string, now: number): number {
    const count = this.#counts.get(address);
    if (!count || now - count.last > MEMORY_MS || count.failures < FREE) return 0;
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (count.failures - FREE));
    return Math.max(0, count.last + wait - now);
  }

  /** Called before the password is checked, so that concurrent attempts are all counted. */
  note(address: string, now: number): void {
    const before = this.#counts.get(address);
    const failures = before && now - before.last <= MEMORY_MS ? before.failures + 1 : 1;
    this.#counts.delete(address);
    this.#counts.set(address, { failures, last: now });
    // A map keeps insertion order: its first is the address longest without a failure.
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > MAX_ADDRESSES && oldest !== undefined) this.#counts.delete(oldest);
  }

  forget(address: string): void {
    this.#counts.delete(address);
  }
}
