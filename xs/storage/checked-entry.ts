/**
 * Reading what the library holds, compared with its digest: nothing is believed because of its name.
 * A bad sector counts as damage; a server that has run out of memory or file handles does not.
 */
import { lstatSync, readFileSync, type Stats } from 'node:fs';
import { DsError, isErrno } from '../../shared/errors.ts';
import type { Digest } from '../../shared/ids.ts';
import { type Content, digestFile, digestOf } from '../../shared/journal/entry.ts';

/** Files up to this size are read in one go, in bytes. */
const SMALL = 256 * 1024;

export type Reading =
  | { type: 'whole'; bytes: Buffer }
  | { type: 'unreadable'; cause: unknown }
  | { type: 'differs' };

/** Reads a small file and compares it with its digest. */
export function readChecked(path: string, digest: Digest): Reading {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    if (!isUnreadable(cause)) throw cause;
    return { type: 'unreadable', cause };
  }
  return digestOf(bytes) === digest ? { type: 'whole', bytes } : { type: 'differs' };
}

/** What is wrong with a file that is not whole, as an error. */
export function damageOf(path: string, reading: Exclude<Reading, { type: 'whole' }>): DsError {
  if (reading.type === 'differs') {
    return new DsError('damaged', `${path} does not match its digest`);
  }
  return new DsError('damaged', `${path} cannot be read`, { cause: reading.cause });
}

/** Digest and size of a file; undefined where it cannot be read. Aborts with the signal's reason. */
export async function contentAt(path: string, signal?: AbortSignal): Promise<Content | undefined> {
  try {
    if (lstatSync(path).size > SMALL) return await digestFile(path, signal);
    const bytes = readFileSync(path);
    return { digest: digestOf(bytes), size: bytes.length };
  } catch (error) {
    signal?.throwIfAborted();
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

/** Whether a regular file with this content is at `path`; symbolic links are not followed. */
export async function hasContent(path: string, content: Content): Promise<boolean> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile() || stat.size !== content.size) return false;
  return (await contentAt(path))?.digest === content.digest;
}

/** What the system says of a disk that fails, or of a file system that is damaged. */
export const DISK_FAILS = ['EIO', 'EUCLEAN', 'EBADMSG'] as const;

/** A fault of the disk or of what is on it, not of this process. */
export function isUnreadable(error: unknown): boolean {
  return error instanceof Error && 'errno' in error && !isExhausted(error);
}

/** The server has run out of what it needs for reading: nothing is known to be wrong with what is there. */
export function isExhausted(error: unknown): boolean {
  return isErrno(error, 'EMFILE', 'ENFILE', 'ENOMEM');
}

/** Of the path itself; undefined for what is not there, or what a damaged disk does not give. */
export function statIfReadable(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

/** What `list` returns, or nothing if a damaged folder cannot be read: for overviews of all laptops. */
export function ifReadable<T>(list: () => T[]): T[] {
  try {
    return list();
  } catch (error) {
    if (isUnreadable(error)) return [];
    throw error;
  }
}
