/**
 * What a complete restore has written, remembered only once it is on the disk: an entry that counts is not
 * fetched again, so a power cut must not be able to remove it.
 */
import type { Digest, Uid } from '../../shared/ids.ts';
import type { Versions } from '../../shared/journal/sums.ts';
import type { Context } from '../context.ts';
import { flushFileSystem } from '../journal/placement.ts';
import type { Origin, State } from '../state.ts';

export class Tally {
  readonly #context: Context;
  readonly #state: State;
  readonly #origin: Origin;
  /** Written, but perhaps not on the disk yet. */
  readonly #fresh = new Map<Uid, Digest>();

  constructor(context: Context, state: State, origin: Origin) {
    this.#context = context;
    this.#state = state;
    this.#origin = origin;
  }

  /**
   * Begins with what the Journal has already, which counts too. `remembered` is what an earlier run has
   * written; what the child has deleted since then counts no more.
   */
  async begin(remembered: Versions, here: Versions): Promise<void> {
    const gone = [...remembered.keys()].filter((uid) => !here.has(uid));
    await this.#state.forgetRestored(this.#origin, gone);
    for (const [uid, digest] of here) if (!remembered.has(uid)) this.note(uid, digest);
    if (this.#fresh.size > 0) await this.settle();
  }

  /** An entry was written; `settle` makes it count. */
  note(uid: Uid, digest: Digest): void {
    this.#fresh.set(uid, digest);
  }

  /** Flushes everything noted so far to the disk, and then remembers it. */
  async settle(signal: AbortSignal = this.#context.signal): Promise<void> {
    const noted = new Map(this.#fresh);
    await flushFileSystem({ ...this.#context, signal }, this.#context.paths.journal);
    await this.#state.rememberRestored(this.#origin, noted);
    for (const uid of noted.keys()) this.#fresh.delete(uid);
  }
}
