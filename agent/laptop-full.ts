/**
 * A full disk has many voices: the file system's, SQLite's, ssh-keygen's. They are one error here.
 */
import { asDsError, DsError, isErrno } from '../shared/errors.ts';
import { FULL_HINT } from './context.ts';

/** The error as it is, or `laptop-full` when that is what is behind it. */
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
