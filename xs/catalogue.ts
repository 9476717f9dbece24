/**
 * What a snapshot holds, in pages, for showing: titles and kinds come from the entries' metadata.
 */
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeEntry, propertyText } from '../shared/entry.ts';
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

function summarize(folder: string, uid: Uid, digest: Digest): EntrySummary {
  const path = join(folder, `${uid}${METADATA_SUFFIX}`);
  const entry = decodeEntry(readFileSync(path));
  const seconds = Number(propertyText(entry, 'timestamp') || Number.NaN);
  return {
    uid,
    digest,
    title: propertyText(entry, 'title') ?? null,
    mimeType: propertyText(entry, 'mime_type') ?? null,
    activity: propertyText(entry, 'activity') ?? null,
    timestamp: Number.isFinite(seconds) ? seconds : null,
    bytes: lstatSync(path).size + (entry.content?.size ?? 0),
  };
}
