/**
 * How a request came: over HTTPS or in clear, and from where. Teachers' passwords and sessions cross the air
 * over HTTPS only, where the server has it; what children do is the same over both.
 */
import { BlockList, isIPv6 } from 'node:net';
import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Library } from '../../library.ts';

/** What a teacher may do here. */
export type Door =
  | { type: 'open' }
  /** Only over HTTPS: at this address, or null while that does not work. */
  | { type: 'secure'; href: string | null }
  /** Teachers do not come from this network. */
  | { type: 'elsewhere' };

/** Cookies of ours, without what a browser's rules add to their names. */
type Cookie = 'ds-session' | 'ds-browser' | 'ds-language' | 'ds-moodle';

export class Entrance {
  readonly #library: Pick<Library, 'config' | 'listening'>;
  readonly #from: BlockList | undefined;

  constructor(library: Pick<Library, 'config' | 'listening'>) {
    this.#library = library;
    const { teachersFrom } = library.config.pages;
    if (teachersFrom.length > 0) this.#from = networks(teachersFrom);
  }

  /** What a teacher may do with this request; `path` is where she wants to go. */
  door(request: FastifyRequest, path: string): Door {
    if (this.#from && !contains(this.#from, request.ip)) return { type: 'elsewhere' };
    const { config, listening } = this.#library;
    const { listen, publicPort } = config.https;
    if (isSecure(request) || (listen === 'off' && publicPort === undefined))
      return { type: 'open' };
    const port = publicPort ?? listening.https?.port;
    const [, name] = /^(\[[0-9a-f:.]+\]|[\w.-]+)(?::\d+)?$/i.exec(request.headers.host ?? '') ?? [];
    if (port === undefined || name === undefined) return { type: 'secure', href: null };
    return { type: 'secure', href: `https://${name}${port === 443 ? '' : `:${port}`}${path}` };
  }
}

/** By TLS of our own, or of a web server in front that is believed. */
export function isSecure(request: FastifyRequest): boolean {
  return request.protocol === 'https';
}

/**
 * The value of a cookie of ours. What was set in clear is not seen over HTTPS: anybody may have planted it;
 * but for the language.
 */
export function readCookie(request: FastifyRequest, name: Cookie): string | undefined {
  const { cookies } = request;
  const own = cookies?.[fullName(request, name)];
  return own ?? (name === 'ds-language' ? cookies?.[name] : undefined);
}

export function setCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  name: Cookie,
  value: string,
  options: Pick<CookieSerializeOptions, 'sameSite' | 'maxAge'>,
): void {
  void reply.setCookie(fullName(request, name), value, { ...places(request), ...options });
}

export function clearCookie(request: FastifyRequest, reply: FastifyReply, name: Cookie): void {
  void reply.clearCookie(fullName(request, name), { ...places(request), sameSite: 'lax' });
}

/**
 * The prefix makes browsers accept it over HTTPS only. The name differs from that in clear, because they
 * would refuse to set that one while a secure cookie has it, and keep a child out.
 */
function fullName(request: FastifyRequest, name: Cookie): string {
  return isSecure(request) ? `__Host-${name}` : name;
}

function places(request: FastifyRequest): CookieSerializeOptions {
  return { path: '/', httpOnly: true, ...(isSecure(request) && { secure: true }) };
}

function networks(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', prefix] = text.split('/');
    const kind = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, kind);
    else list.addSubnet(address, Number(prefix), kind);
  }
  return list;
}

function contains(list: BlockList, address: string): boolean {
  const plain = address.replace(/^::ffff:(?=[\d.]+$)/i, '').replace(/%.*$/, '');
  return list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
}
