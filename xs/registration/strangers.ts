/**
 * Laptops that asked to back up and are not registered here. The original client gives up without a word,
 * so this is the only place where a replaced server can learn that it strands somebody. In memory, with a
 * limit: anybody may ask for any serial.
 */

import { type Clock, DAY_MS } from '../../shared/clock.ts';
import type { Serial } from '../../shared/ids.ts';
import type { Log } from '../../shared/log.ts';

/** The longest unseen are forgotten first. */
const MAX_STRANGERS = 1000;
/** Refusals are logged in batches, one line in this many milliseconds. */
const TELL_MS = 60_000;

export class Strangers {
  readonly #clock: Clock;
  readonly #log: Log;
  /** When each asked last, by the monotonic clock; the longest unseen first. */
  readonly #asked = new Map<Serial, number>();
  #told = { at: Number.NEGATIVE_INFINITY, since: 0 };

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** An unknown laptop was refused. */
  note(serial: Serial): void {
    const now = this.#clock.monotonicMs();
    this.#asked.delete(serial);
    this.#asked.set(serial, now);
    if (this.#asked.size > MAX_STRANGERS) {
      for (const oldest of this.#asked.keys()) {
        this.#asked.delete(oldest);
        break;
      }
    }
    const refused = this.#told.since + 1;
    this.#told.since = refused;
    if (now - this.#told.at < TELL_MS) return;
    this.#log.warn('unknown-laptops-refused', { count: refused, latest: serial });
    this.#told = { at: now, since: 0 };
  }

  /** Who asked within the last 24 hours and is still unknown, the latest first. */
  list(isKnown: (serial: Serial) => boolean): Serial[] {
    const since = this.#clock.monotonicMs() - DAY_MS;
    const recent = [...this.#asked].filter(([serial, at]) => at > since && !isKnown(serial));
    return recent.map(([serial]) => serial).reverse();
  }
}
