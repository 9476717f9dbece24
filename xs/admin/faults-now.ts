/** What of the server does not work, as the status tells it. */
import type { Fault } from '../ground/faults.ts';
import type { Library } from '../library.ts';

/** What does not work now. A time that cannot be noted is no question of the date, but of the disk. */
export function faultsOf({ faults, timeline }: Pick<Library, 'faults' | 'timeline'>): Fault[] {
  const known = faults.list();
  const { trouble } = timeline;
  if (!trouble || known.some(({ part }) => part === 'library')) return known;
  return [{ part: 'library', reason: trouble.message }, ...known];
}
