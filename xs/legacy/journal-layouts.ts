/**
 * Reads the trees of the original program through one interface, whatever version of Sugar wrote them:
 *
 *     layouts 1 to 6   <uid[:2]>/<uid>/{data,metadata/<key>}      (shared/journal/journal-tree.ts)
 *     layout 0         store/{<uid>.metadata,<uid>,preview/<uid>} (Sugar 0.82; no `version` file)
 *
 * A tree may have both, when Sugar's migration was cut off. Nothing here writes, and symbolic links
 * are never followed. What cannot be read is reported by name, and the rest is still read.
 */
import { isUtf8 } from 'node:buffer';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DsError } from '../../shared/errors.ts';
import { parseUid, tryParse, type Uid } from '../../shared/ids.ts';
import { digestOf, isInternalProperty, MAX_METADATA_BYTES } from '../../shared/journal/entry.ts';
import {
  contentOf,
  entrySignature,
  readPlainFile,
  readProperties,
  type Signature,
  type TreeEntry,
  unreadable,
  walkEntries,
} from '../../shared/journal/journal-tree.ts';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import { parsePythonJson, pythonText } from './python-json.ts';

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
const PREVIEW = 'preview';
/** The datastore's own files beside the entries. */
const BOOK_KEEPING = new Set(['index', 'index_updated', 'version', 'checksums', 'ds_clean']);
/** As Sugar 0.82 wrote dates, sometimes with a fraction of a second. */
const OLD_DATE = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?$/;

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
  const migrated = isMigrated(root);
  for (const uid of listStore(root, report)) {
    const moved = folders.get(uid);
    // Sugar's migration removes `store` last, and sometimes not at all: it is a leftover then.
    if (moved && migrated) continue;
    entries.set(uid, storeEntry(root, uid, moved));
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

/** Like Sugar, takes an unreadable `version` for 0. */
function isMigrated(root: string): boolean {
  const path = join(root, 'version');
  if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return false;
  return Number.parseInt(readFileSync(path, 'latin1'), 10) > 0;
}

function listStore(root: string, onLeftOut: (path: string, reason: string) => void): Uid[] {
  const store = join(root, STORE);
  const stat = lstatSync(store, { throwIfNoEntry: false });
  if (!stat) return [];
  if (!stat.isDirectory()) {
    onLeftOut(store, 'it is not a regular folder');
    return [];
  }
  const names = new Set(readdirSync(store));
  const uids: Uid[] = [];
  for (const name of names) {
    const path = join(store, name);
    const stem = name.endsWith(METADATA_SUFFIX) ? name.slice(0, -METADATA_SUFFIX.length) : name;
    const uid = tryParse(parseUid, stem);
    if (uid && stem !== name) uids.push(uid);
    else if (uid && !names.has(`${uid}${METADATA_SUFFIX}`)) onLeftOut(path, 'it has no metadata');
    else if (name === PREVIEW && !lstatSync(path).isDirectory()) {
      onLeftOut(path, 'it is not a regular folder');
    } else if (!uid && name !== PREVIEW && name !== 'index') {
      onLeftOut(path, 'it is not an entry of a Journal');
    }
  }
  return uids;
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
  const marks = [`data ${markOf(entry, join(entry.path, 'data'))}`];
  for (const name of readdirSync(metadata).sort()) {
    if (isInternalProperty(name)) continue;
    marks.push(`${JSON.stringify(name)} ${markOf(entry, join(metadata, name))}`);
  }
  return marks;
}

/** `moved` is the same entry as migrated already, when Sugar's migration was cut off. */
function storeEntry(root: string, uid: Uid, moved: TreeEntry | undefined): JournalEntry {
  const store = join(root, STORE);
  const entry: TreeEntry = { uid, path: join(store, uid) };
  const metadata = `${entry.path}${METADATA_SUFFIX}`;
  const previews = join(store, PREVIEW);
  const hasPreviews = lstatSync(previews, { throwIfNoEntry: false })?.isDirectory();
  const preview = hasPreviews ? join(previews, uid) : null;
  const fingerprint = () => {
    const marks = [metadata, entry.path, ...(preview ? [preview] : [])].map(
      (path, index) => `${index} ${markOf(entry, path)}`,
    );
    return digestOf([...marks, ...(moved ? folderMarks(moved) : [])].join('\n'));
  };
  return {
    uid,
    fingerprint,
    signature: fingerprint,
    properties: () => {
      const properties = moved ? readProperties(moved).properties : new Map<string, Buffer>();
      for (const [name, value] of readStoreMetadata(entry, metadata)) properties.set(name, value);
      const picture = preview && readPlainFile(entry, preview, MAX_METADATA_BYTES);
      if (picture) properties.set('preview', picture);
      return properties;
    },
    content: () => {
      const size = sizeOf(entry, entry.path);
      if (size !== null) return { path: entry.path, size };
      return moved ? contentOf(moved) : null;
    },
  };
}

/** Reads it like carquinyol's migration.py, and adds the same properties. */
function readStoreMetadata(entry: TreeEntry, path: string): Map<string, Buffer> {
  const bytes = readPlainFile(entry, path, MAX_METADATA_BYTES);
  if (!bytes) throw unreadable(entry, 'it has no metadata');
  let values: Map<string, unknown>;
  try {
    if (!isUtf8(bytes)) throw new Error('not UTF-8');
    values = parsePythonJson(bytes.toString('utf8'));
  } catch (cause) {
    throw unreadable(entry, `${path} is not a JSON object`, cause);
  }
  const properties = new Map<string, Buffer>();
  for (const [name, value] of values) {
    if (!isInternalProperty(name)) properties.set(name, Buffer.from(pythonText(value)));
  }
  if (!properties.has('uid')) properties.set('uid', Buffer.from(entry.uid));
  const seconds = secondsOf(properties.get('mtime')?.toString('utf8') ?? '');
  if (!properties.has('timestamp') && seconds !== undefined) {
    // Whole seconds: the present datastore deletes an entry whose timestamp has a fraction.
    properties.set('timestamp', Buffer.from(String(seconds)));
  }
  return properties;
}

/** As UTC, which is at most some hours off: the laptop's time zone is not known. */
function secondsOf(date: string): number | undefined {
  const parts = OLD_DATE.exec(date)?.slice(1).map(Number);
  if (!parts) return undefined;
  const [year = 0, month = 0, ...rest] = parts;
  const milliseconds = Date.UTC(year, month - 1, ...rest);
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
}

/** Inode, size and mtime of a regular file; `-` where there is none. */
function markOf(entry: TreeEntry, path: string): string {
  const stat = regularStat(entry, path);
  return stat ? `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeNs}` : '-';
}

function sizeOf(entry: TreeEntry, path: string): number | null {
  const stat = regularStat(entry, path);
  return stat ? Number(stat.size) : null;
}

function regularStat(entry: TreeEntry, path: string) {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (stat && !stat.isFile()) throw unreadable(entry, `${path} is not a regular file`);
  return stat;
}
