/**
 * The mark of an entry whose content was dropped from a full laptop and is kept at school only: a
 * property of its metadata, beside an empty content. The laptop needs it to fetch the content back,
 * the server to refuse the removal of a pin that is the only copy.
 */
import * as v from 'valibot';
import { idSchema } from '../id-schema.ts';
import {
  type Digest,
  parseDigest,
  parseSerial,
  parseSnapshotName,
  parseUid,
  type Serial,
  type Uid,
} from '../ids.ts';
import { type Entry, propertyText } from './entry.ts';

export const KEPT_PROPERTY = 'ds-backup-kept';

const markSchema = v.object({
  /** The entry that was pinned (a copy of it carries the mark as well); absent: this very entry. */
  uid: v.optional(idSchema(parseUid)),
  /** The laptop that pinned it, and the version with the content. */
  serial: idSchema(parseSerial),
  digest: idSchema(parseDigest),
  /** SHA-256 of the content, to check what is fetched back, and its size in bytes. */
  content: idSchema(parseDigest),
  bytes: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** The child's own title, and the one shown while the content is at school. */
  title: v.string(),
  shown: v.string(),
  /** Whether keeping the entry created the pin, so that fetching it back removes the pin. */
  pinned: v.boolean(),
  /** Of a copy from a day that was shown in the Journal: the snapshot that it comes from; else absent. */
  snapshot: v.optional(idSchema(parseSnapshotName)),
});
export type KeptMark = v.InferOutput<typeof markSchema>;

export const formatKeptMark = (mark: KeptMark): string => JSON.stringify(mark);

/** The pin that holds the content of the entry `uid`, which has this mark. */
export function pinOf(mark: KeptMark, uid: Uid): { serial: Serial; uid: Uid; digest: Digest } {
  return { serial: mark.serial, uid: mark.uid ?? uid, digest: mark.digest };
}

/** The mark of an entry without content; undefined if it has content, or no readable mark. */
export function keptMarkOf(entry: Entry): KeptMark | undefined {
  return entry.content && entry.content.size > 0 ? undefined : readMark(entry);
}

/** The mark, whatever the content is; undefined if there is no readable one. */
export function readMark(entry: Pick<Entry, 'properties'>): KeptMark | undefined {
  try {
    return v.parse(markSchema, JSON.parse(propertyText(entry, KEPT_PROPERTY) ?? ''));
  } catch {
    return undefined;
  }
}
