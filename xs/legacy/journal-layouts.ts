/**
 * Reads the trees of the original program through one interface, whatever version of Sugar wrote them:
 *
 *     layouts 1 to 6   <uid[:2]>/<uid>/{data,metadata/<key>}      (shared/journal/journal-tree.ts)
 *     layout 0         store/{<uid>.metadata,<uid>,preview/<uid>} (shared/journal/first-layout.ts)
 *
 * A tree may have both, when Sugar's migration was cut off. Nothing here writes, and symbolic links
 * are never followed. What cannot be read is reported by name, and the rest is still read.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DsError } from '../../shared/errors.ts';
import type { Uid } from '../../shared/ids.ts';
import { digestOf, isInternalProperty } from '../../shared/journal/entry.ts';
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
  entrySignature,
  readProperties,
  type Signature,
  type TreeEntry,
  walkEntries,
} from '../../shared/journal/journal-tree.ts';

/** One entry, read on demand. Each of the functions throws `unreadable` with a reason. */
export interface JournalEntry {
  uid: Uid;
  /**
   * Equal for hard-linked copies of the same version in several trees, which then need one reading
   * only. Made of inodes, sizes and mtimes; not of ctime, which every new link changes.
   */
  fingerprint(): string;
  /**
   * Changes with every change of the entry in one tree, and takes less reading than the fingerprint:
   * for a mirror that is looked at again and again.
   */
  signature(): Signature;
  properties(): Map<string, Buffer>;
  content(): { path: string; size: number } | null;
}

/** Something that is not taken from a tree: an entry (by uid) or a path within the tree. */
export interface LeftOut {
  what: string;
  reason: string;
}

export interface RawJournal {
  /** Sorted by uid. */
  entries: JournalEntry[];
  leftOut: LeftOut[];
}

const STORE = 'store';
/** The datastore's own files beside the entries. */
const BOOK_KEEPING = new Set(['index', 'index_updated', 'version', 'checksums', 'ds_clean']);

/** True for an error that concerns one entry only and not the whole tree. */
export function isAboutEntry(error: unknown): error is DsError {
  return error instanceof DsError && ['unreadable', 'bad-input'].includes(error.code);
}

interface ListOptions {
  /** Told of each two-letter folder that cannot be listed; without it, that is an error. */
  onFolder?: (prefix: string, error: unknown) => void;
}

/** Lists all entries of the tree at `root`. */
export function readJournalTree(root: string, options: ListOptions = {}): RawJournal {
  const steps = readSteps(root, options);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same, with `pause` awaited after each name: for a tree that somebody else may fill. */
export async function readJournalTreeInPieces(
  root: string,
  pause: () => Promise<void>,
): Promise<RawJournal> {
  const steps = readSteps(root, {});
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await pause();
  }
}

function* readSteps(root: string, options: ListOptions): Generator<undefined, RawJournal> {
  const leftOut = listLeftOut(root);
  const report = (path: string, reason: string) =>
    leftOut.push({ what: path.slice(root.length + 1), reason });
  const folders = new Map<Uid, TreeEntry>();
  const onStranger = (path: string) => report(path, 'it is not an entry of a Journal');
  for (const entry of walkEntries(root, onStranger, options.onFolder)) {
    if (entry) folders.set(entry.uid, entry);
    yield;
  }
  const entries = new Map<Uid, JournalEntry>();
  for (const [uid, entry] of folders) entries.set(uid, folderEntry(entry));
  const converted = isConverted(root);
  for (const uid of listStore(root, report)) {
    const moved = folders.get(uid);
    // Sugar's conversion removes `store` last, and sometimes not at all: it is a leftover then.
    if (moved && converted) continue;
    entries.set(uid, storeEntry(inStore(root, uid, moved)));
  }
  const sorted = [...entries.values()].sort((a, b) => (a.uid < b.uid ? -1 : 1));
  return { entries: sorted, leftOut };
}

function listLeftOut(root: string): LeftOut[] {
  const leftOut: LeftOut[] = [];
  for (const name of readdirSync(root)) {
    if (name.length === 2 || name === STORE || BOOK_KEEPING.has(name)) continue;
    // A second copy of the same minute, which is listed by itself.
    if (name === 'datastore-current') continue;
    leftOut.push({ what: name, reason: 'it is not part of a Journal' });
  }
  return leftOut;
}

function folderEntry(entry: TreeEntry): JournalEntry {
  return {
    uid: entry.uid,
    fingerprint: () => digestOf(folderMarks(entry).join('\n')),
    signature: () => entrySignature(entry),
    properties: () => readProperties(entry).properties,
    content: () => contentOf(entry),
  };
}

function folderMarks(entry: TreeEntry): string[] {
  entrySignature(entry); // throws when the entry has another shape
  const metadata = join(entry.path, 'metadata');
  const marks = [`data ${markOf(plainStat(entry, join(entry.path, 'data')))}`];
  for (const name of readdirSync(metadata).sort()) {
    if (isInternalProperty(name)) continue;
    marks.push(`${JSON.stringify(name)} ${markOf(plainStat(entry, join(metadata, name)))}`);
  }
  return marks;
}

function storeEntry(entry: StoreEntry): JournalEntry {
  const { uid, path, content, moved } = entry;
  const fingerprint = () => {
    const parts = [path, content].map((one) => plainStat(entry, one));
    const marks = [...parts, previewStat(entry)].map((stat, index) => `${index} ${markOf(stat)}`);
    return digestOf([...marks, ...(moved ? folderMarks(moved) : [])].join('\n'));
  };
  return {
    uid,
    fingerprint,
    signature: fingerprint,
    properties: () => {
      const properties = moved ? readProperties(moved).properties : new Map<string, Buffer>();
      for (const [name, value] of readStoreProperties(entry)) properties.set(name, value);
      const picture = readStorePreview(entry);
      if (picture) properties.set('preview', picture);
      return properties;
    },
    content: () => {
      const stat = plainStat(entry, content);
      if (stat) return { path: content, size: Number(stat.size) };
      return moved ? contentOf(moved) : null;
    },
  };
}

/** Inode, size and mtime of a regular file; `-` where there is none. */
function markOf(stat: ReturnType<typeof plainStat>): string {
  return stat ? `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeNs}` : '-';
}
