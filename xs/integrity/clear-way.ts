/**
 * Makes way for the folders of the library: one that lost its rights gets them back, and what stands
 * where a folder belongs is set aside, so that the folder is made anew. What was in it comes back from
 * where it is also: content from the snapshots, the rest from the laptops. Safe to repeat.
 */
import { chmodSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../../shared/errors.ts';
import {
  parseSerial,
  parseSnapshotName,
  parseUid,
  type Serial,
  tryParse,
} from '../../shared/ids.ts';
import { DISK_FAILS, ifReadable } from '../storage/checked-entry.ts';
import {
  inAudit,
  inDamaged,
  inDays,
  inLaptop,
  inLibrary,
  inShard,
  MIRRORS,
  type Paths,
} from '../storage/paths.ts';
import { setAside } from '../storage/snapshots.ts';
import { SHARDS } from './scrub-state.ts';

/** What the service needs to use a folder, and what sessions need to read one. */
const [OWN, READABLE] = [0o700, 0o750];

/**
 * Gives us back the rights to a folder that is ours. What we may not change is left alone: whoever uses
 * it finds out.
 */
export function regain(path: string, rights: number): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat?.isDirectory() || (stat.mode & rights) === rights) return;
  try {
    chmodSync(path, (stat.mode & 0o7777) | rights);
  } catch (error) {
    if (!isErrno(error, 'EPERM', 'EACCES', 'EROFS')) throw error;
  }
}

/** For the folders of the whole library. Throws what the system says when it cannot, after the rest. */
export function clearLibrary(paths: Paths): void {
  throwFirst([...clearing(paths)].flat());
}

/** The same for a program that has others to answer meanwhile: `pause` is awaited after each folder. */
export async function clearLibraryInPieces(
  paths: Paths,
  pause: () => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  for (const failed of clearing(paths)) {
    failures.push(...failed);
    await pause();
  }
  throwFirst(failures);
}

/** Clears one folder after the other; yields what failed. */
function* clearing(paths: Paths): Generator<unknown[]> {
  const { pool, trash, doomed, reserve } = inLibrary(paths);
  const folders = [inDamaged(paths).folder, inAudit(paths).folder, inDays(paths).folder];
  makeWay(pool, READABLE);
  for (const path of [...folders, trash, doomed, reserve]) makeWay(path, OWN);
  const shards = Array.from({ length: SHARDS }, (_, shard) => inShard(paths, shard));
  const trashes = serialsIn(trash).map((serial) => inLibrary(paths).trashOf(serial));
  // A laptop's folder that is none, so that it can register.
  const homes = serialsIn(paths.library).map((serial) => inLaptop(paths, serial).home);
  for (const folder of [...shards, ...homes]) yield failure(() => makeWay(folder, READABLE));
  // Everything in it has other names in the snapshots, which make it anew.
  for (const folder of shards) yield failure(() => isBroken(folder) && setAside(folder));
  for (const folder of trashes) {
    yield failure(() => {
      makeWay(folder, OWN);
      regainIn(folder);
    });
  }
}

/** What it throws, if it does. */
function failure(step: () => unknown): unknown[] {
  try {
    step();
    return [];
  } catch (error) {
    return [error];
  }
}

function throwFirst(failures: readonly unknown[]): void {
  if (failures.length > 0) throw failures[0];
}

/** For the folders of one laptop, and for files in whose place there is a folder. */
export function clearLaptop(paths: Paths, serial: Serial): void {
  const { home, incoming, held, pinned, mirror, sessionLock, lastSuccess } = inLaptop(
    paths,
    serial,
  );
  regain(home, READABLE);
  for (const path of [incoming, held, pinned, ...MIRRORS.map(mirror)]) makeWay(path, READABLE);
  for (const path of [sessionLock, lastSuccess]) if (isFolder(path)) setAside(path);
  for (const parent of [home, held]) regainIn(parent, isSnapshot);
  for (const uid of regainIn(pinned, isUid)) regainIn(join(pinned, uid));
}

const isSnapshot = (name: string) => tryParse(parseSnapshotName, name) !== undefined;
const isUid = (name: string) => tryParse(parseUid, name) !== undefined;

/** A folder with our rights, or nothing, is at `path` afterwards. */
export function makeWay(path: string, rights: number): void {
  regain(path, rights);
  if (lstatSync(path, { throwIfNoEntry: false }) && !isFolder(path)) setAside(path);
}

/** Regains the folders in this one that have such names; returns the names. */
function regainIn(parent: string, isWanted: (name: string) => boolean = () => true): string[] {
  const names = ifReadable(() => readdirSync(parent)).filter(isWanted);
  for (const name of names) regain(join(parent, name), READABLE);
  return names;
}

/** A link to a folder counts. */
function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Whether the file system cannot read a folder any more, or we may not. */
function isBroken(folder: string): boolean {
  try {
    readdirSync(folder);
    return false;
  } catch (error) {
    return isErrno(error, 'EACCES', ...DISK_FAILS);
  }
}

function serialsIn(folder: string): Serial[] {
  const names = ifReadable(() => readdirSync(folder));
  return names.flatMap((name) => tryParse(parseSerial, name) ?? []);
}
