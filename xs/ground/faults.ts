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
}

export class Faults {
  readonly #log: Log;
  readonly #reasons = new Map<Part, string>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Logged when it is new. */
  note(part: Part, error: unknown): void {
    const { message: reason } = asDsError(error);
    if (this.#reasons.get(part) !== reason) this.#log.warn('does-not-work', { part, reason });
    this.#reasons.set(part, reason);
  }

  clear(part: Part): void {
    if (this.#reasons.delete(part)) this.#log.info('works-again', { part });
  }

  list(): Fault[] {
    return PARTS.flatMap((part) => {
      const reason = this.#reasons.get(part);
      return reason === undefined ? [] : [{ part, reason }];
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
