/**
 * Entries of the living Journal in whichever layout it has. That of Sugar 0.82 is read and backed up as it is; a
 * newer Sugar spoils its titles when it converts it, so no act of ours starts that.
 */
import { existsSync } from 'node:fs';
import { DsError } from '../../shared/errors.ts';
import { isPropertyName } from '../../shared/journal/entry.ts';
import {
  inStore,
  isConverted,
  listStore,
  plainStat,
  previewStat,
  readStorePreview,
  readStoreProperties,
  type StoreEntry,
} from '../../shared/journal/first-layout.ts';
import {
  contentOf,
  contentPart,
  type Inspection,
  inspectEntry,
  newestMoment,
  type ReadProperties,
  readGoodProperties,
  readPlainFile,
  type TreeEntry,
  unreadable,
} from '../../shared/journal/journal-tree.ts';
import { inEntry, type Paths } from '../paths.ts';
import { listShownEntries } from './entry-name.ts';

/** More than a title that is shown, in bytes. */
const MAX_TITLE_BYTES = 64 * 1024;

/** All entries; `onFolder` gets each two-letter folder that cannot be listed. Throws where there is no Journal. */
export function listJournalEntries(
  root: string,
  onFolder: (prefix: string, error: unknown) => void,
): TreeEntry[] {
  const folders = listShownEntries(root, () => {}, onFolder);
  const stored = new Set(listStore(root));
  // A conversion that is done may have left the store behind.
  if (stored.size === 0 || isConverted(root)) return folders;
  const moved = new Map(folders.map((entry) => [entry.uid, entry]));
  const whole = ({ path }: TreeEntry) => existsSync(`${path}/metadata`);
  return [
    ...folders.filter(({ uid }) => !stored.has(uid)),
    ...[...stored].map((uid) => {
      const folder = moved.get(uid);
      return inStore(root, uid, folder && whole(folder) ? folder : undefined);
    }),
  ];
}

/** Throws `unreadable` for a Journal of Sugar 0.82: call it before the datastore may be started. */
export function refuseFirstLayout({ journal }: Paths): void {
  if (listStore(journal).length === 0 || isConverted(journal)) return;
  throw new DsError('unreadable', `the Journal at ${journal} is one of Sugar 0.82`, {
    hint: 'back it up with "ds-backup now" before you start a newer Sugar, which converts it',
  });
}

/** As `inspectEntry`, which see. */
export function inspectLocal(entry: TreeEntry): Inspection {
  if (!isStored(entry)) return inspectEntry(entry);
  const metadata = plainStat(entry, entry.path);
  if (!metadata) throw unreadable(entry, 'it has no metadata');
  const moved = entry.moved && inspectEntry(entry.moved);
  const preview = previewStat(entry);
  const data = plainStat(entry, entry.content);
  const others = [preview && `${preview.ino}/${preview.ctimeNs}`, moved?.signature];
  const times = [preview?.ctimeNs ?? 0n, moved ? newestMoment(moved.signature) : 0n];
  const newest = times.reduce((a, b) => (a > b ? a : b));
  const here = data && `${data.ino} ${inMilliseconds(data.mtimeNs)} ${data.size}`;
  const content = here ?? (moved ? contentPart(moved.signature) : '-');
  const first = others.join('/').replaceAll(' ', '_');
  const files = `${first} ${inMilliseconds(newest)} ${metadata.ino} ${inMilliseconds(metadata.ctimeNs)}`;
  return {
    signature: `${files} ${content}`,
    contentChangedNs: data?.ctimeNs ?? moved?.contentChangedNs ?? 0n,
  };
}

/** As `readGoodProperties`, which see; what the store has counts before what was converted already. */
export function readLocalProperties(entry: TreeEntry): ReadProperties {
  if (!isStored(entry)) return readGoodProperties(entry);
  const read: ReadProperties = entry.moved
    ? readGoodProperties(entry.moved)
    : { properties: new Map(), oddities: [], unread: [], beingWritten: false };
  const { properties, oddities, unread } = read;
  const orUnread = <T>(work: () => T) => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof DsError)) throw error;
      unread.push(error.message);
      return undefined;
    }
  };
  for (const [name, bytes] of orUnread(() => readStoreProperties(entry)) ?? []) {
    if (isPropertyName(name)) properties.set(name, bytes);
    else {
      const shown = JSON.stringify(name.slice(0, 80));
      oddities.push(unreadable(entry, `a property cannot be kept under its name ${shown}`).message);
    }
  }
  const picture = orUnread(() => readStorePreview(entry));
  if (picture) properties.set('preview', picture);
  return read;
}

/** Where its content is, and the size in bytes; null when it has none. Throws `unreadable`. */
export function localContent(entry: TreeEntry): { path: string; size: number } | null {
  if (!isStored(entry)) return contentOf(entry);
  const stat = plainStat(entry, entry.content);
  if (stat) return { path: entry.content, size: Number(stat.size) };
  return entry.moved ? contentOf(entry.moved) : null;
}

/** Its title, empty where it has none. Throws `unreadable`. */
export function localTitle(entry: TreeEntry): string {
  const bytes = isStored(entry)
    ? readStoreProperties(entry).get('title')
    : readPlainFile(entry, `${inEntry(entry).metadata}/title`, MAX_TITLE_BYTES);
  return bytes?.toString('utf8').trim() ?? '';
}

function isStored(entry: TreeEntry): entry is StoreEntry {
  return 'moved' in entry;
}

/** As a double, exact to a quarter of a microsecond, like the other times in a signature. */
const inMilliseconds = (ns: bigint): number => Number(ns) / 1e6;
