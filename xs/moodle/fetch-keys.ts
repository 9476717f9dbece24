/**
 * Moodle's public keys, from the address that an admin gave or from a file. This is the only request that
 * the server makes to a Moodle, at `moodle add` and never because of what a browser sends.
 */
import { readFileSync, statSync } from 'node:fs';
import got from 'got';
import { DsError } from '../../shared/errors.ts';

const MAX_BYTES = 64 * 1024;
const PATIENCE_MS = 10_000;

/** The text at a web address, or of a file where it begins with `/`. Throws `bad-input`. */
export async function fetchKeys(place: string): Promise<string> {
  if (place.startsWith('/')) return readKeyFile(place);
  const stop = new AbortController();
  const options = {
    // Nobody leads us to another place, and no broken server keeps us.
    ...{ followRedirect: false, retry: { limit: 0 }, throwHttpErrors: true },
    ...{ timeout: { request: PATIENCE_MS }, signal: stop.signal },
  };
  const answer = got(place, options);
  void answer.on('downloadProgress', ({ transferred }) => {
    if (transferred > MAX_BYTES) stop.abort();
  });
  try {
    const { statusCode, body } = await answer;
    if (statusCode === 200 && body.length <= MAX_BYTES) return body;
    throw new Error(`the answer was ${statusCode}, with ${body.length} characters`);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DsError('bad-input', `no keys from ${place}: ${reason}`, {
      hint: 'is it the address of Moodle as this server reaches it? Or save what a browser shows there, and give the file as --jwks FILE',
      cause,
    });
  }
}

function readKeyFile(path: string): string {
  try {
    if (statSync(path).size > MAX_BYTES) throw new Error('it is too large');
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DsError('bad-input', `${path} cannot be read: ${reason}`, {
      hint: 'give its whole path; the service reads it',
      cause,
    });
  }
}
