/**
 * The error class of all three programs.
 *
 * An error has a `message` (what is wrong), a `code` (stable; used in HTTP answers, D-Bus error
 * names and tests), an optional `hint` (what to do about it) and `retry`: whether the same attempt
 * may succeed later. The code that throws decides about `retry`; callers only obey it.
 */

/**
 * Stable. A new one does not compile before everybody has said what it means: the server's answers, what a laptop
 * makes of them (`protocol/told-errors.ts`), its retries, pins and exit codes, and the words of the activity.
 */
export type ErrorCode =
  | 'usage' // wrong command-line arguments
  | 'config' // a configuration file or value that cannot be used
  | 'bad-id' // a malformed serial, uid, digest, snapshot name or run id
  | 'bad-input' // any other input from outside that breaks its format
  | 'not-registered' // the server does not know this laptop
  | 'pending-approval' // the server knows the laptop, but a teacher has to approve its key first
  | 'key-taken' // the key belongs to another laptop
  | 'not-found' // no such snapshot or entry
  | 'busy' // another run holds the lock
  | 'server-unreachable' // no answer from the school server
  | 'server-busy' // the server said when to come back instead of granting a lease
  | 'server-trouble' // the server's disk or files do not work as they should
  | 'server-full' // no space or no inodes on the server
  | 'over-quota' // the laptop has used up its share of the server
  | 'server-refused' // the server refused a request; the message says why
  | 'laptop-full' // no space on the laptop
  | 'laptop-read-only' // nothing can be written on the laptop's disk, or it has errors
  | 'battery' // battery too low to begin
  | 'untrusted-server' // the host key is not the pinned one
  | 'damaged' // content that does not match its digest
  | 'only-copy' // the request would remove the only copy
  | 'unreadable' // a Journal entry that cannot be read completely
  | 'transfer' // rsync or ssh ended with an error
  | 'datastore' // Sugar's datastore answered with an error
  | 'program-failed' // a program that we started ended with an error
  | 'missing-tool' // a program we need is not installed
  | 'cancelled'
  | 'internal';

export interface ErrorOptions {
  hint?: string;
  retry?: boolean;
  /** When the same may be tried again, in seconds. */
  retryAfterSeconds?: number;
  cause?: unknown;
}

export class DsError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retry: boolean;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DsError';
    this.code = code;
    this.hint = options.hint;
    this.retry = options.retry ?? false;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** The error itself, or wrapped: an abort as `cancelled`, anything else as `internal`. */
export function asDsError(error: unknown): DsError {
  if (error instanceof DsError) return error;
  if (error instanceof Error && error.name === 'AbortError') {
    return new DsError('cancelled', 'cancelled', { cause: error, retry: true });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new DsError('internal', message, { cause: error });
}

/** Node 20 has no names for these; the numbers are Linux's. */
const UNNAMED: Readonly<Record<number, string>> = {
  ...{ [-116]: 'ESTALE', [-117]: 'EUCLEAN', [-122]: 'EDQUOT' },
};

/** True for a Node system error with one of these `code`s (`ENOENT`, `EDQUOT`, …). */
export function isErrno(error: unknown, ...codes: string[]): error is NodeJS.ErrnoException {
  if (!(error instanceof Error) || !('code' in error)) return false;
  const { code, errno = 0 } = error as NodeJS.ErrnoException;
  return codes.includes(UNNAMED[errno] ?? code ?? '');
}

/** True for any error of a system call. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

/** For a terminal: a line `error: …` and, if the error has one, a line `hint: …`. */
export function describeForTerminal(error: unknown): string {
  const known = asDsError(error);
  const lines = [`error: ${known.message} [${known.code}]`];
  if (known.hint) lines.push(`hint: ${known.hint}`);
  return lines.join('\n');
}
