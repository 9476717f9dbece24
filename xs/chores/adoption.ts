/**
 * Adopts the original program's trees of one laptop, for the service and the command: through the
 * work queue, not while the laptop is sending, and with the index updated. The laptop's session is waited
 * for first: whoever has a turn of the work queue makes everybody wait.
 */
import { asDsError, DsError } from '../../shared/errors.ts';
import type { Serial, SnapshotName } from '../../shared/ids.ts';
import { lockFile } from '../../shared/system/lock.ts';
import { type AdoptedTree, type AdoptProgress, adoptLaptop } from '../legacy/adopt.ts';
import { checkHome, type RefusedTree } from '../legacy/refusal.ts';
import type { Library } from '../library.ts';
import { readLastSuccess } from '../storage/last-success.ts';
import { inLaptop } from '../storage/paths.ts';
import { newestSnapshot } from '../storage/snapshots.ts';
import { discard } from '../storage/trash.ts';

/** How long to wait for a running backup to end, in seconds. */
const PATIENCE_SECONDS = 60;

export interface Adoption {
  adopted: AdoptedTree[];
  refused: RefusedTree[];
}

/**
 * Converts all raw trees of a laptop that can be. Throws `busy` while it is sending, and `unreadable`
 * for a folder that this user may not change.
 */
export async function adoptInTurn(
  library: Library,
  serial: Serial,
  signal: AbortSignal,
  onProgress: (progress: AdoptProgress) => void = () => {},
): Promise<Adoption> {
  const { paths, timeline, env, index, workQueue } = library;
  const { home, sessionLock } = inLaptop(paths, serial);
  checkHome(library, home);
  await using _lock = await lockFile(sessionLock, {
    ...{ env, waitSeconds: PATIENCE_SECONDS, signal },
  }).catch((cause: unknown) => {
    if (asDsError(cause).code !== 'busy') throw cause;
    throw new DsError('busy', `${serial} is sending a backup`, { retry: true, cause });
  });
  return await workQueue.run(async () => {
    const refused: RefusedTree[] = [];
    const adopted = await adoptLaptop(library, serial, {
      ...{ signal, onProgress, onRefused: (one: RefusedTree) => void refused.push(one) },
      discard: (folder: string, name: SnapshotName) =>
        discard(paths, serial, folder, 'adopted', timeline.now(), name),
    });
    await index.reindex(serial);
    await noteSuccess(library, serial);
    return { adopted, refused };
  });
}

/** A laptop that has never backed up here was last safe when its newest old snapshot was made. */
async function noteSuccess({ paths, successes }: Library, serial: Serial): Promise<void> {
  if (readLastSuccess(paths, serial)) return;
  const newest = newestSnapshot(paths, serial);
  // Before anything that the timeline knows.
  const before = { at: 0, boot: 0, doubted: false };
  if (newest) await successes.note(newest, { ...before, time: new Date(newest.created) });
}
