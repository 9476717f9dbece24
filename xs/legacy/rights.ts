/**
 * What this user may not read or change of an old library. Homes of the original belong to one account
 * for each laptop, so a service that is not root meets them often.
 */
import { accessSync, constants } from 'node:fs';
import { DsError, isErrno } from '../../shared/errors.ts';
import { DISK_FAILS } from '../storage/checked-entry.ts';
import type { Ownership } from '../storage/ownership.ts';

/** The system error behind an error about one entry, or the error itself. */
export function causeOf(error: unknown): unknown {
  return error instanceof DsError ? (error.cause ?? error) : error;
}

/** This user lacks the rights: nothing is known to be wrong with what is there. */
export function isDenied(error: unknown): boolean {
  return isErrno(causeOf(error), 'EACCES', 'EPERM');
}

/** It cannot be read, for want of rights or because the disk fails. */
export function cannotBeRead(error: unknown): error is Error {
  return isDenied(error) || isErrno(causeOf(error), ...DISK_FAILS);
}

/** Gives the service's user all that it needs to adopt what is in `folder`. For root to run. */
export function rightsCommand({ ownUid, sessionGid }: Ownership, folder: string): string {
  return `sudo chown -R ${ownUid}:${sessionGid} ${folder}`;
}

/**
 * Throws what is missing to move this folder to another one: by the permissions, so an immutable
 * folder is not noticed.
 */
export function checkMovable(folder: string): void {
  accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
}
