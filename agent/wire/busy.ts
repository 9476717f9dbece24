/**
 * "Come back later": when a busy server wants to be asked again, and why.
 */
import { DsError } from '../../shared/errors.ts';

export interface Busy {
  admit: false;
  reason: 'busy';
  retryAfterSeconds: number;
  /** In the queue, 1 being next; absent if the server does not say. */
  place?: number;
  /** The server's reason, one of the words in PROTOCOL.md or a newer one. */
  why?: string;
}

/** As got and Node name them: in lower case. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Without a usable time from the server, in seconds: the shortest wait of the original client. */
const DEFAULT_RETRY_SECONDS = 60;
/** The longest time that is obeyed, in seconds: whoever answered may not be the school server. */
const MAX_RETRY_SECONDS = 3600;

/** When to come back, and why. */
export function readBusy(headers: Headers): Busy {
  const given = readNumber(headers['retry-after']) ?? DEFAULT_RETRY_SECONDS;
  const retryAfterSeconds = Math.min(Math.max(given, 1), MAX_RETRY_SECONDS);
  const place = readNumber(headers['x-backup-place']);
  const why = headers['x-backup-reason'];
  const isWord = typeof why === 'string' && /^[a-z][a-z-]{0,39}$/.test(why);
  return {
    ...{ admit: false, reason: 'busy', retryAfterSeconds },
    ...(place && { place }),
    ...(isWord && { why }),
  };
}

function readNumber(text: string | string[] | undefined): number | undefined {
  return typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** The server has no free place now, or too much to do, and named a time. */
export class ServerBusy extends DsError {
  readonly busy: Busy;

  constructor(busy: Busy, message = 'the school server has no free place at the moment') {
    super('server-busy', message, {
      hint: `try again in ${busy.retryAfterSeconds} seconds, or use --wait`,
      retry: true,
    });
    this.busy = busy;
  }
}
