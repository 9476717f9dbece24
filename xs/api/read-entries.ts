/**
 * Entries of a snapshot for showing, for the control API and the pages. What was read of a version is
 * kept in the index by the digest of its metadata: a version never changes.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DsError } from '../../shared/errors.ts';
import type { Digest, Uid } from '../../shared/ids.ts';
import { decodeEntry, digestOf, type Entry } from '../../shared/journal/entry.ts';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import { pacemaker, SLICE_MS } from '../../shared/system/pacemaker.ts';
import type { Library } from '../library.ts';
import { isUnreadable } from '../storage/checked-entry.ts';
import { type EntryFacts, factsOf, packFacts, unpackFacts } from './entry-facts.ts';

/** A version of an entry as it stands in a snapshot's list. */
export interface ListedEntry {
  uid: Uid;
  digest: Digest;
  /** Null where the metadata is damaged or missing. */
  facts: EntryFacts | null;
}

export interface ReadVersion {
  /** Null where the metadata is damaged or missing. */
  entry: Entry | null;
  /** Size of the metadata. */
  bytes: number;
  digest: Digest;
}

export function metadataPath(folder: string, uid: Uid): string {
  return join(folder, `${uid}${METADATA_SUFFIX}`);
}

/**
 * Reads a version's metadata. With `digest`, metadata with another digest is damaged; without one,
 * the digest returned is that of what was found.
 */
export function readVersion(folder: string, uid: Uid, digest: Digest | null): ReadVersion {
  try {
    const bytes = readFileSync(metadataPath(folder, uid));
    const found = digestOf(bytes);
    if (digest !== null && found !== digest) return { entry: null, bytes: bytes.length, digest };
    return { entry: decodeEntry(bytes), bytes: bytes.length, digest: found };
  } catch (error) {
    const damaged = error instanceof DsError && error.code === 'bad-input';
    if (!damaged && !isUnreadable(error)) throw error;
    return { entry: null, bytes: 0, digest: digest ?? digestOf('') };
  }
}

/** The facts of these versions, in the same order: from the index, or read from `folder`. */
export async function listEntries(
  { index, log }: Pick<Library, 'index' | 'log'>,
  folder: string,
  versions: readonly (readonly [Uid, Digest])[],
): Promise<ListedEntry[]> {
  if (versions.length === 0) return [];
  const known = await index.entryFacts(versions.map(([, digest]) => digest));
  const fresh: [Digest, string][] = [];
  const entries: ListedEntry[] = [];
  const pause = pacemaker(SLICE_MS);
  for (const [uid, digest] of versions) {
    await pause();
    const packed = known.get(digest);
    const indexed = packed === undefined ? undefined : unpackFacts(packed);
    if (indexed) {
      entries.push({ uid, digest, facts: indexed });
      continue;
    }
    const { entry, bytes } = readVersion(folder, uid, digest);
    const facts = entry && factsOf(entry, bytes);
    entries.push({ uid, digest, facts });
    if (facts) fresh.push([digest, packFacts(facts)]);
  }
  if (fresh.length > 0) {
    await index.recordEntryFacts(fresh).catch((error: Error) => {
      log.warn('index-not-updated', { reason: error.message });
    });
  }
  return entries;
}
