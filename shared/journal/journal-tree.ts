/**
 * Reads a Journal as Sugar's datastore stores it: `<uid[:2]>/<uid>/{data,metadata/<key>}`. Used on
 * the laptop for the live Journal, and on the server for the mirror of an original client.
 *
 * Read only. Symbolic links are never followed: anything but a regular file or folder where one is
 * expected makes the entry `unreadable`, and the error names the path.
 */
import { isUtf8 } from 'node:buffer';
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
import { asDsError, DsError, isErrno, isSystemError } from '../errors.ts';
import { parseUid, tryParse, type Uid } from '../ids.ts';
import { isInternalProperty, isPropertyName, MAX_METADATA_BYTES } from './entry.ts';

export interface TreeEntry {
  uid: Uid;
  /** The entry's folder. */
  path: string;
}

/**
 * Compared for equality only, to find out whether an entry changed since it was last read.
 * The folders' ctime changes with every rename inside and cannot be set by anybody. The content is
 * included because some activities write to it in place. Times are milliseconds as doubles, exact to
 * a quarter of a microsecond; nanosecond `bigint` times take twice as long to read.
 */
export type Signature = string;

/**
 * All entries of a Journal, in no particular order. `onStranger` gets every path that is none;
 * `onFolder` the name of every two-letter folder that cannot be listed, which by default throws.
 */
export function listEntries(
  root: string,
  onStranger?: (path: string) => void,
  onFolder?: (prefix: string, error: unknown) => void,
): TreeEntry[] {
  return [...walkEntries(root, onStranger, onFolder)].filter((entry) => entry !== undefined);
}

/** The same one by one, and undefined for each name that is none. */
export function* walkEntries(
  root: string,
  onStranger: (path: string) => void = () => {},
  onFolder: (prefix: string, error: unknown) => void = throwIt,
): Generator<TreeEntry | undefined> {
  for (const found of readdirSync(root, { withFileTypes: true })) {
    const prefix = found.name;
    if (prefix.length !== 2) continue; // index, version, checksums…
    const folder = join(root, prefix);
    // In a mirror, a symbolic link could lead into the files of another laptop.
    if (!found.isDirectory()) {
      onStranger(folder);
      continue;
    }
    for (const name of readFolder(folder, (error) => onFolder(prefix, error))) {
      const uid = tryParse(parseUid, name);
      // Not join(): for thousands of entries it takes as long as the stats themselves.
      const entry = uid?.startsWith(prefix) ? { uid, path: `${folder}/${name}` } : undefined;
      if (!entry) onStranger(join(folder, name));
      yield entry;
    }
  }
}

function throwIt(_prefix: string, error: unknown): void {
  throw error;
}

function readFolder(path: string, onError: (error: unknown) => void): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (!isErrno(error, 'ENOTDIR', 'ENOENT')) onError(error);
    return [];
  }
}

/** What three stats tell of an entry. */
export interface Inspection {
  signature: Signature;
  /** When the content's inode last changed, in nanoseconds since 1970, which nobody can set; 0 without content. */
  contentChangedNs: bigint;
}

/** Throws `unreadable` if the entry is gone or has another layout. */
export function inspectEntry(entry: TreeEntry): Inspection {
  const folder = statOf(entry, entry.path, 'folder');
  const metadata = statOf(entry, `${entry.path}/metadata`, 'folder');
  const data = statExactly(entry, `${entry.path}/data`);
  if (!folder || !metadata) throw unreadable(entry, 'it has no metadata');
  const content = data ? `${Number(data.ino)} ${inMilliseconds(data.mtimeNs)} ${data.size}` : '-';
  const folders = `${folder.ino} ${folder.ctimeMs} ${metadata.ino} ${metadata.ctimeMs}`;
  return { signature: `${folders} ${content}`, contentChangedNs: data?.ctimeNs ?? 0n };
}

/** Throws `unreadable` if the entry is gone or has another layout. */
export function entrySignature(entry: TreeEntry): Signature {
  return inspectEntry(entry).signature;
}

/** As Node calculates it for an ordinary stat: signatures of earlier versions have that text. */
function inMilliseconds(ns: bigint): number {
  const second = 1_000_000_000n;
  const rest = ((ns % second) + second) % second;
  return Number((ns - rest) / second) * 1000 + Number(rest) / 1e6;
}

/** The newest time in a signature, in nanoseconds since 1970 by the file system's clock. */
export function newestMoment(signature: Signature): bigint {
  return inNanoseconds(Math.max(...timesOf(signature)));
}

/** The times in a signature, likewise: of its folders, and of its content or 0. */
export function momentsOf(signature: Signature): bigint[] {
  return timesOf(signature).map(inNanoseconds);
}

/** In milliseconds. */
function timesOf(signature: Signature): number[] {
  const [, folder = '0', , metadata = '0', , data = '0'] = signature.split(' ');
  return [folder, metadata, data].map(Number);
}

const inNanoseconds = (ms: number): bigint => BigInt(Math.round(ms * 1e6));

