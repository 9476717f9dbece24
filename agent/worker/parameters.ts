/**
 * Schemas and parsers for the parameters of acts. On the bus and on the command line everything is text,
 * and empty text means "not given".
 */
import * as v from 'valibot';
import {
  parseSerial,
  parseSnapshotName,
  parseUid,
  type Serial,
  type SnapshotName,
  type Uid,
} from '../../shared/ids.ts';
import type { Place } from '../browse/catalogue.ts';

const text = v.optional(v.string(), '');

export const nothing = v.object({});
/** Whose snapshot, which one, and which entry of it. */
export const place = v.object({ of: text, snapshot: text, entry: text });
/** An entry, and one version of it or all. */
export const version = v.object({ entry: text, digest: text });
/** `wait` stays for the server's slot instead of failing with `server-busy`. */
export const job = v.object({ ...place.entries, wait: v.optional(v.boolean(), false) });
export const listing = v.object({
  ...place.entries,
  search: text,
  offset: v.optional(v.number(), 0),
  limit: v.optional(v.number(), 100),
});
/** Pins (a snapshot, empty for the newest) and unpins (null). */
export const pinNotes = v.object({
  notes: v.array(v.object({ uid: v.string(), snapshot: v.nullable(v.string()) })),
});

/** Entries by their names in the Journal. */
export const entryNames = v.object({ entries: v.array(v.string()) });

/** Throws `bad-id` for what is neither empty nor an id. */
export function parsePlace({ of, snapshot }: { of: string; snapshot: string }): Place {
  const owner: Serial | undefined = of === '' ? undefined : parseSerial(of);
  const name: SnapshotName | undefined = snapshot === '' ? undefined : parseSnapshotName(snapshot);
  return { of: owner, snapshot: name };
}

/** The entry, or undefined for a whole snapshot. Throws `bad-id`. */
export function parseEntry({ entry }: { entry: string }): Uid | undefined {
  return entry === '' ? undefined : parseUid(entry);
}
