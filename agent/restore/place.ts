/**
 * The fast way of a complete restore: entries are placed in the Journal's folders, batch by batch, and
 * the datastore is made to show them all at the end. What it cannot do safely for one entry is left
 * to `update`.
 */
import { lstatSync, readFileSync } from 'node:fs';
import type { Uid } from '../../shared/ids.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import type { Context } from '../context.ts';
import { Datastore } from '../journal/datastore.ts';
import { type Placeable, Placement } from '../journal/placement.ts';
import { rebuildHazard, type Survey, surveyJournal } from '../journal/rebuild-hazard.ts';
import {
  announce,
  distrustIndex,
  hasRoomForIndex,
  settleIndex,
  showAll,
} from '../journal/sugar-index.ts';
import type { Origin, State } from '../state.ts';
import type { Fetched, FetchedBatch } from './fetch.ts';
import type { Tally } from './tally.ts';
import type { Applier, Target } from './update.ts';
import { chooseWay } from './way.ts';

type Placed = Placeable & { fetched: Fetched; target: Target };

/** A placer where placing is faster and as safe; undefined where it is not, and people are told. */
export function placerFor(
  context: Context,
  state: State,
  datastore: Datastore,
  applier: Applier,
  tally: Tally,
  facts: { single: boolean; steps: number; local: number },
): Placer | undefined {
  const { paths, env, warn } = context;
  const { journal } = paths;
  let survey: Survey = new Map();
  const hazard = () => {
    const found = surveyJournal(journal, new Map(), new Set());
    if (typeof found === 'string') return found;
    survey = found;
    return undefined;
  };
  const { way, reason, notable } = chooseWay({
    ...facts,
    layout: readFileSync(paths.journalVersion, 'utf8').trim(),
    own: lstatSync(journal).uid === process.getuid?.(),
    room: hasRoomForIndex(paths, facts.local + facts.steps, env),
    hazard,
  });
  if (notable) warn(`the entries go through Sugar one by one, which takes longer: ${reason}`);
  return way === 'place'
    ? new Placer(context, state, datastore, applier, tally, survey)
    : undefined;
}

export class Placer {
  readonly #context: Context;
  readonly #state: State;
  readonly #datastore: Datastore;
  readonly #applier: Applier;
  readonly #tally: Tally;
  readonly #survey: Survey;
  readonly #placement: Placement;
  readonly #placed = new Set<Uid>();

  constructor(
    context: Context,
    state: State,
    datastore: Datastore,
    applier: Applier,
    tally: Tally,
    survey: Survey,
  ) {
    this.#context = context;
    this.#state = state;
    this.#datastore = datastore;
    this.#applier = applier;
    this.#tally = tally;
    this.#survey = survey;
    this.#placement = new Placement(context);
  }

  /** Puts a batch back; `onDone` is told of each whether it is there. Returns what is left to `update`. */
  async place(
    origin: Origin,
    { folder, ready }: FetchedBatch,
    onDone: (fetched: Fetched, back: boolean) => void,
  ): Promise<Fetched[]> {
    await distrustIndex(this.#context, this.#state);
    const left: Fetched[] = [];
    const whole: Placed[] = [];
    for (const fetched of ready) {
      const target = await this.#targetOf(origin, fetched);
      if (target === 'here' || target === 'failed') onDone(fetched, target === 'here');
      else if (target === 'left') left.push(fetched);
      else whole.push({ ...target, file: fetched.file, fetched, target });
    }
    this.#placement.make(folder, whole);
    await this.#tally.settle();
    failpoint('restore.made');
    for (const placed of whole) {
      this.#context.signal.throwIfAborted();
      const { fetched, target, uid } = placed;
      if (!this.#placement.show(folder, uid)) {
        left.push(fetched);
        continue;
      }
      this.#placed.add(uid);
      const good = await this.#applier.guard(fetched, () => {
        this.#placement.check(placed);
        this.#applier.count(target);
      });
      if (good) {
        this.#placement.rememberContent(placed);
        this.#tally.note(fetched.step.uid, fetched.step.digest);
      }
      onDone(fetched, good);
    }
    return left;
  }

  /** Makes the datastore show it all, and the names of what it still does not show. */
  async finish(): Promise<Uid[]> {
    await this.#tally.settle();
    const { signal } = this.#context;
    signal.throwIfAborted();
    const hidden = await showAll(this.#context, this.#datastore, this.#survey, this.#placed);
    failpoint('restore.shown');
    await announce(this.#context, this.#datastore, this.#placed);
    await settleIndex(this.#context, this.#state, this.#datastore);
    return hidden.filter((uid) => this.#placed.has(uid));
  }

  /** After a stop: shows what came, until `signal` fires; the next run does it otherwise. */
  async showWhatCame(signal: AbortSignal): Promise<void> {
    if (this.#placed.size === 0) return;
    const context = { ...this.#context, signal };
    try {
      await using datastore = new Datastore(context.env, context.signal);
      await showAll(context, datastore, this.#survey, this.#placed);
      await announce(context, datastore, this.#placed);
    } catch {
      // Sugar's next start shows them, or our next run.
    }
  }

  async #targetOf(origin: Origin, fetched: Fetched): Promise<Target | 'here' | 'left' | 'failed'> {
    let target: Target | undefined;
    const good = await this.#applier.guard(fetched, async () => {
      target = await this.#applier.target(origin.snapshot, fetched);
    });
    if (!good) return 'failed';
    if (!target) {
      this.#applier.counts.alreadyHere += 1;
      this.#tally.note(fetched.step.uid, fetched.step.digest);
      return 'here';
    }
    const { prepared, torn } = target;
    const hazard = rebuildHazard(prepared.expected.properties, fetched.file !== '');
    return torn || hazard !== undefined ? 'left' : target;
  }
}
