/** What a setting may be: paths, addresses, networks, numbers; and addresses taken apart. */
import { isIP } from 'node:net';
import * as v from 'valibot';
import { DsError } from '../shared/errors.ts';

/** Paths are written into sshd's and the session script's files, so they may not need quoting. */
export const path = v.pipe(
  v.string(),
  v.regex(/^\/[\w./@:+-]*$/, 'must be an absolute path of plain characters'),
);
const ADDRESS = /^(?:[\w.-]+|\[[0-9a-f:]+\]):\d{1,5}$/i;
export const address = v.pipe(v.string(), v.regex(ADDRESS, 'must be ADDRESS:PORT'));
/** `10.1.0.0/16`, or a single address. */
export const network = v.pipe(
  v.string(),
  v.check((text) => isNetwork(text), 'must be an address, or a network such as 10.1.0.0/16'),
);
export const whole = (min: number, max: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

function isNetwork(text: string): boolean {
  const [, address = '', prefix] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const kind = isIP(address);
  return kind !== 0 && (prefix === undefined || Number(prefix) <= (kind === 4 ? 32 : 128));
}

export interface Address {
  host: string;
  port: number;
}

/** Whether `parseAddress` can take it apart. */
export function isAddress(text: string): boolean {
  return ADDRESS.test(text) && Number(text.slice(text.lastIndexOf(':') + 1)) <= MAX_PORT;
}

const MAX_PORT = 65_535;

export function parseAddress(text: string): Address {
  const colon = text.lastIndexOf(':');
  const port = Number(text.slice(colon + 1));
  if (port > MAX_PORT) throw new DsError('config', `${text}: ${port} is not a valid port`);
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port };
}
