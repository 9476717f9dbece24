/**
 * A teacher who looks into a child's Journal leaves a line in the audit log: one for each visit, not
 * one for each page and picture of it.
 */
import type { Serial } from '../../../shared/ids.ts';
import type { Library } from '../../library.ts';

/** Without a page of it for so long, the next one is another visit. */
const VISIT_MS = 60 * 60_000;
const MAX_VISITS = 5000;

export class TeacherReads {
  readonly #library: Pick<Library, 'audit' | 'clock'>;
  readonly #last = new Map<string, number>();

  constructor(library: Pick<Library, 'audit' | 'clock'>) {
    this.#library = library;
  }

  note(teacher: string, of: Serial): void {
    const { audit, clock } = this.#library;
    const visit = `${of} ${teacher}`;
    const now = clock.monotonicMs();
    const last = this.#last.get(visit);
    this.#last.delete(visit);
    this.#last.set(visit, now);
    // The first of a map is the visit that ended longest ago.
    const [oldest] = this.#last.keys();
    if (this.#last.size > MAX_VISITS && oldest !== undefined) this.#last.delete(oldest);
    if (last !== undefined && now - last <= VISIT_MS) return;
    audit.inNameOf(teacher, () => audit.decided('journal-read', of));
  }
}
