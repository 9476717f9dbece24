/**
 * Admission: the server allows a transfer now, or says when to come back.
 */
import { DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import { type Context, noteServerTime } from '../context.ts';
import { type Busy, ServerBusy } from './busy.ts';
import { type Answer, askServer } from './http.ts';
import { refusalOf } from './refused.ts';

export type Purpose = 'backup' | 'restore';

export type Admission = { admit: true } | { admit: false; reason: 'not-registered' } | Busy;

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
  return readAdmission(response, server);
}

/** The meaning of an answer. Throws what its body says is wrong with the server. */
export function readAdmission(answer: Answer, server: string): Admission {
  const { statusCode: status } = answer;
  switch (status) {
    case 200:
      return { admit: true };
    case 403:
      return { admit: false, reason: 'not-registered' };
    case 429:
    case 503:
    case 507: {
      const refusal = refusalOf(answer);
      if (refusal instanceof ServerBusy) return refusal.busy;
      throw refusal;
    }
    default:
      throw new DsError('server-unreachable', `${server} is not a backup server: HTTP ${status}`, {
        hint: 'is the right server named in ds-backup/config.toml?',
      });
  }
}
