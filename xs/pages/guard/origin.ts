/**
 * Whether a request means this server, and whether a form comes from one of its own pages. Both pure.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/**
 * A name that leads here without being ours belongs to a page that wants to read us through the
 * browser of somebody who has signed on (DNS rebinding). With an address that trick does not work.
 */
export function isOurHost(host: string | undefined, names: readonly string[]): boolean {
  const match = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/i.exec(host ?? '');
  if (!match) return false;
  const [, inBrackets, plain = ''] = match;
  if (inBrackets !== undefined) return isIP(inBrackets) === 6;
  const name = plain.toLowerCase().replace(/\.$/, '');
  return isIP(name) === 4 || ['localhost', ...names].some((one) => one.toLowerCase() === name);
}

/** False when the browser says that another site sent this. Old ones say nothing. */
export function isSameOrigin(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  const { origin, host } = headers;
  return origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
}
