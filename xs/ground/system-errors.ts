/**
 * What an error of a system call means on the server, for everybody who may meet one: code, words and
 * a way out. A laptop never sees a path; the terminal sees the system's own words as well.
 */
import { asDsError, DsError, type ErrorCode, isErrno, isSystemError } from '../../shared/errors.ts';

export interface Meaning {
  code: ErrorCode;
  message: string;
  hint: string;
  /** Whether it may pass by itself. */
  retry: boolean;
}

const LOOK = '"xs-backup status" on the server says what is wrong';

const FULL: Meaning = {
  code: 'server-full',
  message: 'the disk of the school server is full',
  hint: 'a teacher has to make room on the server; nothing that was safe is lost',
  retry: false,
};
const READ_ONLY: Meaning = {
  code: 'server-trouble',
  message: 'the disk of the school server has become read-only',
  hint: `backups can be restored, but not made, until an admin has checked the disk; ${LOOK}`,
  retry: false,
};
const FAILING: Meaning = {
  code: 'server-trouble',
  message: 'the disk of the school server cannot be read or written',
  hint: `an admin has to check the disk and its cable; ${LOOK}`,
  retry: false,
};
const FORBIDDEN: Meaning = {
  code: 'server-trouble',
  message: 'the service of the school server may not use its own files',
  hint: `an admin has to give the library back to the user of the service; ${LOOK}`,
  retry: false,
};
const MISPLACED: Meaning = {
  code: 'server-trouble',
  message: 'a file of the school server is missing, or is not what it should be',
  hint: `an admin has to look at it; ${LOOK}`,
  retry: false,
};
const LINKLESS: Meaning = {
  code: 'server-trouble',
  message: 'the library of the school server is not on one file system with hard links',
  hint: 'an admin has to put it on ext4, xfs or btrfs',
  retry: false,
};
const SHORT: Meaning = {
  code: 'busy',
  message: 'the school server has too much to do at the moment',
  hint: 'it is tried again by itself',
  retry: true,
};

const MEANINGS: Readonly<Record<string, Meaning>> = {
  ...{ ENOSPC: FULL, EDQUOT: FULL, SQLITE_FULL: FULL },
  ...{ EROFS: READ_ONLY, SQLITE_READONLY: READ_ONLY },
  ...{ EIO: FAILING, EUCLEAN: FAILING, EBADMSG: FAILING, ENXIO: FAILING, ENODEV: FAILING },
  ...{ ESTALE: FAILING, ETIMEDOUT: FAILING, SQLITE_IOERR: FAILING, SQLITE_CANTOPEN: FAILING },
  ...{ EACCES: FORBIDDEN, EPERM: FORBIDDEN },
  ...{ ENOENT: MISPLACED, ENOTDIR: MISPLACED, EISDIR: MISPLACED, ELOOP: MISPLACED },
  ...{ ENOTEMPTY: MISPLACED, EEXIST: MISPLACED, EINVAL: MISPLACED, ENAMETOOLONG: MISPLACED },
  ...{ EXDEV: LINKLESS, EMLINK: LINKLESS, ENOTSUP: LINKLESS, EOPNOTSUPP: LINKLESS },
  ...{ ENOSYS: LINKLESS },
  ...{ EMFILE: SHORT, ENFILE: SHORT, ENOMEM: SHORT, EAGAIN: SHORT, EBUSY: SHORT, EINTR: SHORT },
  SQLITE_BUSY: SHORT,
};

/** Every code that has a meaning. */
export const SYSTEM_CODES: readonly string[] = Object.keys(MEANINGS);

/** Undefined for an error that is none of a system call. */
function meaningOf(error: unknown): Meaning | undefined {
  const code = SYSTEM_CODES.find((one) => isErrno(error, one));
  return code === undefined ? undefined : MEANINGS[code];
}

/** Our error as it is, any other as a laptop may see it. */
export function asServerError(cause: unknown): DsError {
  const meaning = cause instanceof DsError ? undefined : meaningOf(cause);
  if (!meaning) return asDsError(cause);
  const { code, message, hint, retry } = meaning;
  return new DsError(code, message, { hint, retry, cause });
}

/** For the log: with the system's own words. */
export function reasonOf({ message, cause }: DsError): string {
  return isSystemError(cause) ? `${message} (${cause.message})` : message;
}

/** The same for the terminal, where the admin needs the path. */
export function asTerminalError(cause: unknown): DsError {
  const told = asServerError(cause);
  if (told.cause !== cause || !(cause instanceof Error)) return told;
  const { code, message, hint, retry } = told;
  return new DsError(code, `${message} (${cause.message})`, {
    ...{ retry, cause },
    ...(hint !== undefined && { hint }),
  });
}
