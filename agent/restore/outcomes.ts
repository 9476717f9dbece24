/**
 * What became of each entry of a restore. The one place that counts entries, and that
 * turns an error concerning a single entry into a problem of this entry while the others go on.
 */
import { DsError, type ErrorCode } from '../../shared/errors.ts';
import { propertyText } from '../../shared/journal/entry.ts';
import type { Problem } from '../journal/problem.ts';
import type { Meter } from '../progress.ts';
import type { Fetched } from './fetch.ts';
import type { Tally } from './tally.ts';
import type { Target } from './target.ts';

export interface Counts {
  /** Restored under their own names; read again and compared. */
  restored: number;
  /** Restored as a dated copy beside a different entry; read again and compared. */
  beside: number;
  alreadyHere: number;
  receivedBytes: number;
  /** Not restored, and why. */
  problems: Problem[];
  /** Restored without something that Sugar's datastore could not have kept. */
  repaired: Problem[];
}

/** `open`: there is no outcome yet. */
export type Outcome = { type: 'written'; target: Target } | { type: 'here' } | { type: 'open' };

/** Errors that concern one entry only. */
const OF_ONE_ENTRY: readonly ErrorCode[] = ['datastore', 'damaged', 'bad-input', 'unreadable'];

export class Outcomes {
  readonly counts: Counts;
  readonly #meter: Meter;
  readonly #tally: Tally | undefined;

  /** Without a tally nothing is remembered for a next run. */
  constructor(meter: Meter, tally: Tally | undefined, alreadyHere: number) {
    this.#meter = meter;
    this.#tally = tally;
    const none = { restored: 0, beside: 0, receivedBytes: 0 };
    this.counts = { ...none, alreadyHere, problems: [], repaired: [] };
  }

  /** Works on one entry and records the outcome. Throws what does not concern this entry alone. */
  async record(
    { step, entry }: Fetched,
    work: () => Promise<Outcome>,
  ): Promise<Outcome['type'] | 'failed'> {
    const outcome = await work().catch((error: unknown) => {
      const ofThisEntry = error instanceof DsError && OF_ONE_ENTRY.includes(error.code);
      if (!ofThisEntry) throw error;
      return { type: 'failed', problem: error.message } as const;
    });
    const { type } = outcome;
    if (type === 'open') return type;
    if (type === 'failed') {
      this.counts.problems.push({ uid: step.uid, problem: outcome.problem });
    } else {
      if (type === 'written') this.#count(outcome.target);
      else this.counts.alreadyHere += 1;
      this.#tally?.note(step.uid, step.digest);
    }
    this.#meter.current(step.uid, propertyText(entry, 'title') ?? '');
    // The first half of its bytes was counted when it was fetched.
    this.#meter.batch().done(type === 'failed' ? 0 : 1, Math.ceil(step.bytes / 2));
    return type;
  }

  #count({ kind, uid, prepared }: Target): void {
    this.counts[kind] += 1;
    for (const problem of prepared.repairs) this.counts.repaired.push({ uid, problem });
  }
}
