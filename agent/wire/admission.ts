/**
 * Admission: the server allows a transfer now, or says when to come back.
 */
import { DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import { type Context, noteServerTime } from '../context.ts';
import { askServer } from './http.ts';

export type Purpose = 'backup' | 'restore';

export type Admission = { admit: true } | { admit: false; reason: 'not-registered' } | Busy;

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

/** Asks once. Throws for a server that does not speak our protocol or does not answer. */
export async function askAdmission(
  context: Context,
  server: string,
  serial: Serial,
  purpose: Purpose,
): Promise<Admission> {
  const query = purpose === 'restore' ? '?for=restore' : '';
  const url = `${server}/backup/1/available/${serial}${query}`;
  const response = await askServer(url, context.signal);
  noteServerTime(context, response.headers.date);
  return readAdmission(response.statusCode, response.headers, server);
}

/** The meaning of a status and its headers. */
export function readAdmission(status: number, headers: Headers, server: string): Admission {
  switch (status) {
    case 200:
      return { admit: true };
    case 403:
      return { admit: false, reason: 'not-registered' };
    case 429:
    case 503:
      return readBusy(headers);
    default:
      throw new DsError('server-unreachable', `${server} is not a backup server: HTTP ${status}`, {
        hint: 'is the right server named in ds-backup/config.toml?',
      });
  }
}

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

/** The server has no free place now, and named a time. */
export class ServerBusy extends DsError {
  readonly busy: Busy;

  constructor(busy: Busy) {
    super('server-busy', 'the school server has no free place at the moment', {
      hint: `try again in ${busy.retryAfterSeconds} seconds, or use --wait`,
      retry: true,
    });
    this.busy = busy;
  }
}
