/**
 * What a snapshot holds, in pages, for showing: titles and kinds come from the entries' metadata.
 */
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeEntry, type Entry, propertyText } from '../shared/entry.ts';
import { DsError, isErrno } from '../shared/errors.ts';
import type { Digest, Uid } from '../shared/ids.ts';
import type { EntriesPage, EntrySummary } from '../shared/protocol.ts';
import { METADATA_SUFFIX } from '../shared/sums.ts';
import { readVersions, type Snapshot } from './snapshots.ts';

export const MAX_PAGE = 500;

/** Entries with a uid greater than `after`, by uid, at most `limit`. */
export function readEntriesPage(
  snapshot: Snapshot,
  after: Uid | undefined,
  limit: number,
): EntriesPage {
  const { folder } = snapshot;
  const rest = [...readVersions(snapshot)].filter(([uid]) => !after || uid > after);
  const entries = rest.slice(0, limit).map(([uid, digest]) => summarize(folder, uid, digest));
  return { entries, next: rest.length > limit ? (entries.at(-1)?.uid ?? null) : null };
}

/** An entry whose metadata is damaged is listed without a title: the others are there all the same. */
function summarize(folder: string, uid: Uid, digest: Digest): EntrySummary {
  const path = join(folder, `${uid}${METADATA_SUFFIX}`);
  const bytes = lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const entry = readIfWhole(path);
  if (!entry) {
    return { uid, digest, title: null, mimeType: null, activity: null, timestamp: null, bytes };
  }
  const seconds = Number(propertyText(entry, 'timestamp') || Number.NaN);
  return {
    uid,
    digest,
    title: propertyText(entry, 'title') ?? null,
    mimeType: propertyText(entry, 'mime_type') ?? null,
    activity: propertyText(entry, 'activity') ?? null,
    timestamp: Number.isFinite(seconds) ? seconds : null,
    bytes: bytes + (entry.content?.size ?? 0),
  };
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
