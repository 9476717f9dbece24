/**
 * Copies that Sugar made from a day shown in the Journal. Each has the mark of a content that is at school
 * until it is known to be whole: the datastore writes properties first, and says nothing when the content
 * does not follow.
 */
import { asDsError } from '../../shared/errors.ts';
import type { Uid } from '../../shared/ids.ts';
import type { Context } from '../context.ts';
import { Datastore } from '../journal/datastore.ts';
import { listCopies } from '../journal/kept-marks.ts';
import { readLiveEntry, writeLiveEntry } from '../journal/live-entry.ts';
import { keptStateOf, unmarked } from '../keep/kept-entry.ts';
import { takeLock } from '../profile.ts';

/** Removes the marks of whole copies. Returns those whose content has yet to be fetched. */
export async function finishCopies(context: Context): Promise<Uid[]> {
  const copies = listCopies(context.paths);
  if (copies.length === 0) return [];
  await using _lock = await takeLock(context);
  await using datastore = new Datastore(context.env, context.signal);
  await datastore.count(); // starts it where it does not run, and waits for earlier calls
  const broken: Uid[] = [];
  for (const uid of copies) {
    try {
      const { entry } = await readLiveEntry(context, uid);
      if (keptStateOf(entry).type === 'away') broken.push(uid);
      // Whatever a child has made of it meanwhile is hers, and whole.
      else await writeLiveEntry(context, datastore, uid, unmarked(entry), '');
    } catch (error) {
      context.signal.throwIfAborted();
      context.warn(asDsError(error).message); // the next time finds it again
    }
  }
  return broken;
}
