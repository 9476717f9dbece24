/**
 * Checks of a request's Host and Origin headers. Pure.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/**
 * Against DNS rebinding: a foreign name that resolves to this server would let its pages read ours
 * through the browser of somebody who is signed in. Addresses cannot be rebound and are accepted.
 */
export function isOurHost(host: string | undefined, names: readonly string[]): boolean {
  const match = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/i.exec(host ?? '');
  if (!match) return false;
  const [, inBrackets, plain = ''] = match;
  if (inBrackets !== undefined) return isIP(inBrackets) === 6;
  const name = plain.toLowerCase().replace(/\.$/, '');
  return isIP(name) === 4 || ['localhost', ...names].some((one) => one.toLowerCase() === name);
}

/**
 * False when the browser says that another site sent the request. Old browsers say nothing. Over HTTPS,
 * this server in clear is another site. In clear both are ours: a web server in front may have TLS unsaid.
 */
export function isSameOrigin(headers: IncomingHttpHeaders, secure: boolean): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  const { origin, host } = headers;
  const plain = !secure && origin === `http://${host}`;
  return origin === undefined || plain || origin === `https://${host}`;
}
