/**
 * The mark of an entry whose content is only at school (A13): a property of its metadata, beside an
 * empty content. Both sides know it: the laptop to fetch the content back, the server so that the pin
 * which is the only copy cannot be taken away.
 */
import * as v from 'valibot';
import { type Digest, parseDigest, parseSerial, parseUid, type Serial, type Uid } from '../ids.ts';
import { type Entry, propertyText } from './entry.ts';

export const KEPT_PROPERTY = 'ds-backup-kept';

const markSchema = v.object({
  /** The entry that was pinned; absent in old ones: the entry's own. A copy of it has the mark as well. */
  uid: v.optional(
    v.pipe(
      v.string(),
      v.transform((text) => parseUid(text)),
    ),
  ),
  /** The laptop that pinned it, and the version with the content. */
  serial: v.pipe(
    v.string(),
    v.transform((text) => parseSerial(text)),
  ),
  digest: v.pipe(
    v.string(),
    v.transform((text) => parseDigest(text)),
  ),
  /** The content, so that nobody takes another for it, and its bytes. */
  content: v.pipe(
    v.string(),
    v.transform((text) => parseDigest(text)),
  ),
  bytes: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** The child's own title, and the one shown while the content is away. */
  title: v.string(),
  shown: v.string(),
  /** Whether keeping it made the pin, so that fetching it back ends it. */
  pinned: v.boolean(),
});
export type KeptMark = v.InferOutput<typeof markSchema>;

export const formatKeptMark = (mark: KeptMark): string => JSON.stringify(mark);

/** Where the content is: the pin that the mark of the entry `uid` names. */
export function pinOf(mark: KeptMark, uid: Uid): { serial: Serial; uid: Uid; digest: Digest } {
  return { serial: mark.serial, uid: mark.uid ?? uid, digest: mark.digest };
}

/** The mark of an entry without content; undefined for all others, also those with a mark we cannot read. */
export function keptMarkOf(entry: Entry): KeptMark | undefined {
  return entry.content && entry.content.size > 0 ? undefined : readMark(entry);
}

/** The mark, whatever the content is; undefined where there is none that can be read. */
export function readMark(entry: Pick<Entry, 'properties'>): KeptMark | undefined {
  const text = propertyText(entry, KEPT_PROPERTY);
  if (text === undefined) return undefined;
  try {
    return v.parse(markSchema, JSON.parse(text));
  } catch {
    return undefined;
  }
}
