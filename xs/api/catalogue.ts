/**
 * What a snapshot holds, in pages, for showing: titles and kinds come from the entries' metadata, which
 * is never written to once it has its name, so what was read of it is remembered by its digest.
 */
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DsError, isErrno } from '../../shared/errors.ts';
import type { Digest, Uid } from '../../shared/ids.ts';
import { decodeEntry, type Entry, propertyText } from '../../shared/journal/entry.ts';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import type { EntriesPage, EntryDetails, EntrySummary } from '../../shared/protocol/messages.ts';
import { hasContent, readEntry } from '../storage/checked-entry.ts';
import { readSums, readVersions, type Snapshot } from '../storage/snapshots.ts';

export const MAX_PAGE = 500;

/** Remembered summaries: some 300 bytes each, so 12 MB at most. */
const MAX_REMEMBERED = 40_000;
type Known = Omit<EntrySummary, 'uid' | 'pinned'>;
const remembered = new Map<Digest, Known>();

/** Entries with a uid greater than `after`, by uid, at most `limit`; `pinned` are digests. */
export function readEntriesPage(
  snapshot: Snapshot,
  after: Uid | undefined,
  limit: number,
  pinned: ReadonlySet<Digest>,
): EntriesPage {
  const { folder } = snapshot;
  const rest = [...readVersions(snapshot)].filter(([uid]) => !after || uid > after);
  const entries = rest.slice(0, limit).map(([uid, digest]) => {
    return { uid, ...recall(folder, uid, digest), pinned: pinned.has(digest) };
  });
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
export function readDetails(
  { folder, uid, digest }: Version,
  snapshots: readonly Snapshot[],
  pinned: ReadonlySet<Digest>,
): EntryDetails {
  const entry = readIfWhole(metadataPath(folder, uid));
  const text = (name: string) => (entry && propertyText(entry, name)) ?? '';
  return {
    ...{ uid, ...summarize(folder, uid, digest), pinned: pinned.has(digest) },
    ...{ description: text('description'), tags: text('tags') },
    versions: versionsOf(uid, snapshots),
  };
}

/** The picture of an entry as a PNG; undefined when it has none. */
export function readPreview({ folder, uid }: Version): Buffer | undefined {
  const preview = readIfWhole(metadataPath(folder, uid))?.properties.get('preview');
  return preview?.subarray(0, PNG.length).equals(PNG) ? preview : undefined;
}
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Reads an entry's two files and compares them with their digests. Throws `not-found`, `damaged`. */
export async function verifyEntry(snapshot: Snapshot, uid: Uid): Promise<void> {
  const { content } = readEntry(snapshot.folder, uid, digestIn(snapshot, uid));
  if (!content || (await hasContent(join(snapshot.folder, uid), content))) return;
  throw new DsError('damaged', `the content of ${uid} in ${snapshot.name} is damaged`);
}

/** The version of an entry that a snapshot holds. Throws `not-found`. */
export function digestIn(snapshot: Snapshot, uid: Uid): Digest {
  const digest = findVersion(readSums(snapshot), uid);
  if (digest) return digest;
  throw new DsError('not-found', `${snapshot.name} holds no entry ${uid}`);
}

/** Every version of an entry once, in the newest snapshot that has it; newest first. */
function versionsOf(uid: Uid, snapshots: readonly Snapshot[]): EntryDetails['versions'] {
  const seen = new Set<Digest>();
  const versions: EntryDetails['versions'] = [];
  for (const snapshot of snapshots) {
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

function recall(folder: string, uid: Uid, digest: Digest): Known {
  const known = remembered.get(digest);
  if (known) return known;
  const summary = summarize(folder, uid, digest);
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  if (summary.title !== null) remembered.set(digest, summary);
  return summary;
}

/** An entry whose metadata is damaged is listed without a title: the others are there all the same. */
function summarize(folder: string, uid: Uid, digest: Digest): Known {
  const path = join(folder, `${uid}${METADATA_SUFFIX}`);
  const size = lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const entry = readIfWhole(path);
  const text = (name: string) => (entry && propertyText(entry, name)) ?? null;
  return {
    digest,
    title: text('title'),
    mimeType: text('mime_type'),
    activity: text('activity'),
    color: text('icon-color'),
    timestamp: seconds(text('timestamp')),
    created: seconds(text('creation_time')),
    bytes: size + (entry?.content?.size ?? 0),
  };
}

function seconds(text: string | null): number | null {
  const value = Number(text || Number.NaN);
  return Number.isFinite(value) ? value : null;
}

function metadataPath(folder: string, uid: Uid): string {
  return join(folder, `${uid}${METADATA_SUFFIX}`);
}

function readIfWhole(path: string): Entry | undefined {
  try {
    return decodeEntry(readFileSync(path));
  } catch (error) {
    const damaged = error instanceof DsError && error.code === 'bad-input';
    if (damaged || isErrno(error, 'ENOENT', 'EIO')) return undefined;
    throw error;
  }
}
