/**
 * The snapshots of two laptops of one name, kept apart: what came from a copy, before the first laptop was back,
 * is set aside, and follows the copy under its own serial. Each snapshot is moved by one rename, and every step
 * can be done again, so a service that is killed goes on when one of the two comes next.
 */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { DsError } from '../../shared/errors.ts';
import type { Serial, SnapshotName } from '../../shared/ids.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { fsyncFolder, writeFileDurably } from '../../shared/system/files.ts';
import { hasTwin, readTwins, writeTwins } from '../registration/twin-file.ts';
import { makeReadableFolder, type Ownership } from '../storage/ownership.ts';
import { inLaptop, inSnapshot, type Paths } from '../storage/paths.ts';
import { withReserve } from '../storage/reserve.ts';
import {
  freeName,
  isOfTwin,
  listAside,
  listHeld,
  listSnapshots,
  newestSnapshot,
  pointLatest,
  type Snapshot,
  writeManifest,
} from '../storage/snapshots.ts';

export interface TwinContext {
  paths: Paths;
  ownership: Ownership;
}

/** Throws `pending-approval` for a backup of the second of two, which came before it was told to wait. */
export function checkTwin(paths: Paths, serial: Serial, instance: string | undefined): void {
  const twins = instance === undefined ? undefined : readTwins(paths, serial);
  if (!twins || instance === twins.owner) return;
  const isMoved = twins.moved.some((one) => one.instance === instance);
  if (twins.since === null && !isMoved) return;
  throw new DsError('pending-approval', 'two laptops answer to this name');
}

/** The agents that are another laptop of this name, while nobody has decided. */
export function othersOf(paths: Paths, serial: Serial): string[] {
  const twins = readTwins(paths, serial);
  return twins?.since ? twins.others : [];
}

/**
 * Puts every snapshot where it belongs, when a laptop has come that is one of two, or was. The caller has a turn of
 * the work queue. Returns the laptops whose snapshots changed.
 */
export function settleTwins(context: TwinContext, serial: Serial): Serial[] {
  const { paths } = context;
  const twins = readTwins(paths, serial);
  if (!twins) return [];
  const { from, ...rest } = twins;
  const changed = new Set<Serial>();
  if (from !== undefined) {
    const theirs = listAside(paths, from).filter(
      (one) => isOfTwin(one) && one.instance === twins.owner,
    );
    for (const one of theirs.reverse()) {
      moveTo(context, one, serial);
      changed.add(from).add(serial);
    }
    writeTwins(paths, serial, rest);
  }
  if (twins.since !== null) {
    for (const one of sentBy(context, serial, twins.others)) {
      setAsideForTwin(context, serial, one);
      changed.add(serial);
    }
  }
  for (const one of changed) pointToNewest(paths, one);
  return [...changed];
}

/** It is one laptop after all: what was set aside is in its line again. Returns the snapshots, oldest first. */
export function takeBackFromTwin({ paths }: TwinContext, serial: Serial): Snapshot[] {
  const aside = listAside(paths, serial).filter(isOfTwin).reverse();
  const laptop = inLaptop(paths, serial);
  for (const { folder, name } of aside) place(paths, folder, laptop.snapshot(name));
  pointToNewest(paths, serial);
  return aside;
}

/** Whether somebody has to say whose snapshots they are. */
export function isUndecided(paths: Paths, serial: Serial): boolean {
  return hasTwin(paths, serial) || listAside(paths, serial).some(isOfTwin);
}

/** Oldest first; also those that the shrink guard holds. */
function sentBy({ paths }: TwinContext, serial: Serial, others: readonly string[]): Snapshot[] {
  const known = [...listSnapshots(paths, serial), ...listHeld(paths, serial)];
  return known
    .filter(({ instance }) => instance !== undefined && others.includes(instance))
    .reverse();
}

function setAsideForTwin({ paths, ownership }: TwinContext, serial: Serial, one: Snapshot): void {
  const laptop = inLaptop(paths, serial);
  withReserve(paths, () => {
    makeReadableFolder(ownership, laptop.held);
    writeFileDurably(inSnapshot(one.folder).twin, '', 0o640);
  });
  failpoint('twin.marked');
  place(paths, one.folder, laptop.heldSnapshot(one.name), true);
}

/** The manifest says the new serial before the folder moves: until then, only we look for it here. */
function moveTo({ paths }: TwinContext, one: Snapshot, to: Serial): void {
  const { folder, ...manifest } = one;
  const name = nameAt(paths, to, one);
  withReserve(paths, () => writeManifest(folder, { ...manifest, serial: to, name }));
  failpoint('twin.renamed');
  place(paths, folder, inLaptop(paths, to).snapshot(name));
}

/** The name it has, unless that is taken. */
function nameAt(paths: Paths, to: Serial, { folder, created }: Snapshot): SnapshotName {
  const name = basename(folder) as SnapshotName;
  return existsSync(inLaptop(paths, to).snapshot(name))
    ? freeName(paths, to, new Date(created))
    : name;
}

/** Moves a snapshot; nothing marks it any more where it stands among a laptop's own. */
function place(paths: Paths, from: string, to: string, isAside = false): void {
  if (from !== to) withReserve(paths, () => renameSync(from, to));
  failpoint('twin.placed');
  fsyncFolder(dirname(to));
  fsyncFolder(dirname(from));
  if (isAside) return;
  const { held, twin } = inSnapshot(to);
  for (const mark of [twin, held]) rmSync(mark, { force: true });
}

function pointToNewest(paths: Paths, serial: Serial): void {
  const newest = newestSnapshot(paths, serial);
  if (newest) pointLatest(paths, serial, newest.name);
  else rmSync(inLaptop(paths, serial).latest, { force: true });
}
