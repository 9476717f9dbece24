/**
 * Writes many entries into the datastore's folders, batch by batch, and makes the datastore show them
 * all at the end. Whatever it cannot do safely for one entry goes through the datastore instead.
 */
import type { Uid } from '../../shared/ids.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { Datastore } from '../journal/datastore.ts';
import { type Placeable, Placement } from '../journal/placement.ts';
import { rebuildHazard, type Survey } from '../journal/rebuild-hazard.ts';
import {
  announce,
  awaitIndex,
  distrustIndex,
  settleIndex,
  showAll,
} from '../journal/sugar-index.ts';
import { DatastoreWriter, type WriterOptions } from './datastore-writer.ts';
import type { Fetched } from './fetch.ts';
import type { Tally } from './tally.ts';
import { findTarget, type Target } from './target.ts';
import type { Writer } from './writer.ts';

/** How many times as many entries as at the last showing are shown next. */
const SHOW_AGAIN_AT = 8;

type Placed = Placeable & { fetched: Fetched; target: Target };

export class FolderWriter implements Writer {
  readonly #options: WriterOptions;
  readonly #tally: Tally;
  readonly #survey: Survey;
  readonly #placement: Placement;
  readonly #fallback: DatastoreWriter;
  readonly #placed = new Set<Uid>();
  /** Of those placed, and of all in the Journal, at the last showing. */
  #shown = 0;
  #indexed = 0;

  /** `survey`: the entries of the Journal that were found fit for a rebuild of Sugar's index. */
  constructor(options: WriterOptions, tally: Tally, survey: Survey) {
    this.#options = options;
    this.#tally = tally;
    this.#survey = survey;
    this.#placement = new Placement(options.context);
    this.#fallback = new DatastoreWriter(options, tally);
  }

  async write(folder: string, entries: readonly Fetched[]): Promise<void> {
    const { context, state } = this.#options;
    await distrustIndex(context, state);
    const { placeable, others } = await this.#sort(entries);
    this.#placement.make(folder, placeable);
    await this.#tally.settle(); // also what was just made: it must be on the disk before it appears
    failpoint('restore.made');
    for (const placed of placeable) {
      context.signal.throwIfAborted();
      if (this.#placement.show(folder, placed)) await this.#check(placed);
      else others.push(placed.fetched);
    }
    await this.#fallback.write(folder, others);
    await this.#showSome();
  }

  /**
   * Shows what is there after the first batch, and again whenever it has become several times as many: a
   * child sees her newest things soon, and all of these steps cost a sixth of the last one.
   */
  async #showSome(): Promise<void> {
    const { context, datastore } = this.#options;
    if (this.#placed.size <= this.#shown * SHOW_AGAIN_AT) return;
    // Asked while it still makes the last one, it would make no other.
    if (this.#shown > 0 && (await datastore.indexed()) < this.#indexed) return;
    this.#shown = this.#placed.size;
    await showAll(context, datastore, this.#survey, this.#placed);
    this.#indexed = (await datastore.uids()).size;
    await announce(context, datastore, this.#placed);
  }

  async finish(): Promise<Uid[]> {
    const { context, state, datastore } = this.#options;
    await this.#tally.settle();
    context.signal.throwIfAborted();
    if (this.#shown > 0) await awaitIndex(context, datastore, this.#indexed);
    const hidden = await showAll(context, datastore, this.#survey, this.#placed);
    failpoint('restore.shown');
    await announce(context, datastore, this.#placed);
    await settleIndex(context, state, datastore);
    return hidden.filter((uid) => this.#placed.has(uid));
  }

  async showWritten(signal: AbortSignal): Promise<void> {
    if (this.#placed.size === 0) return;
    const context = { ...this.#options.context, signal };
    try {
      await using datastore = new Datastore(context.env, signal);
      await showAll(context, datastore, this.#survey, this.#placed);
      await announce(context, datastore, this.#placed);
    } catch {
      // The index is still marked as doubtful: Sugar's next start shows them, or our next run.
    }
  }

  async #sort(entries: readonly Fetched[]): Promise<{ placeable: Placed[]; others: Fetched[] }> {
    const { context, outcomes, target: options } = this.#options;
    const placeable: Placed[] = [];
    const others: Fetched[] = [];
    for (const fetched of entries) {
      await outcomes.record(fetched, async () => {
        const target = await findTarget(context, options, fetched);
        if (!target) return { type: 'here' };
        const { uid, prepared, torn } = target;
        const hazard = rebuildHazard(prepared.expected.properties, fetched.file !== '');
        if (torn || hazard !== undefined) others.push(fetched);
        else placeable.push({ uid, prepared, file: fetched.file, fetched, target });
        return { type: 'open' };
      });
    }
    return { placeable, others };
  }

  async #check(placed: Placed): Promise<void> {
    const { fetched, target, uid } = placed;
    this.#placed.add(uid);
    const outcome = await this.#options.outcomes.record(fetched, async () => {
      this.#placement.check(placed);
      return { type: 'written', target };
    });
    if (outcome === 'written') this.#placement.rememberContent(placed);
  }
}
