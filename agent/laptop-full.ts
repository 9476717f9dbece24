/**
 * Recognizes a full disk in the errors of the file system, SQLite and child processes: one error for all.
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
  return asDsError(cause);
}
