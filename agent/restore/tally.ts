/**
 * What a complete restore has put back, remembered only when it is on the disk: an entry that counts
 * as back is not fetched again, so a power cut must not be able to take it away afterwards.
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
  /** Back, but perhaps not on the disk yet. */
  readonly #fresh = new Map<Uid, Digest>();

  constructor(context: Context, state: State, origin: Origin) {
    this.#context = context;
    this.#state = state;
    this.#origin = origin;
  }

  /**
   * Begins with what is here, which counts like what comes; `remembered` is what the run before has
   * put back, of which the child may have deleted some.
   */
  async begin(remembered: Versions, here: Versions): Promise<void> {
    const gone = [...remembered.keys()].filter((uid) => !here.has(uid));
    await this.#state.forgetRestored(this.#origin, gone);
    for (const [uid, digest] of here) if (!remembered.has(uid)) this.note(uid, digest);
    if (this.#fresh.size > 0) await this.settle();
  }

  /** It is back; `settle` makes it count. */
  note(uid: Uid, digest: Digest): void {
    this.#fresh.set(uid, digest);
  }

  /** Everything until now is on the disk, and only then remembered. */
  async settle(signal: AbortSignal = this.#context.signal): Promise<void> {
    const noted = new Map(this.#fresh);
    await flushFileSystem({ ...this.#context, signal }, this.#context.paths.journal);
    await this.#state.rememberRestored(this.#origin, noted);
    for (const uid of noted.keys()) this.#fresh.delete(uid);
  }
}
