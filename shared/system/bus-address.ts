/**
 * Addresses of D-Bus buses as the specification has them: lists, `%xx`, abstract and run-time sockets.
 * dbus-next takes the first of a list whether anything listens there or not, and can reach no abstract socket.
 */
import { existsSync, readFileSync } from 'node:fs';
import { DsError } from '../errors.ts';
import { relayToAbstract } from './abstract-socket.ts';

/** The sockets of this network namespace; an abstract one is listed as `@name`. */
const SOCKETS = '/proc/net/unix';

/**
 * The first address of the list that something may listen at, in a form that dbus-next understands and that
 * is good for one connection, made at once; the
 * first usable one where nothing does. `runtimeFolder` is XDG_RUNTIME_DIR. Empty for an empty list: dbus-next
 * then looks for a bus by itself. Throws `missing-tool` for a list without any that it could connect to.
 */
export function pickAddress(list: string, runtimeFolder = ''): string {
  if (list === '') return '';
  const found = list.split(';').flatMap((one) => parse(one, runtimeFolder) ?? []);
  const best = found.find(({ isThere }) => isThere()) ?? found[0];
  if (best) return best.address();
  throw new DsError('missing-tool', `"${list.slice(0, 200)}" is not the address of a D-Bus`);
}

/** The address of a socket on the disk. */
export function addressOf(path: string): string {
  const escaped = path.replace(/[^-\w/.*\\]/g, (one) => {
    return [...Buffer.from(one)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  });
  return `unix:path=${escaped}`;
}

interface Candidate {
  address: () => string;
  isThere: () => boolean;
}

function parse(one: string, runtimeFolder: string): Candidate | undefined {
  const [, transport, rest = ''] = /^([a-z-]+):(.*)$/s.exec(one.trim()) ?? [];
  const values = new Map<string, string>();
  for (const pair of rest.split(',')) {
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    values.set(name, unescaped(value));
  }
  if (transport === 'tcp') {
    const host = values.get('host') ?? 'localhost';
    const address = `tcp:host=${host},port=${values.get('port')}`;
    return { address: () => address, isThere: () => true };
  }
  if (transport !== 'unix') return undefined;
  const path = values.get('path') ?? values.get('socket') ?? runtimeSocket(values, runtimeFolder);
  const abstract = values.get('abstract');
  if (abstract) {
    const address = () => `unix:socket=${relayToAbstract(abstract)}`;
    return { address, isThere: () => listens(abstract) };
  }
  // dbus-next takes an address apart at these characters and knows no escapes.
  if (!path || /[,;:=]/.test(path)) return undefined;
  return { address: () => `unix:socket=${path}`, isThere: () => existsSync(path) };
}

function runtimeSocket(values: Map<string, string>, runtimeFolder: string): string | undefined {
  return values.get('runtime') === 'yes' && runtimeFolder ? `${runtimeFolder}/bus` : undefined;
}

function listens(name: string): boolean {
  try {
    const lines = readFileSync(SOCKETS, 'utf8').split('\n');
    return lines.some((line) => line.endsWith(` @${name}`));
  } catch {
    return true;
  }
}

/** `%xx` stands for a byte. */
function unescaped(value: string): string {
  const bytes = value.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => {
    return String.fromCharCode(Number.parseInt(hex, 16));
  });
  return bytes === value ? value : Buffer.from(bytes, 'latin1').toString('utf8');
}
