/**
 * Which entries a backup reads although they look as they did when they were last read: a power cut may
 * have taken what was written shortly before it, and content may be rewritten in place with its old time.
 */
import {
  type Inspection,
  newestMoment,
  type TreeEntry,
} from '../../shared/journal/journal-tree.ts';
import type { LastReading } from '../state.ts';
import { tryReadVersion, type Version } from './read-entry.ts';

/** What an entry is read for, and how. */
export interface Recheck {
  isDue(inspection: Inspection): boolean;
  /** The version as it is; undefined where it is gone, unreadable or being written to. */
  read(entry: TreeEntry): Promise<Version | undefined>;
}

/** Linux has written everything to the disk that is older, in nanoseconds; laptop mode waits longest. */
const FLUSHED_NS = 10n * 60n * 1_000_000_000n;

/** `last` is the end of the last backup; undefined where that is not known, and nothing is rechecked. */
export function recheckSince(
  last: LastReading | undefined,
  boot: string,
  signal: AbortSignal,
): Recheck {
  return {
    isDue: ({ signature, contentChangedNs }) => {
      if (!last) return false;
      if (last.boot !== boot && newestMoment(signature) > last.moment - FLUSHED_NS) return true;
      return contentChangedNs > last.moment;
    },
    read: async (entry) => {
      const version = await tryReadVersion(entry, signal);
      return version?.doubt === 'none' && version.unread.length === 0 ? version : undefined;
    },
  };
}
