/**
 * Which entries a backup reads although they look as they did when they were last read: a power cut may
 * have taken what was written shortly before it, content may be rewritten in place with its old time, and so
 * may a property.
 */
import { lstatSync } from 'node:fs';
import type { Uid } from '../../shared/ids.ts';
import {
  type Inspection,
  momentsOf,
  newestMoment,
  type Signature,
  type TreeEntry,
} from '../../shared/journal/journal-tree.ts';
import { namesIn } from '../../shared/system/files.ts';
import { inEntry } from '../paths.ts';
import type { LastReading } from '../state.ts';
import { tryReadVersion, type Version } from './read-entry.ts';

/** What an entry is read for, and how. */
export interface Recheck {
  isDue(entry: TreeEntry, inspection: Inspection): boolean;
  /** The version as it is; undefined where it is gone, unreadable or being written to. */
  read(entry: TreeEntry): Promise<Version | undefined>;
}

/** Linux has written everything to the disk that is older, in nanoseconds; laptop mode waits longest. */
const FLUSHED_NS = 10n * 60n * 1_000_000_000n;

/**
 * Each backup looks at the properties of one part of the Journal, the next one at the next: it takes twenty
 * `lstat`s an entry. Within so many backups one that was rewritten in place is found.
 */
const PARTS = 28;
/** A rename gives the file and its folder times that differ by this much at most, in nanoseconds. */
const TICK_NS = 20_000_000n;

/** `last` is the end of the last backup; undefined where that is not known, and nothing is rechecked. */
export function recheckSince(
  last: LastReading | undefined,
  boot: string,
  signal: AbortSignal,
): Recheck {
  return {
    isDue: (entry, { signature, contentChangedNs }) => {
      if (!last) return false;
      if (last.boot !== boot && newestMoment(signature) > last.moment - FLUSHED_NS) return true;
      if (contentChangedNs > last.moment) return true;
      return partOf(entry.uid) === last.count % PARTS && isRewritten(entry, signature);
    },
    read: async (entry) => {
      const version = await tryReadVersion(entry, signal);
      return version?.doubt === 'none' && version.unread.length === 0 ? version : undefined;
    },
  };
}

const partOf = (uid: Uid): number =>
  [...uid].reduce((sum, one) => sum + one.charCodeAt(0), 0) % PARTS;

/** A property has changed after its folder did, which Sugar's datastore never does: it replaces files. */
function isRewritten(entry: TreeEntry, signature: Signature): boolean {
  const [, folder = 0n] = momentsOf(signature);
  const { metadata } = inEntry(entry);
  return namesIn(metadata).some((name) => {
    const stat = lstatSync(`${metadata}/${name}`, { bigint: true, throwIfNoEntry: false });
    return stat !== undefined && stat.ctimeNs > folder + TICK_NS;
  });
}
