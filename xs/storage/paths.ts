/**
 * The layout of the server's disk (PROTOCOL.md, "On the server's disk"): the paths in the library, the state
 * folder and the folder of completion files. Variable parts are parsed ids, so no path can lead elsewhere. What
 * a page asks about a thousand laptops is put together from one joined path: to join each name took a third of it.
 */
import { join } from 'node:path';
import {
  type Digest,
  parseSnapshotName,
  type RunId,
  type Serial,
  type SnapshotName,
  tryParse,
  type Uid,
} from '../../shared/ids.ts';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';

export interface Paths {
  readonly library: string;
  readonly completion: string;
  readonly state: string;
}

/** The folders that the original client mirrors. */
export const MIRRORS = ['datastore-current', 'documents', 'power-logs'] as const;

export const inLaptop = (paths: Paths, serial: Serial) => {
  const home = join(paths.library, serial);
  return {
    home,
    incoming: `${home}/incoming`,
    /** What was sent, while it is read. */
    taken: `${home}/.taken`,
    original: `${home}/datastore-current`,
    mirror: (name: (typeof MIRRORS)[number]) => `${home}/${name}`,
    snapshot: (name: SnapshotName) => `${home}/${name}`,
    latest: `${home}/datastore-latest`,
    /** Snapshots that the shrink guard holds aside until somebody decides. */
    held: `${home}/held`,
    heldSnapshot: (name: SnapshotName) => `${home}/held/${name}`,
    /** Pinned versions: `<uid>/<digest>/`; and empty files named for pinned snapshots. */
    pinned: `${home}/pinned`,
    pin: (uid: Uid, digest: Digest) => `${home}/pinned/${uid}/${digest}`,
    snapshotPin: (name: SnapshotName) => `${home}/pinned/${name}`,
    registration: `${home}/registration.json`,
    /** For the case that the record is damaged. */
    registrationCopy: `${home}/.registration.copy.json`,
    lastSuccess: `${home}/last-success.json`,
    originalFold: `${home}/original-fold.json`,
    /** What is wrong with this folder, by the last check. */
    findings: `${home}/.findings.json`,
    sessionLock: `${home}/.session.lock`,
    /** Which agents came with its key. */
    instances: `${home}/.instances.json`,
    /** Shared with the laptop, over SSH, for days without changes. */
    quietKey: `${home}/.quiet-key`,
    /** It came from another school: when, and with which other laptops of the child. */
    moved: `${home}/.moved.json`,
    /** What of its Journal is not safe, as the laptop says. */
    notSafe: `${home}/.not-safe.json`,
    /** What its child offers to the class. */
    classPage: `${home}/.class-page.json`,
    /** A snapshot that is being built. */
    draft: (run: RunId) => `${home}/.tmp-${run}`,
    /** Folded entries of an original client, on their way into a snapshot. */
    folded: (run: RunId) => `${home}/.tmp-${run}-folded`,
    /** An original tree while its snapshot takes its place. Only ever moved, to the trash or back. */
    adopting: (name: SnapshotName) => `${home}/${ADOPTING}${name}`,
  };
};

const ADOPTING = '.adopting-';

/** The snapshot whose original tree has this name for now; undefined for other names. */
export const adoptingName = (name: string): SnapshotName | undefined =>
  name.startsWith(ADOPTING) ? tryParse(parseSnapshotName, name.slice(ADOPTING.length)) : undefined;

/** In an arrival: a library's folder with the laptops that are made of what came. */
export const builtLaptops = (arrival: string): string => join(arrival, 'built');

/** Drafts: work in progress, worthless after a restart of the service. */
export const isDraftName = (name: string): boolean => name.startsWith('.tmp-');

/** The two files of an entry, in whatever folder has them: a snapshot, a pin, `incoming/`. */
export const inEntry = (folder: string, uid: Uid) => ({
  content: join(folder, uid),
  metadata: join(folder, `${uid}${METADATA_SUFFIX}`),
});

export const inSnapshot = (snapshot: string) => ({
  manifest: join(snapshot, 'MANIFEST'),
  sums: join(snapshot, 'SUMS.gz'),
  /** Why the shrink guard holds it aside. */
  held: join(snapshot, 'HELD'),
  /** Empty: another laptop of this name sent it. */
  twin: join(snapshot, 'TWIN'),
});

export const inLibrary = (paths: Paths) => {
  const root = join(paths.library);
  return {
    pool: `${root}/.pool`,
    /** Removed snapshots and pins, kept for some days; one folder per laptop. */
    trash: `${root}/.trash`,
    trashOf: (serial: Serial) => `${root}/.trash/${serial}`,
    /** Waiting to be deleted for good. */
    doomed: `${root}/.doomed`,
    /** The folder of a laptop that was removed from the registrations. */
    forgotten: (serial: Serial) => `${root}/.doomed/${serial}~forgotten`,
    /** Children who come from another school, until a teacher says yes. */
    arrivals: `${root}/.arrivals`,
    arrival: (serial: Serial) => `${root}/.arrivals/${serial}`,
    /** Lists that come back from the copy elsewhere, until the content of each is here. */
    arriving: `${root}/.offsite-restore`,
    /** Content that comes back from the copy elsewhere. */
    fetched: `${root}/.offsite-fetched`,
    /** A child on her way to another school by a repository, for as long as it is written. */
    leaving: (serial: Serial) => `${root}/.leaving/${serial}`,
    /** Which Moodles sign children on, and which account of one opens which Journal. */
    moodle: `${root}/.moodle.json`,
    clock: `${root}/.clock.json`,
    /** Whether there is a class page. */
    classPage: `${root}/.class-page.json`,
    /** It came here without hard links; until every name is linked again. */
    unlinked: `${root}/.unlinked`,
    /** Space that is released when the disk is too full to be cleaned up. */
    reserve: `${root}/.reserve`,
  };
};

