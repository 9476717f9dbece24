/**
 * What the school keeps of this laptop, or of one whose place it took: snapshots, and what is in one.
 */
import { DsError } from '../../shared/errors.ts';
import type { Serial, SnapshotName } from '../../shared/ids.ts';
import type { EntrySummary, SnapshotSummary } from '../../shared/protocol/messages.ts';
import type { Context } from '../context.ts';
import { prepareProfile } from '../profile.ts';
import { openLookaround } from '../school/session.ts';

/** Newest first. */
export async function listSnapshots(
  context: Context,
  of: Serial | undefined,
): Promise<SnapshotSummary[]> {
  prepareProfile(context);
  await using session = await openLookaround(context);
  return await session.control.snapshots(of);
}

/** Which snapshot of whom; undefined for the newest, and for this laptop. */
export interface Place {
  of: Serial | undefined;
  snapshot: SnapshotName | undefined;
}

export interface EntryList {
  snapshot: SnapshotName;
  entries: EntrySummary[];
}

/**
 * The entries of a snapshot whose title has `search` in it; newest first.
 */
export async function listEntries(
  context: Context,
  { of, snapshot }: Place,
  search: string,
): Promise<EntryList> {
  prepareProfile(context);
  await using session = await openLookaround(context);
  const name = snapshot ?? (await session.control.snapshots(of))[0]?.name;
  if (!name) throw new DsError('not-found', 'the school server has no snapshot of this laptop');
  const entries: EntrySummary[] = [];
  for await (const page of session.control.entries(name, of)) entries.push(...page);
  return { snapshot: name, entries: searchEntries(entries, search) };
}

/** Those with `search` in their title, large and small letters being the same; newest first. */
export function searchEntries(entries: readonly EntrySummary[], search: string): EntrySummary[] {
  const wanted = search.toLocaleLowerCase();
  return entries
    .filter(({ title }) => title?.toLocaleLowerCase().includes(wanted) ?? !search)
    .sort((a, b) => (b.timestamp ?? 0) - (a.timestamp ?? 0));
}
