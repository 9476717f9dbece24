/**
 * What the Journal is shown of an entry at school: its properties as the JSON that Sugar keeps on a stick,
 * with the mark of a content that is at school, and its picture. Pure.
 */
import type { Digest, Serial, SnapshotName, Uid } from '../../shared/ids.ts';
import { type Content, type Entry, propertyText } from '../../shared/journal/entry.ts';
import { formatKeptMark, KEPT_PROPERTY } from '../../shared/journal/kept.ts';
import { isPng, isTooLarge, saysItsSize } from '../../shared/journal/preview.ts';

export interface ShownEntry {
  uid: Uid;
  title: string;
  mimeType: string;
  /** When it was last worked on, in seconds since 1970: Sugar sorts by it. */
  mtime: number;
  content: Content;
  metadata: Buffer;
  /** A PNG. */
  preview: Buffer | undefined;
}

export interface Shelf {
  /** The laptop whose snapshot it is. */
  serial: Serial;
  snapshot: SnapshotName;
}

/** Sugar's own, of the entry in this Journal: a copy gets others. */
const NOT_SHOWN: readonly string[] = ['uid', 'mountpoint', 'checksum', 'preview'];
/** Sugar's shell opens these by itself, to look for an icon in them. */
const OPENED_BY_SHELL = /^application\/vnd\.olpc-/i;
const LATEST = 2 ** 32 - 1;

/** Why an entry is not shown: it has no content, or is a bundle, which the shell would open by itself. */
export type NotShown = 'empty' | 'bundles';

export function showEntry(
  { uid, digest, entry }: { uid: Uid; digest: Digest; entry: Entry },
  { serial, snapshot }: Shelf,
): ShownEntry | NotShown {
  const { content } = entry;
  const mimeType = propertyText(entry, 'mime_type') ?? '';
  if (!content || content.size === 0) return 'empty';
  if (OPENED_BY_SHELL.test(mimeType)) return 'bundles';
  const title = propertyText(entry, 'title') ?? '';
  const texts: Record<string, string> = Object.create(null);
  for (const name of entry.properties.keys()) {
    const text = NOT_SHOWN.includes(name) ? undefined : propertyText(entry, name);
    // D-Bus, over which a copy goes, carries no zero bytes.
    if (text !== undefined && !text.includes('\0')) texts[name] = text;
  }
  texts.filesize = String(content.size);
  texts[KEPT_PROPERTY] = formatKeptMark({
    ...{ uid, serial, digest, content: content.digest, bytes: content.size },
    ...{ title, shown: title, pinned: false, snapshot },
  });
  return {
    ...{ uid, title, mimeType, content, mtime: timeOf(entry) },
    metadata: alone(Buffer.from(JSON.stringify(texts))),
    preview: alone(pictureOf(entry)),
  };
}

/** A PNG that the shell can draw; others, which would fill its memory, are not shown. */
function pictureOf({ properties }: Entry): Buffer | undefined {
  const picture = properties.get('preview');
  return picture && isPng(picture) && saysItsSize(picture) && !isTooLarge(picture)
    ? picture
    : undefined;
}

/** A copy in memory of its own: a part of Node's pool would keep the whole of it. */
function alone<T extends Buffer | undefined>(bytes: T): T | Buffer {
  if (!bytes) return bytes;
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}

function timeOf(entry: Entry): number {
  const seconds = Math.floor(Number(propertyText(entry, 'timestamp')));
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), LATEST) : 0;
}