/** The audit log of registrations, one file per month. */
export const inAudit = (paths: Paths) => {
  const folder = join(paths.library, '.audit');
  return { folder, month: (month: string) => join(folder, `${month}.jsonl`) };
};

/** The days of the school: a file of numbers, and one a month of who came. */
export const inDays = (paths: Paths) => {
  const folder = join(paths.library, '.days');
  return {
    folder,
    days: join(folder, 'days.jsonl'),
    /** Of a date, or of the name of such a file. */
    month: (text: string) => join(folder, `${auditMonth(text)}.jsonl`),
  };
};

/** `YYYY-MM` of an ISO time or of the name of such a file. */
export const auditMonth = (text: string): string => text.slice(0, 7);

export const inPool = (paths: Paths, digest: Digest) => {
  const folder = join(paths.library, '.pool', digest.slice(0, 2));
  return {
    folder,
    /** The n-th inode with this content; the first is 0. */
    file: (n: number) => join(folder, n === 0 ? digest : `${digest}.${n}`),
  };
};

/** The n-th of 256 folders of the pool. */
export const inShard = (paths: Paths, shard: number): string =>
  join(paths.library, '.pool', shard.toString(16).padStart(2, '0'));

/** A file name in the pool: a digest, followed by a number from the second inode on. */
export const POOL_NAME = /^([0-9a-f]{64})(\.\d+)?$/;

export const inDamaged = (paths: Paths) => {
  const folder = join(paths.library, '.damaged');
  return {
    folder,
    content: (digest: Digest, inode: number) => join(folder, `${digest}.${inode}`),
    record: (digest: Digest, inode: number) => join(folder, `${digest}.${inode}.json`),
    /** A link that is about to replace damaged content. */
    repair: join(folder, '.repair.tmp'),
  };
};

/**
 * The server's SSH host key and its public half. They are in the library, so that laptops go on
 * trusting the server when the library moves to another machine.
 */
export const hostKey = (paths: Paths): string => join(paths.library, '.host-key');
export const hostKeyPublic = (paths: Paths): string => join(paths.library, '.host-key.pub');
/** RSA, for original clients. */
export const oldHostKey = (paths: Paths): string => join(paths.library, '.host-key-rsa');

/** Key and certificate of the pages over HTTPS. */
export const httpsCertificate = (paths: Paths): string => join(paths.library, '.https.pem');

/** Which library this is; see library-id.ts. */
export const libraryId = (paths: Paths): string => join(paths.library, '.library-id');

export const scrubState = (paths: Paths): string => join(paths.library, '.scrub.json');

export const inCompletion = (paths: Paths) => ({
  waiting: (serial: Serial) => join(paths.completion, serial),
  claimedFolder: join(paths.completion, '.claimed'),
  claimed: (serial: Serial) => join(paths.completion, '.claimed', serial),
  /** How often its ingest was begun in vain. */
  attempts: (serial: Serial) => join(paths.completion, '.claimed', `${serial}.attempts`),
  dropFolder: join(paths.completion, '.drop'),
  drop: (serial: Serial) => join(paths.completion, '.drop', serial),
});

export const inState = (paths: Paths) => {
  const root = join(paths.state);
  return {
    database: `${root}/xs.db`,
    /** The number of the library that was served last. */
    libraryId: `${root}/library-id`,
    /** In case that of the library is damaged. */
    hostKeyCopy: `${root}/ssh/host-key-copy`,
    runFolder: `${root}/run`,
    apiSocket: `${root}/run/api.sock`,
    /** How the copies elsewhere went; held while one is made. */
    offsite: `${root}/offsite.json`,
    offsiteLock: `${root}/run/offsite.lock`,
    /** Held while a service runs. */
    serviceLock: `${root}/run/service.lock`,
    /** Where a check of a laptop's folder puts its findings when it cannot write there. */
    findingsFolder: `${root}/findings`,
    findings: (serial: Serial) => `${root}/findings/${serial}.json`,
    adminSocket: `${root}/run/admin.sock`,
    /** Who may sign in to the pages as a teacher. */
    teachers: `${root}/teachers.json`,
    /** Accounts that came back from the copy elsewhere: nobody signs in with one before it is confirmed. */
    teachersOfCopy: `${root}/teachers-of-copy.json`,
    /** Codes with which children sign in once, as hashes. */
    codes: `${root}/codes.json`,
    sshFolder: `${root}/ssh`,
    /** Authorized keys, one file per login name. */
    keysFolder: `${root}/ssh/keys`,
    keys: (login: string) => `${root}/ssh/keys/${login}`,
    sshdConfig: `${root}/ssh/sshd_config`,
    session: `${root}/ssh/ds-session`,
    sessionConfig: `${root}/ssh/session.conf`,
    /** Whose snapshots a laptop may read besides its own: one file per laptop, one serial per line. */
    replacesFolder: `${root}/ssh/replaces`,
    replaces: (serial: Serial) => `${root}/ssh/replaces/${serial}`,
    /** Who may upload now: one empty file per laptop. */
    leasesFolder: `${root}/ssh/leases`,
    lease: (serial: Serial) => `${root}/ssh/leases/${serial}`,
    passwd: `${root}/ssh/passwd`,
    group: `${root}/ssh/group`,
  };
};
