/**
 * Fetches the properties of all entries of a snapshot, batch by batch, and lays out those that can be shown.
 * What is left out is counted.
 */
import { rmSync } from 'node:fs';
import type { Uid } from '../../shared/ids.ts';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import type { Context } from '../context.ts';
import { emptyFolder } from '../profile.ts';
import { askFacts } from '../restore/wanted.ts';
import type { Session } from '../school/session.ts';
import type { Origin } from '../state.ts';
import { fetchFiles } from '../wire/rsync.ts';
import { ArrivedDay } from './arrived.ts';

/** The newest so many are shown: all of them have to be in memory. */
const MAX_ENTRIES = 5000;
/** Properties on the disk at a time. */
const BATCH = 500;

/** The whole list in memory. Throws `not-found` for a snapshot that is not there. */
export async function fetchDay(
  context: Context,
  session: Session,
  origin: Origin,
  folder: string,
): Promise<ArrivedDay> {
  const { of, snapshot } = origin;
  const versions = await session.control.sums(snapshot, of);
  const facts = await askFacts(session, origin, versions.keys());
  const time = (uid: Uid) => facts.get(uid)?.timestamp ?? 0;
  const all = [...versions].sort(([a], [b]) => time(b) - time(a));
  const day = new ArrivedDay({ serial: of ?? session.serial, snapshot }, context.warn);
  let next = 0;
  while (next < Math.min(all.length, MAX_ENTRIES) && !day.isFull) {
    const batch = all.slice(next, Math.min(next + BATCH, MAX_ENTRIES));
    emptyFolder(folder);
    const names = batch.map(([uid]) => `${uid}${METADATA_SUFFIX}`);
    await fetchFiles(context, session.connection, origin, names, folder, () => {});
    for (const version of batch) {
      if (day.isFull) break;
      day.add(version, folder);
      next += 1;
    }
  }
  rmSync(folder, { recursive: true, force: true });
  day.leftOut.older = all.length - next;
  return day;
}
