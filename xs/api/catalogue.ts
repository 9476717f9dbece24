/**
 * What a snapshot holds, in pages, for showing: titles and kinds, pictures, the versions of an entry.
 */
import { DsError } from '../../shared/errors.ts';
import type { Digest, Uid } from '../../shared/ids.ts';
import { decodeEntry, propertyText } from '../../shared/journal/entry.ts';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import type { EntriesPage, EntryDetails, EntrySummary } from '../../shared/protocol/messages.ts';
import { pacemaker, SLICE_MS } from '../../shared/system/pacemaker.ts';
import type { Library } from '../library.ts';
import { hasContent, readChecked } from '../storage/checked-entry.ts';
import { inEntry } from '../storage/paths.ts';
import { readSums, readVersions, type Snapshot } from '../storage/snapshots.ts';
import { factsOf, previewOf } from './entry-facts.ts';
import { type ListedEntry, listEntries, readVersion } from './read-entries.ts';

export const MAX_PAGE = 500;

/** Entries with a uid greater than `after`, by uid, at most `limit`; `pinned` are digests. */
export async function readEntriesPage(
  library: Pick<Library, 'index' | 'log'>,
  snapshot: Snapshot,
  after: Uid | undefined,
  limit: number,
  pinned: ReadonlySet<Digest>,
): Promise<EntriesPage> {
  const rest = [...readVersions(snapshot)].filter(([uid]) => !after || uid > after);
  const listed = await listEntries(library, snapshot.folder, rest.slice(0, limit));
  const entries = listed.map((one) => summaryOf(one, pinned));
  return { entries, next: rest.length > limit ? (entries.at(-1)?.uid ?? null) : null };
}

/** A version of an entry and the folder that has its two files: a snapshot's, or a pin's. */
export interface Version {
  folder: string;
  uid: Uid;
  digest: Digest;
}

/** The version that a snapshot holds. Throws `not-found`. */
export function versionIn(snapshot: Snapshot, uid: Uid): Version {
  return { folder: snapshot.folder, uid, digest: digestIn(snapshot, uid) };
}

/** One entry with everything to be shown of it. */
export async function readDetails(
  { folder, uid, digest }: Version,
  snapshots: readonly Snapshot[],
  pinned: ReadonlySet<Digest>,
): Promise<EntryDetails> {
  const { entry, bytes } = readVersion(folder, uid, digest);
  const text = (name: string) => (entry && propertyText(entry, name)) ?? '';
  const facts = entry && factsOf(entry, bytes);
  return {
    ...summaryOf({ uid, digest, facts }, pinned),
    ...{ description: text('description'), tags: text('tags') },
    versions: await versionsOf(uid, snapshots),
  };
}

/** The picture of an entry as a PNG; undefined when it has none. */
export function readPreview({ folder, uid, digest }: Version): Buffer | undefined {
  const { entry } = readVersion(folder, uid, digest);
  return entry ? previewOf(entry) : undefined;
}

/** Reads an entry's two files and compares them with their digests. Throws `not-found`, `damaged`. */
export async function verifyEntry(snapshot: Snapshot, uid: Uid): Promise<void> {
  const digest = digestIn(snapshot, uid);
  const damaged = (what: string) => {
    return new DsError('damaged', `${what} of ${uid} in ${snapshot.name} is damaged`);
  };
  const files = inEntry(snapshot.folder, uid);
  const reading = readChecked(files.metadata, digest);
  if (reading.type !== 'whole') throw damaged('the metadata');
  const { content } = decodeEntry(reading.bytes);
  if (content && !(await hasContent(files.content, content))) throw damaged('the content');
}

/** The version of an entry that a snapshot holds. Throws `not-found`. */
function digestIn(snapshot: Snapshot, uid: Uid): Digest {
  const digest = findVersion(readSums(snapshot), uid);
  if (digest) return digest;
  throw new DsError('not-found', `${snapshot.name} holds no entry ${uid}`);
}

/** Every version of an entry once, in the newest snapshot that has it; newest first. */
async function versionsOf(
  uid: Uid,
  snapshots: readonly Snapshot[],
): Promise<EntryDetails['versions']> {
  const pause = pacemaker(SLICE_MS);
  const seen = new Set<Digest>();
  const versions: EntryDetails['versions'] = [];
  for (const snapshot of snapshots) {
    await pause();
    const digest = findVersion(readSums(snapshot), uid);
    if (!digest || seen.has(digest)) continue;
    seen.add(digest);
    versions.push({ snapshot: snapshot.name, created: snapshot.created, digest });
  }
  return versions;
}

/** Looks up one line of a list without taking it apart: `<digest>  <uid>.metadata`. */
function findVersion(sums: string, uid: Uid): Digest | undefined {
  const at = sums.indexOf(`  ${uid}${METADATA_SUFFIX}\n`);
  return at < 0 ? undefined : (sums.slice(at - 64, at) as Digest);
}

/** A damaged entry is listed without a title, so that the others can be reached. */
function summaryOf({ uid, digest, facts }: ListedEntry, pinned: ReadonlySet<Digest>): EntrySummary {
  return {
    ...{ uid, digest, pinned: pinned.has(digest) },
    title: facts?.title ?? null,
    mimeType: facts?.mimeType || null,
    activity: facts?.activity || null,
    color: facts?.colours || null,
    timestamp: facts?.changed || null,
    created: facts?.begun || null,
    bytes: facts?.bytes ?? 0,
  };
}
