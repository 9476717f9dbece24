/**
 * Writes entries through the running datastore, one call for each. Works for every entry and every
 * layout of the Journal.
 */
import type { Uid } from '../../shared/ids.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import type { Context } from '../context.ts';
import type { Datastore } from '../journal/datastore.ts';
import { putEntry } from '../journal/put-entry.ts';
import { healIndex } from '../journal/sugar-index.ts';
import type { State } from '../state.ts';
import type { Fetched } from './fetch.ts';
import type { Outcome, Outcomes } from './outcomes.ts';
import type { Tally } from './tally.ts';
import { findTarget, type TargetOptions } from './target.ts';
import type { Writer } from './writer.ts';

/**
 * From so many on, one is written at a time and the datastore left alone for as long as that took: Sugar's shell
 * makes two blocking calls for each entry that it hears of, and would stand still until the last one.
 */
const PACED_FROM = 5;
/** The longest pause for the shell, in milliseconds. */
const MAX_PAUSE_MS = 500;

export interface WriterOptions {
  context: Context;
  state: State;
  datastore: Datastore;
  target: TargetOptions;
  outcomes: Outcomes;
}

export class DatastoreWriter implements Writer {
  readonly #options: WriterOptions;
  readonly #tally: Tally | undefined;

  constructor(options: WriterOptions, tally: Tally | undefined) {
    this.#options = options;
    this.#tally = tally;
  }

  async write(_folder: string, entries: readonly Fetched[]): Promise<void> {
    if (entries.length === 0) return;
    const { context, outcomes } = this.#options;
    const { clock, signal } = context;
    for (const fetched of entries) {
      signal.throwIfAborted();
      const beganMs = clock.monotonicMs();
      await outcomes.record(fetched, () => this.#put(fetched));
      if (entries.length < PACED_FROM) continue;
      await clock.sleep(Math.min(clock.monotonicMs() - beganMs, MAX_PAUSE_MS), signal);
    }
    signal.throwIfAborted();
    await this.#tally?.settle();
  }

  async finish(): Promise<Uid[]> {
    await healIndex(this.#options.context, this.#options.state); // of a run that was killed
    return [];
  }

  /** The datastore shows each entry as it gets it. */
  async showWritten(): Promise<void> {}

  async #put(fetched: Fetched): Promise<Outcome> {
    const { context, datastore } = this.#options;
    const target = await findTarget(context, this.#options.target, fetched);
    if (!target) return { type: 'here' };
    failpoint('restore.applying');
    await putEntry(context, datastore, target.uid, target.prepared, fetched.file);
    failpoint('restore.applied');
    return { type: 'written', target };
  }
}
