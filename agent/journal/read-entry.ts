/**
 * Reads one entry of the Journal as a version: properties, content, and the digest that names both.
 */
import { readFileSync } from 'node:fs';
import { asDsError, isSystemError } from '../../shared/errors.ts';
import type { Digest } from '../../shared/ids.ts';
import {
  type Content,
  digestFile,
  digestOf,
  type Entry,
  encodeEntry,
  propertyText,
} from '../../shared/journal/entry.ts';
import {
  momentsOf,
  type Signature,
  type TreeEntry,
  unreadable,
} from '../../shared/journal/journal-tree.ts';
import { FRESHNESS, type Freshness } from '../freshness.ts';
import { inspectLocal, localContent, readLocalProperties } from './each-layout.ts';
import { problemOf } from './problem.ts';

export interface Version {
  signature: Signature;
  entry: Entry;
  /** The bytes of `<uid>.metadata`. */
  metadata: Buffer;
  digest: Digest;
  /**
   * Why it may not be whole: it changed while it was read; the temporary file of a property is there; its
   * size is not the noted one. The last two stay for ever where the datastore was killed.
   */
  doubt: 'none' | 'torn' | 'unfinished' | 'wrong-size';
  /** What of it cannot be kept, a sentence each. */
  oddities: string[];
  /** Properties that the disk does not give, likewise: it is not the whole entry. */
  unread: string[];
}

/** Content up to this size is read in one go, in bytes. */
const SMALL = 256 * 1024;
/**
 * Reads an entry, and then its signature once more. `pin` is given the content's path before it is read
 * and may return another path to the same content. Throws `unreadable`, or `bad-input` for metadata
 * that is too large.
 */
export async function readVersion(
  entry: TreeEntry,
  signal: AbortSignal,
  pin: (path: string) => string = (path) => path,
): Promise<Version> {
  const { signature } = inspectLocal(entry);
  const found = localContent(entry);
  const content = found && (await readContent(entry, pin(found.path), found.size, signal));
  const { properties, oddities, unread, beingWritten } = readLocalProperties(entry);
  const whole: Entry = { content, properties };
  const metadata = encodeWhatFits(entry, properties, content, oddities);
  const isTorn = inspectLocal(entry).signature !== signature;
  const wrongSize = hasOtherSize(whole) ? 'wrong-size' : 'none';
  const doubt = isTorn ? 'torn' : beingWritten ? 'unfinished' : wrongSize;
  const digest = digestOf(metadata);
  return { signature, entry: whole, metadata, digest, doubt, oddities, unread };
}

/** Leaves out the largest properties until the rest is within the limit of an entry's metadata. */
function encodeWhatFits(
  entry: TreeEntry,
  properties: Map<string, Buffer>,
  content: Content | null,
  oddities: string[],
): Buffer {
  for (;;) {
    try {
      return encodeEntry({ content, properties });
    } catch (error) {
      const [largest] = [...properties].sort(([, a], [, b]) => b.length - a.length);
      if (asDsError(error).code !== 'bad-input' || !largest) throw error;
      properties.delete(largest[0]);
      const why = `its property ${largest[0]} of ${largest[1].length} bytes is too large`;
      oddities.push(`Journal entry ${entry.uid}: ${why}`);
    }
  }
}

/** The version; undefined for an entry that is gone or cannot be read. */
export async function tryReadVersion(
  entry: TreeEntry,
  signal: AbortSignal,
): Promise<Version | undefined> {
  try {
    return await readVersion(entry, signal);
  } catch (error) {
    problemOf(entry, error); // throws what is not about this entry
    return undefined;
  }
}

/**
 * The signature to remember; null when a later change could have the same (as in git's index). A time in
 * the future is none that a change could have now: a clock that was wrong does no harm.
 */
export function lastingSignature(
  signature: Signature,
  moment: bigint,
  { racyNs }: Freshness = FRESHNESS,
): Signature | null {
  const isRacy = momentsOf(signature).some((one) => {
    return one > moment - racyNs && one <= moment + racyNs;
  });
  return isRacy ? null : signature;
}

async function readContent(
  entry: TreeEntry,
  path: string,
  size: number,
  signal: AbortSignal,
): Promise<Content> {
  try {
    if (size > SMALL) return await digestFile(path, signal);
    const bytes = readFileSync(path);
    return { digest: digestOf(bytes), size: bytes.length };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw unreadable(entry, `its content cannot be read (${error.code})`, error);
  }
}

/**
 * The datastore notes the size of the content when an activity saves it, before it writes the content.
 * Content that was dropped on purpose has its own note.
 */
function hasOtherSize(entry: Entry): boolean {
  const noted = propertyText(entry, 'filesize');
  if (noted === undefined || !/^\d{1,15}$/.test(noted)) return false;
  return Number(noted) !== (entry.content?.size ?? 0);
}
