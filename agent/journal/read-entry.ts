/**
 * Reads one entry of the Journal as a version: properties, content, and the digest that names both.
 */
import { readFileSync } from 'node:fs';
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
  contentOf,
  entrySignature,
  newestMoment,
  readProperties,
  type Signature,
  type TreeEntry,
} from '../../shared/journal/journal-tree.ts';
import { FRESHNESS, type Freshness } from '../freshness.ts';
import { problemOf } from './problem.ts';

export interface Version {
  signature: Signature;
  entry: Entry;
  /** The bytes of `<uid>.metadata`. */
  metadata: Buffer;
  digest: Digest;
  /** Why it may not be whole: it changed while it was read, or its size is not the noted one. */
  doubt: 'none' | 'torn' | 'wrong-size';
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
  const signature = entrySignature(entry);
  const found = contentOf(entry);
  const content = found && (await readContent(pin(found.path), found.size, signal));
  const { properties, beingWritten } = readProperties(entry);
  const whole: Entry = { content, properties };
  const metadata = encodeEntry(whole);
  const torn = beingWritten || entrySignature(entry) !== signature;
  const doubt = torn ? 'torn' : hasOtherSize(whole) ? 'wrong-size' : 'none';
  return { signature, entry: whole, metadata, digest: digestOf(metadata), doubt };
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

/** The signature to remember; null when a later change could have the same (as in git's index). */
export function lastingSignature(
  signature: Signature,
  moment: bigint,
  { racyNs }: Freshness = FRESHNESS,
): Signature | null {
  return newestMoment(signature) > moment - racyNs ? null : signature;
}

async function readContent(path: string, size: number, signal: AbortSignal): Promise<Content> {
  if (size > SMALL) return digestFile(path, signal);
  const bytes = readFileSync(path);
  return { digest: digestOf(bytes), size: bytes.length };
}

/** The datastore notes the size of the content when an activity saves it. */
function hasOtherSize(entry: Entry): boolean {
  const noted = propertyText(entry, 'filesize');
  if (!entry.content || noted === undefined || !/^\d{1,15}$/.test(noted)) return false;
  return Number(noted) !== entry.content.size;
}