/** The part of a signature that describes the content. */
export function contentPart(signature: Signature): string {
  return signature.split(' ').slice(4).join(' ');
}

export interface ReadProperties {
  properties: Map<string, Buffer>;
  /** What of them cannot be kept, and why: a sentence each. */
  oddities: string[];
  /** What of them the disk does not give, likewise: it may be as it was. */
  unread: string[];
  /** True if a property is being replaced right now: what was read may mix old and new. */
  beingWritten: boolean;
}

/**
 * All properties of an entry that can be kept; the others are named in `oddities` or `unread`. Throws
 * `unreadable` if they cannot be listed.
 */
export function readGoodProperties(entry: TreeEntry): ReadProperties {
  const folder = join(entry.path, 'metadata');
  statOf(entry, entry.path, 'folder');
  statOf(entry, folder, 'folder');
  const read: ReadProperties = {
    ...{ properties: new Map(), oddities: [], unread: [], beingWritten: false },
  };
  let total = 0;
  for (const raw of readNames(folder, entry)) {
    const name = raw.toString('utf8');
    if (name.startsWith('.')) read.beingWritten = true;
    if (isInternalProperty(name)) continue;
    if (!isUtf8(raw) || !isPropertyName(name)) {
      const shown = JSON.stringify(name.slice(0, 80));
      read.oddities.push(oddity(entry, `a property cannot be kept under its name ${shown}`));
      continue;
    }
    try {
      const bytes = readPlainFile(entry, join(folder, name), MAX_METADATA_BYTES - total);
      if (bytes) read.properties.set(name, bytes);
      else read.beingWritten = true;
      total += bytes?.length ?? 0;
    } catch (error) {
      // A folder or a pipe may stand where a good property was; what is too large never was one.
      const isFile = lstatSync(join(folder, name), { throwIfNoEntry: false })?.isFile();
      const isTooLarge = isFile && !isSystemError(asDsError(error).cause);
      const list = isTooLarge ? read.oddities : read.unread;
      list.push(error instanceof DsError ? error.message : oddity(entry, String(error)));
    }
  }
  return read;
}

/** All properties of an entry. Throws `unreadable` naming the first that cannot be kept. */
export function readProperties(entry: TreeEntry): Omit<ReadProperties, 'oddities' | 'unread'> {
  const { oddities, unread, ...read } = readGoodProperties(entry);
  const [first] = [...unread, ...oddities];
  if (first !== undefined) throw new DsError('unreadable', first);
  return read;
}

/** Where an entry's content is, and its size in bytes; null when it has none. */
export function contentOf(entry: TreeEntry): { path: string; size: number } | null {
  const path = join(entry.path, 'data');
  statOf(entry, entry.path, 'folder');
  const stat = statOf(entry, path, 'file');
  return stat && { path, size: stat.size };
}

function statOf(entry: TreeEntry, path: string, kind: 'file' | 'folder') {
  const stat = statIfThere(entry, path);
  if (!stat) return null;
  const right = kind === 'file' ? stat.isFile() : stat.isDirectory();
  if (!right)
    throw unreadable(entry, `${path} is not a ${kind === 'file' ? 'regular file' : 'folder'}`);
  return stat;
}

function statIfThere(entry: TreeEntry, path: string) {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw unreadable(entry, `${path} cannot be looked at`, error);
  }
}

/** A content's, with times in nanoseconds. */
function statExactly(entry: TreeEntry, path: string) {
  try {
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat && !stat.isFile()) throw unreadable(entry, `${path} is not a regular file`);
    return stat;
  } catch (error) {
    throw error instanceof DsError
      ? error
      : unreadable(entry, `${path} cannot be looked at`, error);
  }
}

/** The bytes of a regular file; null if there is none. Throws `unreadable`. */
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
    if (!stat.isFile()) throw unreadable(entry, `${path} is not a regular file`);
    if (stat.size > limit) throw unreadable(entry, `${path} is too large`);
    const bytes = Buffer.alloc(stat.size);
    let done = 0;
    while (done < bytes.length) {
      const read = readSync(fd, bytes, done, bytes.length - done, done);
      if (read === 0) break;
      done += read;
    }
    return bytes.subarray(0, done);
  } catch (error) {
    throw error instanceof DsError ? error : unreadable(entry, `${path} cannot be read`, error);
  } finally {
    closeSync(fd);
  }
}

/** Names as bytes: not all of them are text. */
function readNames(path: string, entry: TreeEntry): Buffer[] {
  try {
    return readdirSync(path, { encoding: 'buffer' });
  } catch (error) {
    throw unreadable(entry, `${path} cannot be listed`, error);
  }
}

/** The error for an entry that cannot be read completely. */
export function unreadable(entry: TreeEntry, why: string, cause?: unknown): DsError {
  return new DsError('unreadable', oddity(entry, why), { cause });
}

const oddity = (entry: TreeEntry, why: string): string => `Journal entry ${entry.uid}: ${why}`;
