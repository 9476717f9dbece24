/**
 * Reads entries of a Journal of Sugar 0.82, the first layout of its datastore:
 *
 *     store/<uid>.metadata   the properties, one JSON object
 *     store/<uid>            the content
 *     store/preview/<uid>    the picture
 *
 * Later versions convert it when they start. Where that was cut off, an entry has parts in both layouts, and what
 * is in the store counts. Read only; symbolic links are never followed.
 */
import { isUtf8 } from 'node:buffer';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseUid, tryParse, type Uid } from '../ids.ts';
import { isInternalProperty, MAX_METADATA_BYTES } from './entry.ts';
import { readPlainFile, type TreeEntry, unreadable } from './journal-tree.ts';
import { parsePythonJson, pythonText } from './python-json.ts';
import { METADATA_SUFFIX } from './sums.ts';

/** An entry in the store. */
export interface StoreEntry extends TreeEntry {
  /** The file of its properties, which every entry has. */
  path: string;
  content: string;
  preview: string;
  /** The same entry as converted already. */
  moved: TreeEntry | undefined;
}

const STORE = 'store';
const PREVIEW = 'preview';
/** As Sugar 0.82 wrote dates, sometimes with a fraction of a second. */
const OLD_DATE = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?$/;

/** Whether a newer Sugar has converted it: like that, takes an unreadable `version` for 0. */
export function isConverted(root: string): boolean {
  const path = join(root, 'version');
  if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return false;
  return Number.parseInt(readFileSync(path, 'latin1'), 10) > 0;
}

/** The uids in the store; empty where there is none. `onLeftOut` gets what is no entry, and why. */
export function listStore(
  root: string,
  onLeftOut: (path: string, reason: string) => void = () => {},
): Uid[] {
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
    else if (name === PREVIEW && !isFolder(path)) onLeftOut(path, 'it is not a regular folder');
    else if (!uid && name !== PREVIEW && name !== 'index') {
      onLeftOut(path, 'it is not an entry of a Journal');
    }
  }
  return uids;
}

/** The entry of this uid in the store. */
export function inStore(root: string, uid: Uid, moved: TreeEntry | undefined): StoreEntry {
  const content = join(root, STORE, uid);
  const preview = join(root, STORE, PREVIEW, uid);
  return { uid, path: `${content}${METADATA_SUFFIX}`, content, preview, moved };
}

/**
 * The properties in the store, read like carquinyol's migration.py does, with those that it adds; without the
 * picture. Throws `unreadable`.
 */
export function readStoreProperties(entry: StoreEntry): Map<string, Buffer> {
  const bytes = readPlainFile(entry, entry.path, MAX_METADATA_BYTES);
  if (!bytes) throw unreadable(entry, 'it has no metadata');
  let values: Map<string, unknown>;
  try {
    if (!isUtf8(bytes)) throw new Error('not UTF-8');
    values = parsePythonJson(bytes.toString('utf8'));
  } catch (cause) {
    throw unreadable(entry, `${entry.path} is not a JSON object`, cause);
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

/** The picture in the store; null where it has none. Throws `unreadable`. */
export function readStorePreview(entry: StoreEntry): Buffer | null {
  return hasPreviews(entry) ? readPlainFile(entry, entry.preview, MAX_METADATA_BYTES) : null;
}

/** What `lstat` says of the picture, whatever that is; undefined where it has none. Throws `unreadable`. */
export function previewStat(entry: StoreEntry) {
  return hasPreviews(entry) ? lookAt(entry, entry.preview) : undefined;
}

/** What `lstat` says of a regular file, in nanoseconds; undefined where there is none. Throws `unreadable`. */
export function plainStat(entry: TreeEntry, path: string) {
  const stat = lookAt(entry, path);
  if (stat && !stat.isFile()) throw unreadable(entry, `${path} is not a regular file`);
  return stat;
}

/** False where the folder is a symbolic link, which could lead anywhere. */
function hasPreviews(entry: StoreEntry): boolean {
  return lookAt(entry, dirname(entry.preview))?.isDirectory() === true;
}

function lookAt(entry: TreeEntry, path: string) {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    throw unreadable(entry, `${path} cannot be looked at`, error);
  }
}

const isFolder = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** As UTC, which is at most some hours off: the laptop's time zone of then is not known. */
function secondsOf(date: string): number | undefined {
  const parts = OLD_DATE.exec(date)?.slice(1).map(Number);
  if (!parts) return undefined;
  const [year = 0, month = 0, ...rest] = parts;
  const milliseconds = Date.UTC(year, month - 1, ...rest);
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
}
