/**
 * Fetches the properties of all entries of a snapshot, batch by batch, and lays out those that can be shown.
 * What does not agree with its digest is left out and named.
 */
import { rmSync } from 'node:fs';
import { DsError } from '../../shared/errors.ts';
import type { Digest, Uid } from '../../shared/ids.ts';
import { decodeEntry } from '../../shared/journal/entry.ts';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import type { Context } from '../context.ts';
import { emptyFolder } from '../profile.ts';
import { readArrived } from '../restore/fetch.ts';
import { askFacts } from '../restore/wanted.ts';
import type { Session } from '../school/session.ts';
import type { Origin } from '../state.ts';
import { fetchFiles } from '../wire/rsync.ts';
import { DayTree } from './day-tree.ts';
import { type Shelf, showEntry } from './shown-entry.ts';

/** The newest so many are shown: all of them have to be in memory. */
const MAX_ENTRIES = 5000;
/** So many bytes of properties and pictures are shown at most. */
const MAX_BYTES = 40 * 1024 * 1024;
/** Properties on the disk at a time. */
const BATCH = 500;

/** The whole list in memory. Throws `not-found` for a snapshot that is not there. */
export async function fetchDay(
  context: Context,
  session: Session,
  origin: Origin,
  folder: string,
): Promise<DayTree> {
  const { of, snapshot } = origin;
  const versions = await session.control.sums(snapshot, of);
  const facts = await askFacts(session, origin, versions.keys());
  const time = (uid: Uid) => facts.get(uid)?.timestamp ?? 0;
  const all = [...versions].sort(([a], [b]) => time(b) - time(a));
  const shelf = { serial: of ?? session.serial, snapshot };
  const tree = new DayTree();
  let bytes = 0;
  for (let from = 0; from < Math.min(all.length, MAX_ENTRIES); from += BATCH) {
    const batch = all.slice(from, Math.min(from + BATCH, MAX_ENTRIES));
    emptyFolder(folder);
    const names = batch.map(([uid]) => `${uid}${METADATA_SUFFIX}`);
    await fetchFiles(context, session.connection, origin, names, folder, () => {});
    for (const version of batch) {
      bytes += addEntry(context, tree, version, shelf, folder);
      if (bytes > MAX_BYTES) return withoutRest(context, tree);
    }
  }
  rmSync(folder, { recursive: true, force: true });
  return all.length > MAX_ENTRIES ? withoutRest(context, tree) : tree;
}

/** Returns the bytes that it takes in memory. */
function addEntry(
  { warn }: Context,
  tree: DayTree,
  [uid, digest]: readonly [Uid, Digest],
  shelf: Shelf,
  folder: string,
): number {
  let file: Buffer;
  try {
    file = readArrived(folder, { uid, digest });
  } catch (error) {
    if (!(error instanceof DsError)) throw error;
    warn(error.message);
    return 0;
  }
  const shown = showEntry({ uid, digest, entry: decodeEntry(file) }, shelf);
  if (!shown) return 0;
  tree.add(shown);
  return shown.metadata.length + (shown.preview?.length ?? 0);
}

function withoutRest({ warn }: Context, tree: DayTree): DayTree {
  warn(`the day has more entries than fit in memory: the newest ${tree.entries} are shown`);
  return tree;
}
