/**
 * The agent's settings: `/etc/ds-backup/config.toml`, then `<profile>/ds-backup/config.toml`, then the
 * command line; the later one wins. If none names the school server, its address comes from Sugar.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { type ConfigTree, loadConfig, readConfigFile } from '../shared/config.ts';
import { DsError } from '../shared/errors.ts';
import { parsePublicKey } from '../shared/ssh/ssh-key.ts';
import type { Paths } from './paths.ts';

const url = v.pipe(
  v.string(),
  v.check(
    (text) => /^https?:$/.test(parseUrl(text)?.protocol ?? ''),
    'must be an address such as http://schoolserver',
  ),
);
const whole = (min: number, max: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

const serverKey = v.pipe(
  v.string(),
  v.check(isServerKey, 'must be a line as "xs-backup server-key" prints it: ssh-ed25519 AAAA…'),
);

const schema = v.strictObject({
  /** The school server, e.g. `http://schoolserver`. */
  server: v.optional(url),
  /** Where Sugar's registration is called, e.g. `http://schoolserver:8080`. */
  registration: v.optional(url),
  /** The school server's host key, `ssh-ed25519 …`: then no other server is ever trusted. */
  'server-key': v.optional(serverKey),
  /**
   * Without a given key: `first-use` trusts the first server met, `confirm` backs nothing up before a person
   * has typed the digits that the server shows.
   */
  trust: v.optional(v.picklist(['first-use', 'confirm']), 'first-use'),
  /** Upper limit for a transfer, in KiB a second; 0 for none. */
  bandwidth: v.optional(whole(0, 10_000_000), 0),
  /** The day's backup begins at a random moment within this many seconds, so that laptops spread out. */
  spreadSeconds: v.optional(whole(0, 86_400), 300),
  batch: v.optional(
    v.strictObject({
      /** What is sent in one go. A batch is staged as hard links, so it costs no space. */
      bytes: v.optional(whole(1, 2 ** 40), 64 * 1024 * 1024),
      entries: v.optional(whole(1, 100_000), 500),
    }),
    {},
  ),
});
export type Config = v.InferOutput<typeof schema>;

/** The settings of all users of this machine; a package or an administrator puts the server's key there. */
const SYSTEM_CONFIG = '/etc/ds-backup/config.toml';
/** Sugar's name for the school server, unless another one is set. */
const DEFAULT_SERVER = 'http://schoolserver';
/** The port that Sugar's "Register" menu always calls. */
const REGISTRATION_PORT = '8080';

/** The profile folder Sugar uses in this environment. */
export function defaultProfile(env: NodeJS.ProcessEnv): string {
  const home = env.SUGAR_HOME || join(env.HOME || homedir(), '.sugar');
  return join(home, env.SUGAR_PROFILE || 'default');
}

/** Throws `config` naming the key and where it stands. */
export function readConfig(
  paths: Paths,
  flags: ConfigTree,
  systemFile: string = SYSTEM_CONFIG,
): Config {
  return loadConfig(schema, [
    readConfigFile(systemFile, false),
    readConfigFile(paths.config, false),
    { name: 'command line', tree: flags },
  ]);
}

export interface ServerUrls {
  /** Origin of the plain HTTP requests, without a final slash. */
  server: string;
  registration: string;
}

/**
 * `backupUrl` is Sugar's setting, see `serverIn`. A server given with a port serves everything there;
 * otherwise registration has its own port.
 */
export function serverUrls(config: Config, backupUrl: string): ServerUrls {
  const text = config.server ?? serverIn(backupUrl) ?? DEFAULT_SERVER;
  const server = parseUrl(text);
  if (!server) throw new DsError('config', `"${text}" is not an address`);
  const registration = new URL(config.registration ?? server.origin);
  if (!config.registration && server.port === '') registration.port = REGISTRATION_PORT;
  return { server: server.origin, registration: registration.href };
}

/**
 * The school server that Sugar's setting names: the host of `SN@host:backup`, also of IPv6 in brackets, or the
 * origin of an address that somebody put there. Undefined for anything else.
 */
export function serverIn(backupUrl: string): string | undefined {
  const host = /^[^@/]*@([\w.-]+|\[[\da-fA-F:.]+\]):/.exec(backupUrl)?.[1];
  const found = parseUrl(host ? `http://${host}` : backupUrl.trim());
  return found && /^https?:$/.test(found.protocol) && found.hostname ? found.origin : undefined;
}

/**
 * The environment of child processes: ours, but in English because some messages are parsed, and without
 * rsync's own settings, which would change what goes over the wire.
 */
export function childEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith('RSYNC_'));
  return { ...Object.fromEntries(kept), LC_ALL: 'C.UTF-8' };
}

function isServerKey(text: string): boolean {
  try {
    return parsePublicKey(text).type === 'ssh-ed25519';
  } catch {
    return false;
  }
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
