/**
 * The server's settings: built-in defaults < /etc/xs-backup/config.toml < flags. README lists them.
 */
import * as v from 'valibot';
import { type ConfigTree, loadConfig, readConfigFile } from '../shared/config.ts';
import { DsError } from '../shared/errors.ts';

export const DEFAULT_CONFIG_FILE = '/etc/xs-backup/config.toml';

/** Paths end up in sshd's and the session script's files, so nothing in them may need quoting. */
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
    /** Whether unknown laptops may register: always, in a window that a teacher opens, never. */
    policy: v.optional(v.picklist(['open', 'window', 'closed'])),
    /** How this was said before there were windows. */
    open: v.optional(v.boolean()),
    /** New laptops within an hour, all together and from one address. */
    perHour: v.optional(whole(1, 100_000), 300),
    perAddress: v.optional(whole(1, 100_000), 30),
    /** Registrations without any backup. */
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
      /** The name laptops call this server by; told to them at registration. */
      name: v.optional(v.pipe(v.string(), v.regex(/^[\w.-]{1,200}$/)), 'schoolserver'),
    }),
    {},
  ),
  ssh: v.optional(
    v.strictObject({
      /** Port 0 takes a free one. */
      listen: v.optional(address, '0.0.0.0:2222'),
      /** The port laptops are told, where another one is forwarded to ours. */
      announcedPort: v.optional(whole(1, 65_535)),
      /** The login name of our own agents; the original client uses its serial. */
      user: v.optional(v.pipe(v.string(), v.regex(/^[a-z_][a-z0-9_-]{0,31}$/)), 'ds-receive'),
      /** Who sessions run as when the service is root: a user id that owns nothing else. */
      uid: v.optional(whole(1, 2 ** 31 - 1)),
    }),
    {},
  ),
  traffic: v.optional(
    v.strictObject({
      /** Backups at once. */
      slots: v.optional(whole(1, 1000), 8),
      /** Restores at once, besides the backups. */
      restoreSlots: v.optional(whole(1, 1000), 2),
      /** How long a lease lives without a session, in seconds. */
      leaseSeconds: v.optional(whole(1, 3600), 120),
      /** Below this share of free blocks or inodes no backup begins, in per cent. */
      minFreePercent: v.optional(whole(0, 50), 3),
      /** Transfers at once from one access network (/24 of IPv4, /64 of IPv6); 0 is no limit. */
      perSubnet: v.optional(whole(0, 1000), 0),
      /** Whether there are fewer backups at once while disk or processor are busy. */
      adaptive: v.optional(v.boolean(), true),
    }),
    {},
  ),
  retention: v.optional(
    v.strictObject({
      /** Snapshots younger than this stay, in days. */
      keepAllDays: v.optional(whole(1, 3650), 31),
      /** So many of the newest are never thinned. */
      keepLast: v.optional(whole(1, 1000), 10),
      /** Backups of one laptop within 24 hours; more are refused. */
      perDay: v.optional(whole(1, 100_000), 8),
      /** How long what was removed can be brought back, in days. */
      trashDays: v.optional(whole(0, 365), 7),
    }),
    {},
  ),
  quota: v.optional(
    v.strictObject({
      /** What all laptops together may use of the library's disk, in per cent. */
      sharePercent: v.optional(whole(1, 100), 70),
      /** What pins may use of a laptop's quota, in per cent. */
      pinsPercent: v.optional(whole(0, 100), 25),
      /** A file of the original's time whose line "ds-backup: N" goes before sharePercent. */
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
      /** … if it lost at least so many entries. */
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
      /** Names, besides http.name and the machine's own, that browsers may call this server by. */
      hosts: v.optional(v.array(v.pipe(v.string(), v.regex(/^[\w.-]{1,200}$/))), []),
      /**
       * Believe Browse's cookie "xoid" about which child this is. It is made of the laptop's public key,
       * never changes, and travels for everybody to hear: whoever has once seen it, or the key at
       * registration, can see that child's Journal. Off unless a school knows why.
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
  if (port > 65_535) throw new DsError('config', `${text}: there is no port ${port}`);
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port };
}
