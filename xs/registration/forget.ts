/**
 * Laptops that registered and never made a backup: real ones that were given away, or fake ones.
 * They are listed after 30 days and removed only by an explicit command. Those with backups are forgotten
 * only when that is said, and lie in the trash for a time.
 */

import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { DAY_MS } from '../../shared/clock.ts';
import { DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import { fsyncFolder } from '../../shared/system/files.ts';
import { lockFile } from '../../shared/system/lock.ts';
import { withdrawThose } from '../class-page/offer-file.ts';
import type { Stamp } from '../storage/moment.ts';
import { inCompletion, inLaptop, inLibrary, inState, type Paths } from '../storage/paths.ts';
import { reclaim } from '../storage/reclaim.ts';
import { withReserve } from '../storage/reserve.ts';
import { discard, WHOLE_LAPTOP } from '../storage/trash.ts';
import { replacedBy } from './aliases.ts';
import { hasBackup } from './has-backup.ts';
import type { Laptop } from './laptop-record.ts';
import type { Registrations } from './registration.ts';

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
export async function forget(context: ForgetContext, serial: Serial): Promise<void> {
  const { paths, env, registrations } = context;
  const laptop = inLaptop(paths, serial);
  await using _held = await lockFile(laptop.sessionLock, { env, waitSeconds: 0 });
  if (hasBackup(paths, serial)) {
    throw new DsError('bad-input', `${serial} has backups here; they are not forgotten`, {
      hint:
        `"xs-backup retire ${serial}" takes it out of use and keeps them; ` +
        `if it was made up, "xs-backup forget ${serial} --with-backups"`,
    });
  }
  checkAliases(context, serial);
  // One rename: either all of it is known, or nothing.
  const { doomed, forgotten } = inLibrary(paths);
  const only = basename(forgotten(serial));
  if (existsSync(forgotten(serial))) await reclaim(paths, { env, only }); // of an earlier time, not freed yet
  withReserve(paths, () => {
    mkdirSync(doomed, { recursive: true, mode: 0o700 });
    renameSync(laptop.home, forgotten(serial));
  });
  fsyncFolder(doomed);
  fsyncFolder(dirname(laptop.home));
  registrations.forgotten(serial);
  removeTraces(paths, serial);
  await reclaim(paths, { env, only });
}

/**
 * Moves the laptop's folder with all its backups to the trash, for laptops that somebody made up. Throws
 * `bad-input` for part of an alias, and `busy` while the laptop is connected.
 */
export async function forgetWithBackups(
  context: ForgetContext,
  serial: Serial,
  now: Stamp,
): Promise<void> {
  checkAliases(context, serial);
  await moveToTrash(context, serial, now, 'forgotten');
}

/** The whole laptop, for this reason. Throws `busy` while it is connected. */
export async function moveToTrash(
  { paths, env, registrations }: ForgetContext,
  serial: Serial,
  now: Stamp,
  reason: string,
): Promise<void> {
  const { home, sessionLock } = inLaptop(paths, serial);
  await using _held = await lockFile(sessionLock, { env, waitSeconds: 0 });
  withdrawThose(paths, serial, () => true); // whoever brings it back brings no yes of a teacher back
  discard(paths, serial, home, reason, now, WHOLE_LAPTOP);
  registrations.forgotten(serial);
  removeTraces(paths, serial);
}

function checkAliases({ registrations }: ForgetContext, serial: Serial): void {
  const laptops = registrations.bySerial();
  const newer = replacedBy(serial, laptops) ?? (laptops.get(serial)?.alias ? serial : undefined);
  if (newer) {
    throw new DsError('bad-input', `${serial} is part of an alias`, {
      hint: `"xs-backup unalias ${newer}" first`,
    });
  }
}

/** What is outside of the laptop's own folder. */
function removeTraces(paths: Paths, serial: Serial): void {
  const { drop, waiting, claimed, attempts } = inCompletion(paths);
  const { findings } = inState(paths);
  for (const place of [findings, drop, waiting, claimed, attempts]) {
    rmSync(place(serial), { recursive: true, force: true });
  }
}
