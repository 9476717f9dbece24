/**
 * Reads a Journal as Sugar's datastore keeps it on disk: `<uid[:2]>/<uid>/{data,metadata/<key>}`.
 * Used on the laptop for the living Journal and on the server for an original client's mirror.
 *
 * Nothing here writes. Symbolic links are never followed: whatever is not a plain file or folder
 * where one is expected makes the entry unreadable, by name.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
} from 'node:fs';
import { join } from 'node:path';
import { DsError, isErrno } from '../errors.ts';
import { parseUid, tryParse, type Uid } from '../ids.ts';
import { isInternalProperty, MAX_METADATA_BYTES } from './entry.ts';

export interface TreeEntry {
  uid: Uid;
  /** The entry's folder. */
  path: string;
}

/**
 * What is compared, for equality only, to know whether an entry changed since it was last read.
 * The folders' ctime moves with every rename inside and cannot be set back by anybody; the content
 * is looked at as well because some activities write into it in place. Times are in milliseconds with
 * what fraction a double has, a quarter of a microsecond: exact ones take twice as long to ask for.
 */
export type Signature = string;

/** All entries of a Journal, in no particular order; strange names are left to `onStranger`. */
export function listEntries(
  root: string,
  onStranger: (path: string) => void = () => {},
): TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (const found of readdirSync(root, { withFileTypes: true })) {
    const prefix = found.name;
    if (prefix.length !== 2) continue; // index, version, checksums…
    const folder = join(root, prefix);
    // In a mirror a link could lead into another laptop's.
    if (!found.isDirectory()) {
      onStranger(folder);
      continue;
    }
    for (const name of readFolder(folder)) {
      const uid = tryParse(parseUid, name);
      // Not join(), which thousands of times takes as long as looking at the files.
      if (uid?.startsWith(prefix)) entries.push({ uid, path: `${folder}/${name}` });
      else onStranger(join(folder, name));
    }
  }
  return entries;
}

/** Throws `unreadable` when the entry is gone or has another shape. */
export function entrySignature(entry: TreeEntry): Signature {
  const folder = statOf(entry, entry.path, 'folder');
  const metadata = statOf(entry, `${entry.path}/metadata`, 'folder');
  const data = statOf(entry, `${entry.path}/data`, 'file');
  if (!folder || !metadata) throw unreadable(entry, 'it has no metadata');
  const content = data ? `${data.ino} ${data.mtimeMs} ${data.size}` : '-';
  return `${folder.ino} ${folder.ctimeMs} ${metadata.ino} ${metadata.ctimeMs} ${content}`;
}

/** The newest moment in a signature, in nanoseconds since 1970 by the file system's clock. */
export function newestMoment(signature: Signature): bigint {
  const [, folder = '0', , metadata = '0', , data = '0'] = signature.split(' ');
  const newest = Math.max(...[folder, metadata, data].map(Number));
  return BigInt(Math.round(newest * 1e6));
}

/** Of a signature: what of it is about the content. */
export function contentPart(signature: Signature): string {
  return signature.split(' ').slice(4).join(' ');
}

export interface ReadProperties {
  properties: Map<string, Buffer>;
  /** True when a property is being replaced at this moment: what was read may be half old. */
  beingWritten: boolean;
}

/** All properties of an entry. Throws `unreadable` naming the property that cannot be read. */
export function readProperties(entry: TreeEntry): ReadProperties {
  const folder = join(entry.path, 'metadata');
  statOf(entry, entry.path, 'folder');
  statOf(entry, folder, 'folder');
  const properties = new Map<string, Buffer>();
  let beingWritten = false;
  let total = 0;
  for (const name of readFolder(folder, entry)) {
    if (name.startsWith('.')) beingWritten = true;
    if (isInternalProperty(name)) continue;
    const bytes = readPlainFile(entry, join(folder, name), MAX_METADATA_BYTES - total);
    if (!bytes) {
      beingWritten = true;
      continue;
    }
    total += bytes.length;
    properties.set(name, bytes);
  }
  return { properties, beingWritten };
}

/** Where an entry's content is, and its size in bytes; null when it has none. */
export function contentOf(entry: TreeEntry): { path: string; size: number } | null {
  const path = join(entry.path, 'data');
  statOf(entry, entry.path, 'folder');
  const stat = statOf(entry, path, 'file');
  return stat && { path, size: stat.size };
}

function statOf(entry: TreeEntry, path: string, kind: 'file' | 'folder') {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return null;
  const right = kind === 'file' ? stat.isFile() : stat.isDirectory();
  if (!right) throw unreadable(entry, `${path} is not a plain ${kind}`);
  return stat;
}

/** The bytes of a plain file; null when there is none (any more). Throws `unreadable`. */
export function readPlainFile(entry: TreeEntry, path: string, limit: number): Buffer | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw unreadable(entry, `${path} cannot be opened`, error);
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw unreadable(entry, `${path} is not a plain file`);
    if (stat.size > limit) throw unreadable(entry, `${path} is too large`);
    const bytes = Buffer.alloc(stat.size);
    let done = 0;
    while (done < bytes.length) {
      const read = readSync(fd, bytes, done, bytes.length - done, done);
      if (read === 0) break;
      done += read;
    }
    return bytes.subarray(0, done);
  } finally {
    closeSync(fd);
  }
}

function readFolder(path: string, entry?: TreeEntry): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (!entry && isErrno(error, 'ENOTDIR', 'ENOENT')) return [];
    if (entry) throw unreadable(entry, `${path} cannot be listed`, error);
    throw error;
  }
}

/** The error of an entry that cannot be read whole. */
export function unreadable(entry: TreeEntry, why: string, cause?: unknown): DsError {
  return new DsError('unreadable', `Journal entry ${entry.uid}: ${why}`, { cause });
}
