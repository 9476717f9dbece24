/**
 * Writes an entry through the running datastore and reads it back: it returns only when the Journal
 * has exactly what was meant.
 */
import { DsError } from '../../shared/errors.ts';
import type { Uid } from '../../shared/ids.ts';
import type { Context } from '../context.ts';
import { inEntry, inJournal } from '../paths.ts';
import type { Datastore } from './datastore.ts';
import type { Prepared } from './prepared-entry.ts';
import { tryReadVersion } from './read-entry.ts';
import { awaitOptimizer, protectContent } from './sugar-optimizer.ts';

/** An activity may be at work on the entry just written: read up to this often. */
const MAX_LOOKS = 6;
const BETWEEN_LOOKS_MS = 60;

/**
 * Hands an entry to the datastore, new or not. `file` is its content, which the datastore takes over;
 * empty for the content it has. Throws `damaged` when the Journal has something else afterwards.
 */
export async function putEntry(
  context: Context,
  datastore: Datastore,
  uid: Uid,
  prepared: Prepared,
  file: string,
): Promise<void> {
  const { paths, signal, clock } = context;
  const local = inJournal(paths, uid);
  await protectContent(context, file || inEntry(local).content);
  await datastore.update(uid, prepared.properties, file);
  await awaitOptimizer(context, datastore, uid);
  for (let look = 1; look <= MAX_LOOKS; look += 1) {
    const found = await tryReadVersion(local, signal);
    if (found?.digest === prepared.digest) return;
    await clock.sleep(BETWEEN_LOOKS_MS); // not cut short: what was written must be checked
  }
  throw notAsWritten(uid);
}

export function notAsWritten(uid: Uid): DsError {
  return new DsError('damaged', `the Journal does not have entry ${uid} as it was written`);
}
