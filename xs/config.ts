/**
 * The server's settings: built-in defaults < /etc/xs-backup/config.toml < flags. README lists them.
 */
import * as v from 'valibot';
import { type ConfigTree, loadConfig, readConfigFile } from '../shared/config.ts';
import { moodle, offsite, registration } from './setting-groups.ts';
import { type Setting, settingsIn } from './setting-list.ts';
import { address, network, path, whole } from './setting-values.ts';

const DEFAULT_CONFIG_FILE = '/etc/xs-backup/config.toml';

const schema = v.strictObject({
  library: v.optional(
    v.pipe(
      path,
      v.description("Laptops' folders, snapshots and the pool; all on one file system."),
    ),
    '/library/users',
  ),
  state: v.optional(
    v.pipe(path, v.description('The database, SSH keys and sockets.')),
    '/var/lib/xs-backup',
  ),
  completion: v.optional(
    v.pipe(path, v.description('Where completion files wait for ingest.')),
    '/var/lib/ds-backup/completion',
  ),
  http: v.optional(
    v.strictObject({
      listen: v.optional(
        v.pipe(
          address,
          v.description(
            'Where registration and permission to transfer are answered. Port 0 takes a free one.',
          ),
        ),
        '0.0.0.0:8080',
      ),
      publicPort: v.optional(
        v.pipe(
          whole(0, 65_535),
          v.description(
            'The port at which laptops and browsers reach this server, which status tries as well: 80 where http.listen has 8080, else that of http.listen. 0: nothing to try.',
          ),
        ),
      ),
      name: v.optional(
        v.pipe(
          v.pipe(v.string(), v.regex(/^[\w.-]{1,200}$/)),
          v.description('The name of this server for laptops, sent to them at registration.'),
        ),
        'schoolserver',
      ),
      proxies: v.optional(
        v.pipe(
          v.array(network),
          v.description(
            'Web servers that forward to this one from other machines: what they say about who asked, and whether by HTTPS, is believed. Those on this machine always are.',
          ),
        ),
        [],
      ),
    }),
    {},
  ),
  https: v.optional(
    v.strictObject({
      listen: v.optional(
        v.pipe(
          v.union([address, v.literal('off')], 'must be ADDRESS:PORT, or "off"'),
          v.description(
            'Where teachers reach the pages with TLS, by a certificate that the server makes itself. While it is on, nobody signs in as a teacher over plain HTTP. "off": none.',
          ),
        ),
        '0.0.0.0:8443',
      ),
      certificate: v.optional(
        v.pipe(
          path,
          v.description(
            'A certificate of your own for https.listen, with those that vouch for it, in PEM. It is read again every six hours. While it cannot be used, status says why, and the one that the server makes itself is shown.',
          ),
        ),
      ),
      key: v.optional(v.pipe(path, v.description('The key of https.certificate, in PEM.'))),
      publicPort: v.optional(
        v.pipe(
          whole(1, 65_535),
          v.description(
            'The port to which teachers are sent, where it is not that of https.listen: a web server with a certificate of its own that forwards to us.',
          ),
        ),
      ),
    }),
    {},
  ),
  ssh: v.optional(
    v.strictObject({
      listen: v.optional(
        v.pipe(address, v.description('Where the embedded sshd listens. Port 0 takes a free one.')),
        '0.0.0.0:2222',
      ),
      announcedPort: v.optional(
        v.pipe(
          whole(1, 65_535),
          v.description('The port announced to laptops, where another one is forwarded to ours.'),
        ),
      ),
      user: v.optional(
        v.pipe(
          v.pipe(v.string(), v.regex(/^[a-z_][a-z0-9_-]{0,31}$/)),
          v.description('The login name of our own agents; the original client uses its serial.'),
        ),
        'ds-receive',
      ),
      uid: v.optional(
        v.pipe(
          whole(1, 2 ** 31 - 1),
          v.description(
            'The user id of sessions when the service runs as root: one that owns nothing else.',
          ),
        ),
      ),
    }),
    {},
  ),
  traffic: v.optional(
    v.strictObject({
      slots: v.optional(v.pipe(whole(1, 1000), v.description('Concurrent backups.')), 8),
      restoreSlots: v.optional(
        v.pipe(whole(1, 1000), v.description('Concurrent restores, in addition to the backups.')),
        2,
      ),
      leaseSeconds: v.optional(
        v.pipe(
          whole(1, 3600),
          v.description('How long a lease lasts without a session, in seconds.'),
        ),
        120,
      ),
      minFreePercent: v.optional(
        v.pipe(
          whole(0, 50),
          v.description('Below this share of free blocks or inodes no backup begins, in per cent.'),
        ),
        3,
      ),
      perSubnet: v.optional(
        v.pipe(
          whole(0, 1000),
          v.description(
            'Concurrent transfers from one access network (/24 of IPv4, /64 of IPv6); 0 means no limit.',
          ),
        ),
        0,
      ),
      adaptive: v.optional(
        v.pipe(
          v.boolean(),
          v.description('Whether slots are reduced while disk or processor are busy.'),
        ),
        true,
      ),
    }),
    {},
  ),
  retention: v.optional(
    v.strictObject({
      keepAllDays: v.optional(
        v.pipe(whole(1, 3650), v.description('Younger snapshots are kept, in days.')),
        31,
      ),
      keepLast: v.optional(
        v.pipe(whole(1, 1000), v.description('This many of the newest snapshots are always kept.')),
        10,
      ),
      perDay: v.optional(
        v.pipe(
          whole(1, 100_000),
          v.description('Backups of one laptop within 24 hours; more are refused.'),
        ),
        8,
      ),
      trashDays: v.optional(
        v.pipe(whole(0, 365), v.description('How long removed items can be restored, in days.')),
        7,
      ),
    }),
    {},
  ),
  quota: v.optional(
    v.strictObject({
      sharePercent: v.optional(
        v.pipe(
          whole(1, 100),
          v.description("The share of the library's disk for all laptops together, in per cent."),
        ),
        70,
      ),
      pinsPercent: v.optional(
        v.pipe(
          whole(0, 100),
          v.description("The share of a laptop's quota for pins, in per cent."),
        ),
        25,
      ),
      xsQuotas: v.optional(
        v.pipe(
          path,
          v.description(
            'A file of the original program whose line "ds-backup: N" overrides sharePercent.',
          ),
        ),
        '/etc/xs-quotas.conf',
      ),
      reservePercent: v.optional(
        v.pipe(
          whole(0, 20),
          v.description(
            'Kept free for restores and cleanup: this share of the disk, in per cent …',
          ),
        ),
        2,
      ),
      reserveMiB: v.optional(
        v.pipe(whole(0, 1 << 20), v.description('… but not more than this, in MiB.')),
        1024,
      ),
    }),
    {},
  ),
  guard: v.optional(
    v.strictObject({
      lostPercent: v.optional(
        v.pipe(
          whole(1, 100),
          v.description(
            'A backup that lost more than this share of the entries or bytes is held, in per cent …',
          ),
        ),
        50,
      ),
      minEntries: v.optional(
        v.pipe(whole(1, 100_000), v.description('… if it lost at least this many entries.')),
        10,
      ),
    }),
    {},
  ),
  chores: v.optional(
    v.strictObject({
      delaySeconds: v.optional(
        v.pipe(
          whole(0, 86_400),
          v.description('From the start of the service to the first cleanup, in seconds.'),
        ),
        120,
      ),
      scrubSeconds: v.optional(
        v.pipe(whole(1, 86_400), v.description('Between two steps of the scrub, in seconds.')),
        300,
      ),
    }),
    {},
  ),
  registration: v.optional(registration, {}),
  moodle: v.optional(moodle, {}),
  offsite: v.optional(offsite, {}),
  pages: v.optional(
    v.strictObject({
      hosts: v.optional(
        v.pipe(
          v.array(v.pipe(v.string(), v.regex(/^[\w.-]{1,200}$/))),
          v.description("Host names for browsers, in addition to http.name and the machine's own."),
        ),
        [],
      ),
      xoid: v.optional(
        v.pipe(
          v.boolean(),
          v.description(
            "Accept Browse's cookie \"xoid\" as proof of which child this is. It is derived from the laptop's public key, never changes, and is sent in the clear: anybody who has seen it, or the key at registration, can read that child's Journal. Off by default.",
          ),
        ),
        false,
      ),
      teachersFrom: v.optional(
        v.pipe(
          v.array(network),
          v.description(
            'Networks from which teachers may use the pages, such as ["10.1.0.0/16"]; without any, all. Children come from everywhere.',
          ),
        ),
        [],
      ),
    }),
    {},
  ),
});

/** Every setting, for the manual page. */
export function listSettings(): Setting[] {
  return settingsIn('', schema.entries);
}

export type Config = v.InferOutput<typeof schema>;

/** `file` undefined means the default place, which may be absent. Throws `config`. */
export function readConfig(file: string | undefined, flags: ConfigTree): Config {
  return loadConfig(schema, [
    readConfigFile(file ?? DEFAULT_CONFIG_FILE, file !== undefined),
    { name: 'command line', tree: flags },
  ]);
}
