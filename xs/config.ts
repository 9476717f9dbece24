/**
 * The server's settings: built-in defaults < /etc/xs-backup/config.toml < flags. README lists them.
 */
import * as v from 'valibot';
import { type ConfigTree, loadConfig, readConfigFile } from '../shared/config.ts';
import { DsError } from '../shared/errors.ts';

const DEFAULT_CONFIG_FILE = '/etc/xs-backup/config.toml';

/** Paths are written into sshd's and the session script's files, so they may not need quoting. */
const path = v.pipe(
  v.string(),
  v.regex(/^\/[\w./@:+-]*$/, 'must be an absolute path of plain characters'),
);
const address = v.pipe(
  v.string(),
  v.regex(/^(?:[\w.-]+|\[[0-9a-f:]+\]):\d{1,5}$/i, 'must be ADDRESS:PORT'),
);
const whole = (min: number, max: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

const registration = v.pipe(
  v.strictObject({
    /** When unknown laptops may register: always, in a window that a teacher opens, or never. */
    policy: v.optional(v.picklist(['open', 'window', 'closed'])),
    /** The older form of `policy`: true is open, false is closed. */
    open: v.optional(v.boolean()),
    /** New laptops per hour, in total and from one address. */
    perHour: v.optional(whole(1, 100_000), 300),
    perAddress: v.optional(whole(1, 100_000), 30),
    /** Most registrations without any backup. */
    maxLaptops: v.optional(whole(1, 1_000_000), 2000),
  }),
  v.check(
    ({ policy, open }) => policy === undefined || open === undefined,
    'give "registration.policy" or the older "registration.open", not both',
  ),
  v.transform(({ policy, open, ...limits }) => ({
    policy: policy ?? (open === false ? 'closed' : 'open'),
    ...limits,
  })),
);

const schema = v.strictObject({
  /** Laptops' folders, snapshots and the pool; all on one file system. */
  library: v.optional(path, '/library/users'),
  /** The database, SSH keys and sockets. */
  state: v.optional(path, '/var/lib/xs-backup'),
  /** Where completion files wait. */
  completion: v.optional(path, '/var/lib/ds-backup/completion'),
  http: v.optional(
    v.strictObject({
      /** Port 0 takes a free one. */
      listen: v.optional(address, '0.0.0.0:8080'),
      /** The name of this server for laptops, sent to them at registration. */
      name: v.optional(v.pipe(v.string(), v.regex(/^[\w.-]{1,200}$/)), 'schoolserver'),
    }),
    {},
  ),
  ssh: v.optional(
    v.strictObject({
      /** Port 0 takes a free one. */
      listen: v.optional(address, '0.0.0.0:2222'),
      /** The port announced to laptops, where another one is forwarded to ours. */
      announcedPort: v.optional(whole(1, 65_535)),
      /** The login name of our own agents; the original client uses its serial. */
      user: v.optional(v.pipe(v.string(), v.regex(/^[a-z_][a-z0-9_-]{0,31}$/)), 'ds-receive'),
      /** The user id of sessions when the service runs as root: one that owns nothing else. */
      uid: v.optional(whole(1, 2 ** 31 - 1)),
    }),
    {},
  ),
  traffic: v.optional(
    v.strictObject({
      /** Concurrent backups. */
      slots: v.optional(whole(1, 1000), 8),
      /** Concurrent restores, in addition to the backups. */
      restoreSlots: v.optional(whole(1, 1000), 2),
      /** How long a lease lasts without a session, in seconds. */
      leaseSeconds: v.optional(whole(1, 3600), 120),
      /** Below this share of free blocks or inodes no backup begins, in per cent. */
      minFreePercent: v.optional(whole(0, 50), 3),
      /** Concurrent transfers from one access network (/24 of IPv4, /64 of IPv6); 0 means no limit. */
      perSubnet: v.optional(whole(0, 1000), 0),
      /** Whether slots are reduced while disk or processor are busy. */
      adaptive: v.optional(v.boolean(), true),
    }),
    {},
  ),
  retention: v.optional(
    v.strictObject({
      /** Younger snapshots are kept, in days. */
      keepAllDays: v.optional(whole(1, 3650), 31),
      /** This many of the newest snapshots are always kept. */
      keepLast: v.optional(whole(1, 1000), 10),
      /** Backups of one laptop within 24 hours; more are refused. */
      perDay: v.optional(whole(1, 100_000), 8),
      /** How long removed items can be restored, in days. */
      trashDays: v.optional(whole(0, 365), 7),
    }),
    {},
  ),
  quota: v.optional(
    v.strictObject({
      /** The share of the library's disk for all laptops together, in per cent. */
      sharePercent: v.optional(whole(1, 100), 70),
      /** The share of a laptop's quota for pins, in per cent. */
      pinsPercent: v.optional(whole(0, 100), 25),
      /** A file of the original program whose line "ds-backup: N" overrides sharePercent. */
      xsQuotas: v.optional(path, '/etc/xs-quotas.conf'),
      /** Kept free for restores and cleanup: this share of the disk, in per cent … */
      reservePercent: v.optional(whole(0, 20), 2),
      /** … but not more than this, in MiB. */
      reserveMiB: v.optional(whole(0, 1 << 20), 1024),
    }),
    {},
  ),
  guard: v.optional(
    v.strictObject({
      /** A backup that lost more than this share of the entries or bytes is held, in per cent … */
      lostPercent: v.optional(whole(1, 100), 50),
      /** … if it lost at least this many entries. */
      minEntries: v.optional(whole(1, 100_000), 10),
    }),
    {},
  ),
  chores: v.optional(
    v.strictObject({
      /** From the start of the service to the first cleanup, in seconds. */
      delaySeconds: v.optional(whole(0, 86_400), 120),
      /** Between two steps of the scrub, in seconds. */
      scrubSeconds: v.optional(whole(1, 86_400), 300),
    }),
    {},
  ),
  registration: v.optional(registration, {}),
  pages: v.optional(
    v.strictObject({
      /** Host names for browsers, in addition to http.name and the machine's own. */
      hosts: v.optional(v.array(v.pipe(v.string(), v.regex(/^[\w.-]{1,200}$/))), []),
      /**
       * Accept Browse's cookie "xoid" as proof of which child this is. It is derived from the laptop's
       * public key, never changes, and is sent in the clear: anybody who has seen it, or the key at
       * registration, can read that child's Journal. Off by default.
       */
      xoid: v.optional(v.boolean(), false),
    }),
    {},
  ),
});

export type Config = v.InferOutput<typeof schema>;

/** `file` undefined means the default place, which may be absent. Throws `config`. */
export function readConfig(file: string | undefined, flags: ConfigTree): Config {
  return loadConfig(schema, [
    readConfigFile(file ?? DEFAULT_CONFIG_FILE, file !== undefined),
    { name: 'command line', tree: flags },
  ]);
}

export interface Address {
  host: string;
  port: number;
}

export function parseAddress(text: string): Address {
  const colon = text.lastIndexOf(':');
  const port = Number(text.slice(colon + 1));
  if (port > 65_535) throw new DsError('config', `${text}: ${port} is not a valid port`);
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port };
}
