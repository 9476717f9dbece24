/**
 * Launches that were accepted: each nonce once, and of one account a number until it rests, so that one pupil
 * fills no memory that all others need. In memory; what is from before a restart is refused by its state.
 */
import type { Clock } from '../../shared/clock.ts';
import { LaunchRefused } from './launch.ts';
import { ShortLived } from './short-lived.ts';

/** Longer than any state is good. */
const MS = 15 * 60_000;
/** A large school, many times. */
const MAX_ALL = 5000;
const MAX_EACH = 200;

export class AcceptedLaunches {
  readonly #nonces: ShortLived<true>;
  readonly #counts: ShortLived<number>;

  constructor(clock: Clock) {
    this.#nonces = new ShortLived(clock, MS, MAX_ALL);
    this.#counts = new ShortLived(clock, MS, MAX_ALL);
  }

  /** Uses the nonce up. Throws `LaunchRefused`. */
  accept(nonce: string, account: string): void {
    if (this.#nonces.get(nonce)) throw new LaunchRefused('again', 'this launch was used already');
    const often = (this.#counts.get(account) ?? 0) + 1;
    if (this.#nonces.isFull() || often > MAX_EACH) {
      throw new LaunchRefused('late', 'too many launches');
    }
    this.#nonces.put(nonce, true);
    this.#counts.put(account, often);
  }
}
