/**
 * One-time links to the pages: a laptop requests one over SSH, and the first to open it within five
 * minutes is signed on as that laptop's child. Kept in memory, as hashes only.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Serial } from '../../shared/ids.ts';
import { newToken, tokenHash } from './tokens.ts';

export const LINK_SECONDS = 300;
/** Not yet used, of one laptop: she pressed the button three times. */
const MAX_EACH = 3;

export class WebLinks {
  readonly #clock: Clock;
  readonly #links = new Map<string, { serial: Serial; ends: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A path on this server that signs on once. */
  make(serial: Serial): string {
    const now = this.#clock.monotonicMs();
    for (const [hash, { ends }] of this.#links) if (ends <= now) this.#links.delete(hash);
    const own = [...this.#links].filter(([, link]) => link.serial === serial);
    const spare = own.length - MAX_EACH + 1;
    for (const [hash] of own.slice(0, Math.max(0, spare))) this.#links.delete(hash);
    const token = newToken();
    this.#links.set(tokenHash(token), { serial, ends: now + LINK_SECONDS * 1000 });
    return `/ds-restore/in/${token}`;
  }

  /** Ends those of a laptop that nobody has opened yet. */
  end(serial: Serial): void {
    for (const [hash, link] of this.#links) if (link.serial === serial) this.#links.delete(hash);
  }

  /** The laptop of a link, which is used up. Undefined if it is unknown, used or expired. */
  use(token: string): Serial | undefined {
    const hash = tokenHash(token);
    const link = this.#links.get(hash);
    this.#links.delete(hash);
    return link && link.ends > this.#clock.monotonicMs() ? link.serial : undefined;
  }
}
