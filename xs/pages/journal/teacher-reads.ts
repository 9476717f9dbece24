/**
 * Audit of teachers who look into a child's Journal: one line a visit, not one a page or picture.
 */
import type { Serial } from '../../../shared/ids.ts';
import type { Library } from '../../library.ts';

/** A visit ends after this long without a page of that Journal. */
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
    // A map keeps insertion order: its first is the oldest visit.
    const [oldest] = this.#last.keys();
    if (this.#last.size > MAX_VISITS && oldest !== undefined) this.#last.delete(oldest);
    if (last !== undefined && now - last <= VISIT_MS) return;
    audit.inNameOf(teacher, () => audit.decided('journal-read', of));
  }
}
