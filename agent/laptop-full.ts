/**
 * Recognizes a full or read-only disk in the errors of the file system, SQLite and child processes: one
 * error for each.
 */
import { asDsError, DsError, isErrno } from '../shared/errors.ts';
import { FULL_HINT } from './context.ts';

/** The error as it is, or `laptop-full` when a full disk is its cause. */
export function explainFull(cause: unknown): DsError {
  const inner = cause instanceof Error && cause.cause ? cause.cause : cause;
  const full = [cause, inner].some(
    (error) =>
      isErrno(error, 'ENOSPC', 'EDQUOT', 'SQLITE_FULL') ||
      (error instanceof Error && /No space left on device/.test(error.message)),
  );
  if (full && asDsError(cause).code !== 'server-full') {
    return new DsError('laptop-full', 'the disk of this laptop is full', {
      hint: FULL_HINT,
      cause,
    });
  }
  if ([cause, inner].some((error) => isErrno(error, 'EROFS', 'SQLITE_READONLY'))) {
    return readOnlyDisk(cause);
  }
  return asDsError(cause);
}

export function readOnlyDisk(cause?: unknown): DsError {
  return new DsError('laptop-read-only', 'the disk of this laptop cannot be written to', {
    hint: 'switch the laptop off and on; if that does not help, its disk has to be repaired',
    cause,
  });
}
