/**
 * What to do about a part that does not work, by the reason that was found: for whoever looks after
 * the server and has read that reason. In English, for the terminal.
 */
import type { Fault, Part } from '../ground/faults.ts';
import { hintFor } from '../ssh/start-check.ts';
import type { Concern } from './concerns.ts';

const AGAIN = 'then "systemctl restart xs-backup"';

/** By what the system says in the reason, whatever the part is; the first that fits. */
const BY_REASON: readonly (readonly [RegExp, string])[] = [
  [
    /\bEROFS\b|read-only|SQLITE_READONLY/i,
    `"dmesg" says why the disk became read-only; check it with fsck, mount it again, ${AGAIN}`,
  ],
  [
    /\b(ENOSPC|EDQUOT|SQLITE_FULL)\b/,
    '"df -h" and "df -i" show which disk is full; make room on it, and it goes on by itself',
  ],
  [
    /\b(EACCES|EPERM)\b/,
    `"ls -ld" shows whose it is; give it to the user of the service with chown, ${AGAIN}`,
  ],
  [
    /\b(EIO|EUCLEAN|EBADMSG|ENXIO|ENODEV|ESTALE|SQLITE_IOERR)\b/,
    '"dmesg" names the disk that cannot be read; look at its cable, and copy the library to another disk soon',
  ],
  [/\bEADDRINUSE\b/, '"ss -ltnp" shows which program has the port; end it, or choose another port'],
  [
    /\b(EXDEV|EMLINK|ENOTSUP|EOPNOTSUPP|ENOSYS)\b/,
    'put the library on one file system with hard links: ext4, xfs or btrfs',
  ],
  [
    /\b(EMFILE|ENFILE|ENOMEM)\b/,
    `"free -h" shows the memory that is left; end other programs, ${AGAIN}`,
  ],
];

const JOURNAL = '"journalctl -u xs-backup -n 50" says what came before it';

const BY_PART: Readonly<Record<Part, string>> = {
  library: `${JOURNAL}; if a file is missing or in the way, put it right, ${AGAIN}`,
  state: `${JOURNAL}; the state folder can be made again, but for the teachers' passwords: ${AGAIN.slice(5)}`,
  completion: `make the folder that "completion" of the settings names, ${AGAIN}`,
  index: '"xs-backup rebuild" makes the index again from the disk',
  sessions: `${JOURNAL}; sshd tells there why it ends`,
  rights: `sessions of laptops cannot read what is stored; ${JOURNAL}`,
  watching: `new backups are found later than they could be; ${JOURNAL}`,
  terminal: '"systemctl restart xs-backup" opens the socket for commands again',
  http: `${JOURNAL}; "http.listen" in the settings chooses another address or port`,
  https: `${JOURNAL}; "https.listen" in the settings chooses another address or port`,
  certificate: 'get it renewed, or correct "https.certificate" and "https.key" in the settings',
  moodle: '"xs-backup moodle list" shows what is known; "moodle add" adds a Moodle again',
};

/** What to do about a fault: its own hint, or what the system's words and the part suggest. */
export function wayOutOf({ part, reason, hint }: Fault): string {
  if (part === 'watching' && /\bENOSPC\b/.test(reason)) {
    return 'allow more watched folders: sysctl fs.inotify.max_user_watches=65536';
  }
  const [, known] = BY_REASON.find(([pattern]) => pattern.test(reason)) ?? [];
  return hint ?? known ?? BY_PART[part];
}

/** One for each thing that is broken; empty for a concern whose advice is the way out already. */
export function waysOut(concern: Concern): string[] {
  if (concern.type === 'sandbox') return [hintFor(concern.reason)];
  if (concern.type !== 'faults') return [];
  return concern.faults.map((fault) => `${fault.part}: ${wayOutOf(fault)}`);
}
