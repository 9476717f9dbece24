/**
 * What of the server does not work at the moment: the service goes on without it, serves what it can,
 * and says so in its status, on the pages and in the metrics.
 */
import { asDsError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';

/** The parts that the service can go on without. */
const PARTS = [
  'library',
  'state',
  'completion',
  'index',
  'sessions',
  'rights',
  'watching',
  'terminal',
  'http',
  'https',
  'certificate',
  'moodle',
] as const;
export type Part = (typeof PARTS)[number];

export interface Fault {
  part: Part;
  /** For an admin; may name paths. */
  reason: string;
  /** What to do about it, where whoever found it knew. */
  hint?: string | undefined;
}

export class Faults {
  readonly #log: Log;
  readonly #known = new Map<Part, Omit<Fault, 'part'>>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Logged when it is new. */
  note(part: Part, error: unknown): void {
    const { message: reason, hint } = asDsError(error);
    if (this.#known.get(part)?.reason !== reason) this.#log.warn('does-not-work', { part, reason });
    this.#known.set(part, { reason, ...(hint !== undefined && { hint }) });
  }

  clear(part: Part): void {
    if (this.#known.delete(part)) this.#log.info('works-again', { part });
  }

  list(): Fault[] {
    return PARTS.flatMap((part) => {
      const known = this.#known.get(part);
      return known === undefined ? [] : [{ part, ...known }];
    });
  }

  /** Does the work; a failure is noted, and all there is of it. */
  attempt<T>(part: Part, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.note(part, error);
      return undefined;
    }
  }
}
