/**
 * Recognizes a disk that is full, read-only or damaged in the errors of the file system, SQLite and child
 * processes: one error for each.
 */
import { asDsError, DsError, isErrno, isSystemError } from '../shared/errors.ts';
import { FULL_HINT } from './context.ts';

/** With less than this nothing is written that lasts. */
const NO_ROOM_BYTES = 1 << 20;
const REPAIR_HINT =
  'switch the laptop off and on; if that does not help, its disk has to be repaired';
/** What a damaged disk, a wrong owner or a lost mount answer. */
const BROKEN = [
  ...['EIO', 'EUCLEAN', 'ESTALE', 'EACCES', 'EPERM', 'ENAMETOOLONG', 'EXDEV', 'ENOTDIR'],
  ...['EISDIR', 'ELOOP', 'ENODEV', 'ENXIO', 'SQLITE_IOERR', 'SQLITE_CANTOPEN'],
];

/**
 * The error as it is, or `laptop-full` when a full disk is its cause, or `laptop-read-only` when the disk cannot
 * be written to or has errors.
 */
export function explainFull(cause: unknown): DsError {
  const inner = cause instanceof Error && cause.cause ? cause.cause : cause;
  const full = [cause, inner].some(
    (error) =>
      isErrno(error, 'ENOSPC', 'EDQUOT', 'SQLITE_FULL') ||
      (error instanceof Error && /No space left on device/.test(error.message)),
  );
  if (full && asDsError(cause).code !== 'server-full') return fullDisk(cause);
  if ([cause, inner].some((error) => isErrno(error, 'EROFS', 'SQLITE_READONLY'))) {
    return readOnlyDisk(cause);
  }
  const known = asDsError(cause);
  const isDisk = [cause, inner].some((error) => {
    return isSystemError(error) && (isErrno(error, ...BROKEN) || isUnmade(error));
  });
  return known.code === 'internal' && isDisk ? brokenDisk(known.message, cause) : known;
}

/** Node makes folders with those above them, and where that fails says that there is none, whatever the disk said. */
function isUnmade(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ENOENT' && error.syscall === 'mkdir';
}

/**
 * Sugar's datastore ends, or answers with words of its own, when it has no room: `laptop-full` then. `free` says
 * what the disk of the profile has, in bytes, and is asked for such an error only.
 */
export function explainDatastore(cause: unknown, free: () => number): unknown {
  const isFull = asDsError(cause).code === 'datastore' && free() < NO_ROOM_BYTES;
  return isFull ? fullDisk(cause) : cause;
}

function fullDisk(cause: unknown): DsError {
  return new DsError('laptop-full', 'the disk of this laptop is full', { hint: FULL_HINT, cause });
}

export function brokenDisk(what: string, cause?: unknown): DsError {
  return new DsError('laptop-read-only', `the disk of this laptop has errors: ${what}`, {
    hint: REPAIR_HINT,
    cause,
  });
}

export function readOnlyDisk(cause?: unknown): DsError {
  return new DsError('laptop-read-only', 'the disk of this laptop cannot be written to', {
    hint: REPAIR_HINT,
    cause,
  });
}
