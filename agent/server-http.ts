/**
 * Plain HTTP to the school server, for the questions before there is a connection.
 */
import type { OptionsOfTextResponseBody, Response } from 'got';
import { DsError } from '../shared/errors.ts';

/** Sugar's own time-out for registration, in milliseconds. */
const TIMEOUT_MS = 8000;

/**
 * One request, whatever its status. Throws `server-unreachable` without an answer. Never repeats by
 * itself: when to try again is decided in one place, and that is not here.
 */
export async function askServer(
  url: string,
  signal: AbortSignal,
  options: OptionsOfTextResponseBody = {},
): Promise<Response<string>> {
  const { default: got } = await import('got');
  signal.throwIfAborted();
  try {
    return await got(url, {
      ...options,
      signal,
      timeout: { request: TIMEOUT_MS },
      retry: { limit: 0 },
      throwHttpErrors: false,
      followRedirect: false,
    });
  } catch (cause) {
    signal.throwIfAborted();
    const { origin } = new URL(url);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DsError('server-unreachable', `no answer from ${origin}: ${reason}`, {
      hint: 'is this laptop in the school network, and the school server on?',
      retry: true,
      cause,
    });
  }
}
