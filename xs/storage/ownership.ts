/**
 * Owners and modes of files and folders on the server's disk.
 *
 * Run by root, the service owns the pool and the snapshots, and sessions run as another user, who
 * reads through the group and writes only to `incoming/`, the mirrors and the completion drop.
 * Run by an ordinary user, both are that user, and only bubblewrap confines a session.
 */
import { chmodSync, chownSync, closeSync, lstatSync, mkdirSync, openSync } from 'node:fs';
import type { Serial } from '../../shared/ids.ts';
import { inCompletion, inLaptop, inState, MIRRORS, type Paths } from './paths.ts';

export interface Ownership {
  /** The service's own user id. */
  ownUid: number;
  /** User and group id of the sessions. */
  sessionUid: number;
  sessionGid: number;
}

/** Content of the pool: read-only; sessions read it through the group. */
const CONTENT_MODE = 0o440;

/** A folder that sessions may enter and read, but not write. */
export function makeReadableFolder(ownership: Ownership, path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o750 });
  give(ownership, path, ownership.ownUid, 0o750);
}

/** A folder that sessions write into. */
function makeWritableFolder(ownership: Ownership, path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o770 });
  give(ownership, path, ownership.ownUid, 0o770);
}

/** Takes a file over from a session: owned by the service, and read-only. */
export function takeOver(ownership: Ownership, path: string): void {
  give(ownership, path, ownership.ownUid, CONTENT_MODE);
}

/** Makes the service's folders. Sessions may enter the state folder but not list it. */
export function makeServiceFolders(ownership: Ownership, paths: Paths): void {
  for (const folder of [paths.library, paths.state, inState(paths).sshFolder]) {
    mkdirSync(folder, { recursive: true });
    give(ownership, folder, ownership.ownUid, 0o751);
  }
  mkdirSync(inState(paths).runFolder, { recursive: true });
  give(ownership, inState(paths).runFolder, ownership.ownUid, 0o750);
  makeWritableFolder(ownership, paths.completion);
  makeReadableFolder(ownership, inCompletion(paths).dropFolder);
  mkdirSync(inCompletion(paths).claimedFolder, { recursive: true, mode: 0o700 });
}

/** Makes the folders of one laptop that its sessions use. Safe to repeat. */
export function makeLaptopFolders(ownership: Ownership, paths: Paths, serial: Serial): void {
  const laptop = inLaptop(paths, serial);
  makeReadableFolder(ownership, laptop.home);
  makeWritableFolder(ownership, laptop.incoming);
  for (const mirror of MIRRORS) makeWritableFolder(ownership, laptop.mirror(mirror));
  makeWritableFolder(ownership, inCompletion(paths).drop(serial));
  closeSync(openSync(laptop.sessionLock, 'a', 0o640));
  give(ownership, laptop.sessionLock, ownership.ownUid, 0o640);
}

function give(ownership: Ownership, path: string, uid: number, mode: number): void {
  const stat = lstatSync(path);
  const owned = stat.uid === uid && stat.gid === ownership.sessionGid;
  if (!owned && ownership.ownUid === 0) chownSync(path, uid, ownership.sessionGid);
  if ((stat.mode & 0o7777) !== mode) chmodSync(path, mode);
}
