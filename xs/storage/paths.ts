/**
 * The layout of the server's disk (PROTOCOL.md, "On the server's disk"): the paths in the library, the state
 * folder and the folder of completion files. Variable parts are parsed ids, so no path can lead elsewhere.
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
    incoming: join(home, 'incoming'),
    /** What was sent, while it is read. */
    taken: join(home, '.taken'),
    original: join(home, 'datastore-current'),
    mirror: (name: (typeof MIRRORS)[number]) => join(home, name),
    snapshot: (name: SnapshotName) => join(home, name),
    latest: join(home, 'datastore-latest'),
    /** Snapshots that the shrink guard holds aside until somebody decides. */
    held: join(home, 'held'),
    heldSnapshot: (name: SnapshotName) => join(home, 'held', name),
    /** Pinned versions: `<uid>/<digest>/`; and empty files named for pinned snapshots. */
    pinned: join(home, 'pinned'),
    pin: (uid: Uid, digest: Digest) => join(home, 'pinned', uid, digest),
    snapshotPin: (name: SnapshotName) => join(home, 'pinned', name),
    registration: join(home, 'registration.json'),
    /** For the case that the record is damaged. */
    registrationCopy: join(home, '.registration.copy.json'),
    lastSuccess: join(home, 'last-success.json'),
    originalFold: join(home, 'original-fold.json'),
    /** What is wrong with this folder, by the last check. */
    findings: join(home, '.findings.json'),
    sessionLock: join(home, '.session.lock'),
    /** Which agents came with its key. */
    instances: join(home, '.instances.json'),
    /** Shared with the laptop, over SSH, for days without changes. */
    quietKey: join(home, '.quiet-key'),
    /** It came from another school: when, and with which other laptops of the child. */
    moved: join(home, '.moved.json'),
    /** What of its Journal is not safe, as the laptop says. */
    notSafe: join(home, '.not-safe.json'),
    /** What its child offers to the class. */
    classPage: join(home, '.class-page.json'),
    /** A snapshot that is being built. */
    draft: (run: RunId) => join(home, `.tmp-${run}`),
    /** Folded entries of an original client, on their way into a snapshot. */
    folded: (run: RunId) => join(home, `.tmp-${run}-folded`),
    /** An original tree while its snapshot takes its place. Only ever moved, to the trash or back. */
    adopting: (name: SnapshotName) => join(home, `${ADOPTING}${name}`),
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

export const inLibrary = (paths: Paths) => ({
  pool: join(paths.library, '.pool'),
  /** Removed snapshots and pins, kept for some days; one folder per laptop. */
  trash: join(paths.library, '.trash'),
  trashOf: (serial: Serial) => join(paths.library, '.trash', serial),
  /** Waiting to be deleted for good. */
  doomed: join(paths.library, '.doomed'),
  /** The folder of a laptop that was removed from the registrations. */
  forgotten: (serial: Serial) => join(paths.library, '.doomed', `${serial}~forgotten`),
  /** Children who come from another school, until a teacher says yes. */
  arrivals: join(paths.library, '.arrivals'),
  arrival: (serial: Serial) => join(paths.library, '.arrivals', serial),
  /** Lists that come back from the copy elsewhere, until the content of each is here. */
  arriving: join(paths.library, '.offsite-restore'),
  /** Content that comes back from the copy elsewhere. */
  fetched: join(paths.library, '.offsite-fetched'),
  /** A child on her way to another school by a repository, for as long as it is written. */
  leaving: (serial: Serial) => join(paths.library, '.leaving', serial),
  /** Which Moodles sign children on, and which account of one opens which Journal. */
  moodle: join(paths.library, '.moodle.json'),
  clock: join(paths.library, '.clock.json'),
  /** Whether there is a class page. */
  classPage: join(paths.library, '.class-page.json'),
  /** It came here without hard links; until every name is linked again. */
  unlinked: join(paths.library, '.unlinked'),
  /** Space that is released when the disk is too full to be cleaned up. */
  reserve: join(paths.library, '.reserve'),
});

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

export const inState = (paths: Paths) => ({
  database: join(paths.state, 'xs.db'),
  /** The number of the library that was served last. */
  libraryId: join(paths.state, 'library-id'),
  /** In case that of the library is damaged. */
  hostKeyCopy: join(paths.state, 'ssh', 'host-key-copy'),
  runFolder: join(paths.state, 'run'),
  apiSocket: join(paths.state, 'run', 'api.sock'),
  /** How the copies elsewhere went; held while one is made. */
  offsite: join(paths.state, 'offsite.json'),
  offsiteLock: join(paths.state, 'run', 'offsite.lock'),
  /** Held while a service runs. */
  serviceLock: join(paths.state, 'run', 'service.lock'),
  /** Where a check of a laptop's folder puts its findings when it cannot write there. */
  findingsFolder: join(paths.state, 'findings'),
  findings: (serial: Serial) => join(paths.state, 'findings', `${serial}.json`),
  adminSocket: join(paths.state, 'run', 'admin.sock'),
  /** Who may sign in to the pages as a teacher. */
  teachers: join(paths.state, 'teachers.json'),
  /** Accounts that came back from the copy elsewhere: nobody signs in with one before it is confirmed. */
  teachersOfCopy: join(paths.state, 'teachers-of-copy.json'),
  /** Codes with which children sign in once, as hashes. */
  codes: join(paths.state, 'codes.json'),
  sshFolder: join(paths.state, 'ssh'),
  /** Authorized keys, one file per login name. */
  keysFolder: join(paths.state, 'ssh', 'keys'),
  keys: (login: string) => join(paths.state, 'ssh', 'keys', login),
  sshdConfig: join(paths.state, 'ssh', 'sshd_config'),
  session: join(paths.state, 'ssh', 'ds-session'),
  sessionConfig: join(paths.state, 'ssh', 'session.conf'),
  /** Whose snapshots a laptop may read besides its own: one file per laptop, one serial per line. */
  replacesFolder: join(paths.state, 'ssh', 'replaces'),
  replaces: (serial: Serial) => join(paths.state, 'ssh', 'replaces', serial),
  /** Who may upload now: one empty file per laptop. */
  leasesFolder: join(paths.state, 'ssh', 'leases'),
  lease: (serial: Serial) => join(paths.state, 'ssh', 'leases', serial),
  passwd: join(paths.state, 'ssh', 'passwd'),
  group: join(paths.state, 'ssh', 'group'),
});
