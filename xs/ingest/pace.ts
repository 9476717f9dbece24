/**
 * How an ingest goes about its work while others wait: what it reads, names and removes has a budget and is done
 * in pieces; what changes the library has a turn of the work queue.
 */
import { DsError } from '../../shared/errors.ts';
import { pacemaker, SLICE_MS } from '../../shared/system/pacemaker.ts';
import type { Spend } from '../storage/in-pieces.ts';
import type { WorkQueue } from '../storage/work-queue.ts';
import type { Turn } from './fair-turns.ts';

export interface Pace {
  /** To be awaited after each piece that is read. */
  spend: Spend;
  /** To be awaited after each piece of anything else. */
  rest(): Promise<void>;
  /** For what needs no turn: the disk, another program. */
  aside<T>(work: () => Promise<T>): Promise<T>;
  /** For what changes the library. `spend` and `rest` are not for use in there: it has no turn. */
  inQueue<T>(work: () => Promise<T>): Promise<T>;
}

/** What one run may cost. */
export interface RunBudget {
  /** Bytes read, content and metadata. */
  bytes: number;
  /** Reading time, without the turns of others, in milliseconds. */
  ms: number;
  /** Bytes after which the others have their turn. */
  turnBytes: number;
  /** Milliseconds after which they have it, whatever was done meanwhile; who has used far less has it earlier. */
  turnMs: number;
}

/**
 * More than the disk of any laptop that is in use, and an hour: a disk reads faster than that. Others wait for a
 * hundredth of a second.
 */
export const RUN_BUDGET: RunBudget = {
  bytes: 64 * 2 ** 30,
  ms: 3_600_000,
  turnBytes: 2 * 2 ** 20,
  turnMs: 10,
};

/** Nobody else waits. */
export function alone(): Pace {
  const rest = pacemaker(SLICE_MS);
  return { spend: () => rest(), rest, aside: (work) => work(), inQueue: (work) => work() };
}

/** Lets others pass in between. Everything throws the signal's reason, and `spend` throws `bad-input` beyond the budget. */
export function paceOf(
  workQueue: WorkQueue,
  turn: Turn,
  budget: RunBudget,
  signal: AbortSignal,
): Pace {
  const pause = pacemaker(SLICE_MS);
  const meter = new Meter(budget);
  const rest = async () => {
    signal.throwIfAborted();
    if (meter.isTurnOver() || (meter.isTimeToLook() && turn.isWanted())) {
      await turn.pass();
      meter.begin();
    }
    await pause();
  };
  const uncounted = async <T>(waiting: Promise<T>): Promise<T> => {
    try {
      return await waiting;
    } finally {
      meter.begin();
    }
  };
  return {
    rest,
    spend: async (bytes) => {
      meter.spend(bytes);
      await rest();
    },
    aside: (work) => uncounted(turn.aside(work)),
    // Neither who waits for the queue nor who has it needs a turn: all others wait for the queue's end, so
    // nobody who reads may come before it.
    inQueue: (work) => uncounted(turn.aside(() => workQueue.run(work))),
  };
}

/** Adds up what a run costs, and what it did in its turn. */
class Meter {
  readonly #budget: RunBudget;
  #bytes = 0;
  #ms = 0;
  #inTurn = 0;
  #begun = performance.now();
  #looked = this.#begun;
  /** Until when its time is counted already. */
  #since = this.#begun;

  constructor(budget: RunBudget) {
    this.#budget = budget;
  }

  /** Throws `bad-input` beyond the budget. */
  spend(bytes: number): void {
    const now = performance.now();
    this.#ms += now - this.#since;
    this.#since = now;
    this.#bytes += bytes;
    this.#inTurn += bytes;
    if (this.#bytes > this.#budget.bytes || this.#ms > this.#budget.ms) throw this.#tooMuch();
  }

  isTurnOver(): boolean {
    const { turnBytes, turnMs } = this.#budget;
    return this.#inTurn >= turnBytes || performance.now() - this.#begun >= turnMs;
  }

  /** Whether it is some time since somebody looked who waits. */
  isTimeToLook(): boolean {
    const now = performance.now();
    if (now - this.#looked < SLICE_MS) return false;
    this.#looked = now;
    return true;
  }

  /** It is its turn, again: what others did meanwhile is not counted. */
  begin(): void {
    this.#begun = performance.now();
    this.#looked = this.#begun;
    this.#since = this.#begun;
    this.#inTurn = 0;
  }

  #tooMuch(): DsError {
    const { bytes, ms } = this.#budget;
    const limits = `${bytes} bytes and ${Math.round(ms / 60_000)} minutes`;
    return new DsError('bad-input', `the backup takes more than ${limits} to read`, {
      hint: 'an entry of this Journal is far too large for a school server',
    });
  }
}
