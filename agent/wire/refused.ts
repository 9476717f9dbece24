/**
 * A refused request as an error of this laptop: the server's code comes first, and the status counts only where
 * there is none.
 */
import { DsError } from '../../shared/errors.ts';
import { toldError } from '../../shared/protocol/told-errors.ts';
import { type Headers, readBusy, ServerBusy } from './busy.ts';

/** An answer with a status of 400 or more. */
export interface RefusedAnswer {
  statusCode: number;
  headers: Headers;
  body: string;
}

/** The most of a text from the server that is repeated, in characters. */
const MAX_TEXT = 300;

/**
 * What the server said after a colon, and whether it passes by itself; a ServerBusy where it only has too much to
 * do.
 */
export function refusalOf(
  { statusCode, headers, body }: RefusedAnswer,
  saysWho = 'the school server',
): DsError {
  const said = readRefusal(body);
  const { code, retry } = toldError(said.code, statusCode);
  const why = textOf(said.message);
  const hint = textOf(said.hint);
  const message = `${saysWho}: ${why ?? `HTTP status ${statusCode}`}`;
  if (code === 'server-busy') return new ServerBusy(readBusy(headers), why && message);
  return new DsError(code, message, { retry, ...(hint && { hint }) });
}

/** The server's own words; empty where the body is none of ours. */
function readRefusal(body: string): { code?: unknown; message?: unknown; hint?: unknown } {
  try {
    return Object(JSON.parse(body));
  } catch {
    return {}; // something in between answered: the status says enough
  }
}

function textOf(said: unknown): string | undefined {
  return typeof said === 'string' && said !== '' ? said.slice(0, MAX_TEXT) : undefined;
}
