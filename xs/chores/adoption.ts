/**
 * Adopts the original program's trees of one laptop, for the service and the command: through the
 * work queue, not while the laptop is sending, and with the index updated.
 */
import { DsError } from '../../shared/errors.ts';
import type { Serial, SnapshotName } from '../../shared/ids.ts';
import { lockFile } from '../../shared/system/lock.ts';
import { type AdoptedTree, type AdoptProgress, adoptLaptop } from '../legacy/adopt.ts';
import type { Library } from '../library.ts';
import { inLaptop } from '../storage/paths.ts';
import { discard } from '../storage/trash.ts';

/** How long to wait for a running backup to end, in seconds. */
const PATIENCE_SECONDS = 60;

/** Converts all raw trees of a laptop. Throws `busy` while it is sending. */
export function adoptInTurn(
  library: Library,
  serial: Serial,
  signal: AbortSignal,
  onProgress: (progress: AdoptProgress) => void = () => {},
): Promise<AdoptedTree[]> {
  const { paths, clock, env, index, workQueue } = library;
  return workQueue.run(async () => {
    await using _lock = await lockFile(inLaptop(paths, serial).sessionLock, {
      ...{ env, waitSeconds: PATIENCE_SECONDS, signal },
    }).catch((cause: unknown) => {
      throw new DsError('busy', `${serial} is sending a backup`, { retry: true, cause });
    });
    const done = await adoptLaptop(library, serial, {
      ...{ signal, onProgress },
      discard: (folder: string, name: SnapshotName) =>
        discard(paths, serial, folder, 'adopted', clock.now(), name),
    });
    await index.reindex(serial);
    return done;
  });
}
