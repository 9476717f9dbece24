/**
 * Laptops that registered and never made a backup: real ones that were given away, or fake ones.
 * They are listed after 30 days and removed only by an explicit command.
 */

import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import { fsyncFolder } from '../../shared/system/files.ts';
import { lockFile } from '../../shared/system/lock.ts';
import { inCompletion, inLaptop, inLibrary, type Paths } from '../storage/paths.ts';
import { reclaim } from '../storage/reclaim.ts';
import { withReserve } from '../storage/reserve.ts';
import { replacedBy } from './aliases.ts';
import { hasBackup } from './has-backup.ts';
import type { Laptop } from './laptop-record.ts';
import type { Registrations } from './registration.ts';

const DAY_MS = 86_400_000;
const UNUSED_DAYS = 30;

/** Whether a laptop without a backup registered long enough ago to be listed. */
export function isLongUnused(laptop: Laptop, now: Date): boolean {
  return now.getTime() - Date.parse(laptop.registered) >= UNUSED_DAYS * DAY_MS;
}

export interface ForgetContext {
  paths: Paths;
  env: NodeJS.ProcessEnv;
  registrations: Registrations;
}

/**
 * Removes a registration and the laptop's folder. Throws `bad-input` when there is a backup or an
 * alias, and `busy` while the laptop is connected.
 */
export async function forget(
  { paths, env, registrations }: ForgetContext,
  serial: Serial,
): Promise<void> {
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
  withReserve(paths, () => {
    mkdirSync(doomed, { recursive: true, mode: 0o700 });
    renameSync(laptop.home, forgotten(serial));
  });
  fsyncFolder(doomed);
  fsyncFolder(dirname(laptop.home));
  registrations.forgotten(serial);
  rmSync(inCompletion(paths).drop(serial), { recursive: true, force: true });
  rmSync(inCompletion(paths).waiting(serial), { recursive: true, force: true });
  rmSync(inCompletion(paths).attempts(serial), { force: true });
  await reclaim(paths, { env });
}
