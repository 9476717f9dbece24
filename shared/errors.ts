/**
 * The one error base of all three programs.
 *
 * An error says what is wrong (`message`), what it is called everywhere (`code`, stable, used in
 * HTTP answers, D-Bus error names and tests), the way out (`hint`) and whether the same attempt may
 * succeed later (`retry`). Retrying is decided where the error arises and done in one place only.
 */

export type ErrorCode =
  | 'usage' // wrong command-line arguments
  | 'config' // a configuration file or value that cannot be used
  | 'bad-id' // a malformed serial, uid, digest, snapshot name or run id
  | 'bad-input' // any other input from outside that breaks its format
  | 'not-registered' // the server does not know this laptop
  | 'pending-approval' // the server knows the laptop but a teacher has to say yes first
  | 'key-taken' // the key is another laptop's
  | 'not-found' // a snapshot or an entry that is not there
  | 'busy' // another run holds the lock
  | 'server-unreachable' // no answer from the school server
  | 'server-busy' // the server gave an appointment instead of a lease
  | 'server-full' // no space or no inodes on the server
  | 'over-quota' // the laptop has used up its share of the server
  | 'clock' // the server's clock cannot be believed
  | 'server-refused' // the server refused a backup, and says why
  | 'laptop-full' // no space on the laptop
  | 'battery' // too little in the battery to begin
  | 'untrusted-server' // the host key is not the pinned one
  | 'damaged' // content that does not match its digest
  | 'only-copy' // what is asked for would remove the only copy
  | 'unreadable' // a Journal entry that cannot be read whole
  | 'transfer' // rsync or ssh ended with an error
  | 'datastore' // Sugar's datastore answered with an error
  | 'program-failed' // a program that we started ended with an error
  | 'missing-tool' // a program we need is not installed
  | 'cancelled'
  | 'internal';

export interface ErrorOptions {
  hint?: string;
  retry?: boolean;
  cause?: unknown;
}

export class DsError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retry: boolean;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DsError';
    this.code = code;
    this.hint = options.hint;
    this.retry = options.retry ?? false;
  }
}

/** The error as it is, or wrapped as `internal` when it is none of ours. */
export function asDsError(error: unknown): DsError {
  if (error instanceof DsError) return error;
  if (error instanceof Error && error.name === 'AbortError') {
    return new DsError('cancelled', 'cancelled', { cause: error, retry: true });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new DsError('internal', message, { cause: error });
}

/** True for a Node system error with one of these `code`s (`ENOENT`, `ENOSPC`, …). */
export function isErrno(error: unknown, ...codes: string[]): error is NodeJS.ErrnoException {
  return (
    error instanceof Error && 'code' in error && codes.includes((error as { code: string }).code)
  );
}

/** Two lines for a person at a terminal: `error: …` and, where there is a way out, `hint: …`. */
export function describeForTerminal(error: unknown): string {
  const known = asDsError(error);
  const lines = [`error: ${known.message} [${known.code}]`];
  if (known.hint) lines.push(`hint: ${known.hint}`);
  return lines.join('\n');
}
