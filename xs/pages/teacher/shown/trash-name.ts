/** What an item of the trash is called: a day, a pinned thing by its title, a laptop, an arrival. Pure. */
import { parseSnapshotName, tryParse } from '../../../../shared/ids.ts';
import type { Words } from '../../../../shared/words/words.ts';
import { ARRIVAL, WHOLE_LAPTOP } from '../../../storage/trash.ts';
import { dayName } from '../../frame/day-name.ts';

/** `name` is the item's; `title` that of what was pinned, empty where it has none or nobody knows. */
export function trashName(words: Words, { name, title }: { name: string; title: string }): string {
  const { _ } = words;
  if (name === ARRIVAL) return _('what came from another school');
  if (name === WHOLE_LAPTOP) return _('the laptop with all its backups');
  if (tryParse(parseSnapshotName, name)) return dayName(words, name);
  return title === '' ? _('a pinned thing') : _('pinned: {title}', { title });
}
