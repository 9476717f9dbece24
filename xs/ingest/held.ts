/**
 * Snapshots that the shrink guard holds aside: whole, in `held/`, until somebody decides. The next
 * backup builds on them, so nothing is sent twice. A teacher releases or drops them; a backup that
 * is whole again releases them.
 */

import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { fsyncFolder } from '../../shared/system/files.ts';
import { withdrawThose } from '../class-page/offer-file.ts';
import { pinnedSnapshots } from '../pins/pins.ts';
import type { Stamp } from '../storage/moment.ts';
import { inLaptop, inSnapshot, type Paths } from '../storage/paths.ts';
import { withReserve } from '../storage/reserve.ts';
import {
  listHeld,
  listSnapshots,
  newestSnapshot,
  pointLatest,
  type Snapshot,
} from '../storage/snapshots.ts';
import { discard } from '../storage/trash.ts';

/** More than a month of daily backups, for a laptop that nobody decides about. */
const MAX_HELD = 40;

export function isHeld(paths: Paths, snapshot: Snapshot): boolean {
  return dirname(snapshot.folder) === inLaptop(paths, snapshot.serial).held;
}

/** A whole backup followed: what was held before it joins the ordinary snapshots. */
export function releaseHeldBefore(paths: Paths, serial: Serial, sequence: number): void {
  for (const snapshot of ownHeld(paths, serial).reverse()) {
    if (snapshot.sequence >= sequence) continue;
    rmSync(inSnapshot(release(paths, snapshot)).held, { force: true });
  }
}

/**
 * Accepts them: they become ordinary snapshots, which keep the note why they were held, so that this can be taken
 * back. Returns them, oldest first.
 */
export function releaseHeld(paths: Paths, serial: Serial): Snapshot[] {
  const held = listHeld(paths, serial).reverse();
  // Only this one can be taken back, not those that were accepted before it.
  for (const { folder } of listSnapshots(paths, serial)) {
    rmSync(inSnapshot(folder).held, { force: true });
  }
  for (const snapshot of held) release(paths, snapshot);
  const newest = newestSnapshot(paths, serial);
  if (newest) pointLatest(paths, serial, newest.name);
  return held;
}

/**
 * Takes back that they were accepted: the newest ones, as far as a person released them. Returns them, oldest first;
 * none once another backup has followed, or where nothing else would be left. Throws `server-refused` while one of
 * them is pinned.
 */
export function holdAgain(paths: Paths, serial: Serial): Snapshot[] {
  const all = listSnapshots(paths, serial);
  // Another backup has followed, which is held itself.
  if (ownHeld(paths, serial).some(({ sequence }) => sequence > (all[0]?.sequence ?? 0))) return [];
  const followed = all.findIndex(({ folder }) => !existsSync(inSnapshot(folder).held));
  const good = all[followed];
  if (!good) return [];
  const laptop = inLaptop(paths, serial);
  const back = all.slice(0, followed);
  if (back.length === 0) return [];
  const pins = pinnedSnapshots(paths, serial);
  const pinned = back.find(({ name }) => pins.has(name));
  if (pinned) {
    throw new DsError('server-refused', `${pinned.name} is pinned, and stays where it is`, {
      hint: `unpin it first: xs-backup unpin ${serial} ${pinned.name}`,
    });
  }
  // First: a link that leads nowhere is worse than one to the day before.
  pointLatest(paths, serial, good.name);
  if (withReserve(paths, () => mkdirSync(laptop.held, { recursive: true, mode: 0o750 }))) {
    fsyncFolder(laptop.home);
  }
  for (const { name, folder } of back) {
    withReserve(paths, () => renameSync(folder, laptop.heldSnapshot(name)));
    failpoint('held.again');
    fsyncFolder(laptop.held);
    fsyncFolder(laptop.home);
  }
  return back.reverse();
}

/** Rejects them: they go to the trash. Returns them, oldest first. */
export function dropHeld(paths: Paths, serial: Serial, now: Stamp): Snapshot[] {
  const held = listHeld(paths, serial).reverse();
  const names = new Set<string>(held.map(({ name }) => name));
  withdrawThose(paths, serial, ({ snapshot }) => names.has(snapshot));
  for (const { folder } of held) discard(paths, serial, folder, 'held-and-dropped', now);
  return held;
}

/** Keeps the oldest ones, which show when it began, and the newest; the rest go to the trash. */
export function limitHeld(paths: Paths, serial: Serial, now: Stamp): void {
  const held = ownHeld(paths, serial);
  for (const { folder } of held.slice(MAX_HELD / 2, -MAX_HELD / 2)) {
    discard(paths, serial, folder, 'held-too-many', now);
  }
}

/** Without what the original program left half-made, which only a person may release. */
function ownHeld(paths: Paths, serial: Serial): Snapshot[] {
  return listHeld(paths, serial).filter(({ source }) => source !== 'adopted');
}

/** Returns where it is then. */
function release(paths: Paths, snapshot: Snapshot): string {
  const laptop = inLaptop(paths, snapshot.serial);
  const target = laptop.snapshot(snapshot.name);
  withReserve(paths, () => renameSync(snapshot.folder, target));
  failpoint('held.released');
  fsyncFolder(laptop.home);
  fsyncFolder(laptop.held);
  return target;
}
