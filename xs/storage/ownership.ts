/**
 * Who owns what on the server's disk.
 *
 * Run by root, the service owns the pool and the snapshots, and sessions run as another user, who
 * may read through the group and write in `incoming/`, the mirrors and the completion drop only.
 * Run by an ordinary user, both are that user, and bubblewrap alone keeps a session in its place.
 */
import { chmodSync, chownSync, closeSync, lstatSync, mkdirSync, openSync } from 'node:fs';
import type { Serial } from '../../shared/ids.ts';
import { inCompletion, inLaptop, inState, MIRRORS, type Paths } from './paths.ts';

export interface Access {
  /** The service's own user id. */
  ownUid: number;
  /** User and group id of the sessions. */
  sessionUid: number;
  sessionGid: number;
}

/** Content of the pool: nobody writes it, sessions read it through the group. */
const CONTENT_MODE = 0o440;

/** A folder that sessions may enter and read, but not write. */
export function makeReadableFolder(access: Access, path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o750 });
  give(access, path, access.ownUid, 0o750);
}

/** A folder that sessions write into. */
export function makeWritableFolder(access: Access, path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o770 });
  give(access, path, access.ownUid, 0o770);
}

/** Takes a file over from a session: ours from now on, and read-only. */
export function takeOver(access: Access, path: string): void {
  give(access, path, access.ownUid, CONTENT_MODE);
}

/** The folders every service needs. The state folder may be entered, not listed, by sessions. */
export function makeServiceFolders(access: Access, paths: Paths): void {
  for (const folder of [paths.library, paths.state, inState(paths).sshFolder]) {
    mkdirSync(folder, { recursive: true });
    give(access, folder, access.ownUid, 0o751);
  }
  mkdirSync(inState(paths).runFolder, { recursive: true });
  give(access, inState(paths).runFolder, access.ownUid, 0o750);
  makeWritableFolder(access, paths.completion);
  makeReadableFolder(access, inCompletion(paths).dropFolder);
  mkdirSync(inCompletion(paths).claimedFolder, { recursive: true, mode: 0o700 });
}

/** The folders one laptop's sessions are let into. Safe to repeat. */
export function makeLaptopFolders(access: Access, paths: Paths, serial: Serial): void {
  const laptop = inLaptop(paths, serial);
  makeReadableFolder(access, laptop.home);
  makeWritableFolder(access, laptop.incoming);
  for (const mirror of MIRRORS) makeWritableFolder(access, laptop.mirror(mirror));
  makeWritableFolder(access, inCompletion(paths).drop(serial));
  closeSync(openSync(laptop.sessionLock, 'a', 0o640));
  give(access, laptop.sessionLock, access.ownUid, 0o640);
}

function give(access: Access, path: string, uid: number, mode: number): void {
  const stat = lstatSync(path);
  const owned = stat.uid === uid && stat.gid === access.sessionGid;
  if (!owned && access.ownUid === 0) chownSync(path, uid, access.sessionGid);
  if ((stat.mode & 0o7777) !== mode) chmodSync(path, mode);
}
