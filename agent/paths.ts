/**
 * Where everything is on the laptop's disk (PROTOCOL.md, "On the laptop's disk"): the profile's files, and
 * the layout of entries in the Journal, in a batch, and in a batch being written.
 */
import { join } from 'node:path';
import type { Uid } from '../shared/ids.ts';
import type { TreeEntry } from '../shared/journal/journal-tree.ts';
import { METADATA_SUFFIX } from '../shared/journal/sums.ts';

export interface Paths {
  profile: string;
  /** Sugar's datastore. */
  journal: string;
  /** Its layout's number. */
  journalVersion: string;
  /** Exists while its index is complete: without it the datastore's next start makes a new one. */
  journalClean: string;
  lockFolder: string;
  lock: string;
  done: string;
  identifiers: string;
  serial: string;
  uuid: string;
  /** Sugar's own public key: what its "Register" menu sends. */
  sugarKey: string;
  /** Everything below is ours. */
  own: string;
  config: string;
  key: string;
  publicKey: string;
  knownHosts: string;
  enrolment: string;
  /** The lock of a program that registers or enrols the laptop. */
  introduction: string;
  /** The identity of a registration that the server has not confirmed yet. */
  draftIdentity: string;
  /** The key for days without changes, got from the server over SSH. */
  quietKey: string;
  /** Which of several laptops with one identity this one is. */
  instance: string;
  state: string;
  /** What the agent remembers over power cuts. */
  memory: string;
  staging: string;
  restore: string;
  /** What a day that is shown in the Journal has on the disk. */
  volume: string;
  /** Names the folder where it is mounted, while there is one. */
  mountPoint: string;
  /** Exists while there may be copies from such a day that are not finished. */
  copies: string;
  /** Words for the Journal's "Copy to", while this laptop may offer to the class. */
  classMenu: string;
  /** Room to borrow while the disk is full. */
  reserve: string;
  /** A folder of ours on whose file system its time is found out. */
  probe: string;
  /** Nothing of the profile can be written. */
  isReadOnly: boolean;
}

export function agentPaths(profile: string): Paths {
  const own = join(profile, 'ds-backup');
  const identifiers = join(profile, 'identifiers');
  return {
    profile,
    journal: join(profile, 'datastore'),
    journalVersion: join(profile, 'datastore', 'version'),
    journalClean: join(profile, 'datastore', 'ds_clean'),
    lockFolder: join(profile, 'lock'),
    lock: join(profile, 'lock', 'ds-backup.run'),
    done: join(profile, 'ds-backup-done'),
    identifiers,
    serial: join(identifiers, 'sn'),
    uuid: join(identifiers, 'uuid'),
    sugarKey: join(profile, 'owner.key.pub'),
    own,
    config: join(own, 'config.toml'),
    key: join(own, 'key'),
    publicKey: join(own, 'key.pub'),
    knownHosts: join(own, 'known_hosts'),
    enrolment: join(own, 'enrolment.json'),
    introduction: join(own, 'introduction.lock'),
    draftIdentity: join(own, 'identity'),
    quietKey: join(own, 'quiet-key'),
    instance: join(own, 'instance.json'),
    state: join(own, 'state.db'),
    memory: join(own, 'agent.json'),
    staging: join(own, 'staging'),
    restore: join(own, 'restore'),
    volume: join(own, 'volume'),
    mountPoint: join(own, 'mount-point'),
    copies: join(own, 'copies'),
    classMenu: join(own, 'class-menu'),
    reserve: join(own, 'reserve'),
    probe: own,
    isReadOnly: false,
  };
}

/** An entry's two files in a flat folder: a batch being sent, or one that came back. */
export function inBatch(folder: string, uid: Uid): { content: string; metadata: string } {
  return { content: join(folder, uid), metadata: join(folder, `${uid}${METADATA_SUFFIX}`) };
}

export function batchFolder(parent: string, number: number): string {
  return join(parent, `batch-${number}`);
}

/** Where a batch's entries are built before they are moved into the Journal. */
export function inWhole(batch: string, uid: Uid): TreeEntry {
  return { uid, path: join(batch, 'whole', uid) };
}

/** The parts of an entry's folder. */
export function inEntry({ path }: TreeEntry) {
  return { content: join(path, 'data'), metadata: join(path, 'metadata') };
}

/** Where the datastore keeps, or would keep, an entry. */
export function inJournal(paths: Paths, uid: Uid): TreeEntry {
  return { uid, path: join(paths.journal, uid.slice(0, 2), uid) };
}
