/**
 * Owners and modes of files and folders on the server's disk.
 *
 * Run by root, the service owns the pool and the snapshots, and sessions run as another user, who
 * reads through the group and writes only to `incoming/`, the mirrors and the completion drop.
 * Run by an ordinary user, both are that user, and only bubblewrap confines a session.
 */
import {
  accessSync,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { DsError, isErrno } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import { fsyncFolder } from '../../shared/system/files.ts';
import { fsyncFolderAside } from '../../shared/system/files-aside.ts';
import type { Faults } from '../ground/faults.ts';
import { inCompletion, inLaptop, inState, MIRRORS, type Paths } from './paths.ts';

export interface Ownership {
  /** The service's own user id. */
  ownUid: number;
  /** User and group id of the sessions. */
  sessionUid: number;
  sessionGid: number;
}

/** Content of the pool: read-only; sessions read it through the group. */
export const CONTENT_MODE = 0o440;

/** A folder that sessions may enter and read, but not write. */
export function makeReadableFolder(ownership: Ownership, path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o750 });
  give(ownership, path, ownership.ownUid, 0o750);
}

/** A folder that sessions write into. */
export function makeWritableFolder(ownership: Ownership, path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o770 });
  give(ownership, path, ownership.ownUid, 0o770);
}

/** Takes a file over from a session: owned by the service, and read-only. */
export function takeOver(ownership: Ownership, path: string): void {
  give(ownership, path, ownership.ownUid, CONTENT_MODE);
}

/**
 * Makes the service's folders. Sessions may enter the state folder but not list it. On a full or
 * read-only disk they may be there already; what is not becomes a fault.
 */
export function makeServiceFolders(ownership: Ownership, paths: Paths, faults: Faults): void {
  faults.attempt('library', () => {
    mkdirSync(paths.library, { recursive: true });
    checkUsable(paths);
    makeEnterableFolder(ownership, paths.library);
  });
  faults.attempt('state', () => {
    const { sshFolder, runFolder } = inState(paths);
    for (const folder of [paths.state, sshFolder]) makeEnterableFolder(ownership, folder);
    mkdirSync(runFolder, { recursive: true });
    give(ownership, runFolder, ownership.ownUid, 0o750);
    accessSync(paths.state, constants.W_OK);
  });
  faults.attempt('completion', () => {
    makeWritableFolder(ownership, paths.completion);
    makeReadableFolder(ownership, inCompletion(paths).dropFolder);
    mkdirSync(inCompletion(paths).claimedFolder, { recursive: true, mode: 0o700 });
    accessSync(paths.completion, constants.W_OK);
  });
}

function makeEnterableFolder(ownership: Ownership, path: string): void {
  mkdirSync(path, { recursive: true });
  give(ownership, path, ownership.ownUid, 0o751);
}

/** Throws when backups cannot be made in the library; restores may work all the same. */
export function checkUsable({ library }: Paths): true {
  accessSync(library, constants.W_OK);
  checkLinks(library);
  return true;
}

/** Snapshots are made of hard links: FAT, exFAT and some network disks have none. */
function checkLinks(folder: string): void {
  const [one, two] = [join(folder, '.links.tmp'), join(folder, '.links-2.tmp')];
  try {
    for (const path of [one, two]) rmSync(path, { force: true });
    closeSync(openSync(one, 'wx', 0o600));
    linkSync(one, two);
  } catch (cause) {
    if (isErrno(cause, 'ENOSPC', 'EDQUOT')) return; // full: known, and no reason to stop
    if (!isErrno(cause, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) throw cause;
    throw new DsError('config', `the file system has no hard links: ${folder}`, {
      hint: 'put the library on ext4, xfs or btrfs',
      cause,
    });
  } finally {
    for (const path of [one, two]) rmSync(path, { force: true });
  }
}

/** Makes the folders of one laptop that its sessions use. Safe to repeat. */
export function makeLaptopFolders(ownership: Ownership, paths: Paths, serial: Serial): void {
  makeHomeFolders(ownership, paths, serial);
  makeDropFolder(ownership, paths, serial);
}

/** Those in the library. */
export function makeHomeFolders(ownership: Ownership, paths: Paths, serial: Serial): void {
  // Whatever becomes durable in it is worth nothing without its name.
  if (makeHome(ownership, paths, serial)) fsyncFolder(paths.library);
  makeSessionFolders(ownership, paths, serial);
}

/** The same while the disk is waited for in a thread. */
export async function makeLaptopFoldersAside(
  ownership: Ownership,
  paths: Paths,
  serial: Serial,
): Promise<void> {
  if (makeHome(ownership, paths, serial)) await fsyncFolderAside(paths.library);
  makeSessionFolders(ownership, paths, serial);
  makeDropFolder(ownership, paths, serial);
}

/** Whether it is new. */
function makeHome(ownership: Ownership, paths: Paths, serial: Serial): boolean {
  const { home } = inLaptop(paths, serial);
  const isNew = !existsSync(home);
  makeReadableFolder(ownership, home);
  return isNew;
}

function makeSessionFolders(ownership: Ownership, paths: Paths, serial: Serial): void {
  const laptop = inLaptop(paths, serial);
  makeWritableFolder(ownership, laptop.incoming);
  for (const mirror of MIRRORS) makeWritableFolder(ownership, laptop.mirror(mirror));
  closeSync(openSync(laptop.sessionLock, 'a', 0o640));
  give(ownership, laptop.sessionLock, ownership.ownUid, 0o640);
}

/** Where its completion files are received. */
export function makeDropFolder(ownership: Ownership, paths: Paths, serial: Serial): void {
  makeWritableFolder(ownership, inCompletion(paths).drop(serial));
}

function give(ownership: Ownership, path: string, uid: number, mode: number): void {
  const stat = lstatSync(path);
  const owned = stat.uid === uid && stat.gid === ownership.sessionGid;
  if (!owned && ownership.ownUid === 0) chownSync(path, uid, ownership.sessionGid);
  if ((stat.mode & 0o7777) !== mode) chmodSync(path, mode);
}
