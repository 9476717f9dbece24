/**
 * Laptops that registered and never made a backup: real ones that were given away, or made-up ones.
 * They are listed after 30 days and removed only when somebody says so.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DsError } from '../../shared/errors.ts';
import { parseSnapshotName, type Serial, tryParse } from '../../shared/ids.ts';
import { fsyncFolder, namesIn } from '../../shared/system/files.ts';
import { lockFile } from '../../shared/system/lock.ts';
import type { Library } from '../library.ts';
import { inCompletion, inLaptop, inLibrary, type Paths } from '../storage/paths.ts';
import { reclaim } from '../storage/reclaim.ts';
import { replacedBy } from './aliases.ts';
import type { Laptop } from './laptop-record.ts';

const DAY_MS = 86_400_000;
const UNUSED_DAYS = 30;

/** Whether anything of a child is here, be it a snapshot, a tree of the original's or a pin. */
export function hasBackup(paths: Paths, serial: Serial): boolean {
  const laptop = inLaptop(paths, serial);
  const isKept = (name: string) =>
    tryParse(parseSnapshotName, name) || name.startsWith('.adopting-');
  if (existsSync(laptop.lastSuccess) || namesIn(laptop.home).some(isKept)) return true;
  const places = [laptop.held, laptop.pinned, laptop.original, inLibrary(paths).trashOf(serial)];
  return places.some((folder) => namesIn(folder).length > 0);
}

/** Whether a laptop without a backup has been so for long enough to be listed. */
export function isLongUnused(laptop: Laptop, now: Date): boolean {
  return now.getTime() - Date.parse(laptop.registered) >= UNUSED_DAYS * DAY_MS;
}

/**
 * Removes a registration and the laptop's folder. Throws `bad-input` when there is a backup or an
 * alias, and `busy` while the laptop is connected.
 */
export async function forget(library: Library, serial: Serial): Promise<void> {
  const { paths, env, registrations } = library;
  const laptop = inLaptop(paths, serial);
  await using _held = await lockFile(laptop.sessionLock, { env, waitSeconds: 0 });
  if (hasBackup(paths, serial)) {
    throw new DsError('bad-input', `${serial} has backups here; they are not forgotten`, {
      hint: `"xs-backup retire ${serial}" takes it out of use and keeps them`,
    });
  }
  const laptops = registrations.bySerial();
  const newer = replacedBy(serial, laptops) ?? (laptops.get(serial)?.alias ? serial : undefined);
  if (newer) {
    throw new DsError('bad-input', `${serial} is part of an alias`, {
      hint: `"xs-backup unalias ${newer}" first`,
    });
  }
  // One rename: either all of it is known, or nothing.
  const { doomed, forgotten } = inLibrary(paths);
  if (existsSync(forgotten(serial))) await reclaim(paths, { env }); // of an earlier time, not freed yet
  mkdirSync(doomed, { recursive: true, mode: 0o700 });
  renameSync(laptop.home, forgotten(serial));
  fsyncFolder(doomed);
  fsyncFolder(dirname(laptop.home));
  registrations.forgotten(serial);
  rmSync(inCompletion(paths).drop(serial), { recursive: true, force: true });
  rmSync(inCompletion(paths).waiting(serial), { recursive: true, force: true });
  await reclaim(paths, { env });
}
