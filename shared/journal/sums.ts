/**
 * The list of a snapshot's entries: one line each, sorted by uid, in the format of `sha256sum -c`:
 *
 *     <sha256 of uid.metadata>␠␠<uid>.metadata
 *
 * The SHA-256 of the list is the *state digest*. Laptop and server compute it separately, and only
 * if they agree does a backup become a snapshot.
 */
import { createHash } from 'node:crypto';
import { DsError } from '../errors.ts';
import { type Digest, parseDigest, parseUid, tryParse, type Uid } from '../ids.ts';
import { digestOf } from './entry.ts';

export type Versions = ReadonlyMap<Uid, Digest>;

export const METADATA_SUFFIX = '.metadata';
/** Ten times the largest Journal that we expect, 5,000 entries. */
export const MAX_ENTRIES = 50_000;

/** Lines of a piece. */
const PIECE = 2000;

export function formatSums(versions: Versions): string {
  return [...piecesOf(versions)].join('');
}

function* piecesOf(versions: Versions): Generator<string> {
  const uids = [...versions.keys()].sort();
  for (let at = 0; at < uids.length; at += PIECE) {
    const lines = uids.slice(at, at + PIECE).map((uid) => `${versions.get(uid)}  ${uid}`);
    yield `${lines.join(`${METADATA_SUFFIX}\n`)}${METADATA_SUFFIX}\n`;
  }
}

export function stateDigest(versions: Versions): Digest {
  return digestOf(formatSums(versions));
}

/** The same, with `pause` awaited between pieces: all at once takes a long list a thirtieth of a second. */
export async function stateDigestInPieces(
  versions: Versions,
  pause: () => Promise<void>,
): Promise<Digest> {
  const hash = createHash('sha256');
  for (const piece of piecesOf(versions)) {
    hash.update(piece);
    await pause();
  }
  return hash.digest('hex') as Digest;
}

/** Strict inverse of formatSums. Throws `bad-input` naming the line. */
export function parseSums(text: string): Map<Uid, Digest> {
  const versions = new Map<Uid, Digest>();
  if (text === '') return versions;
  if (!text.endsWith('\n')) throw badSums('the last line is truncated');
  const lines = text.slice(0, -1).split('\n');
  if (lines.length > MAX_ENTRIES) throw badSums(`more than ${MAX_ENTRIES} entries`);
  let last = '';
  for (const [index, line] of lines.entries()) {
    const parts = /^([0-9a-f]{64}) {2}(.{36})\.metadata$/.exec(line);
    if (!parts) throw badSums(`line ${index + 1} is malformed`);
    const uid = tryParse(parseUid, parts[2]);
    if (!uid) throw badSums(`line ${index + 1} has no valid uid`);
    if (uid <= last) throw badSums(`line ${index + 1} is out of order`);
    versions.set(uid, parseDigest(parts[1]));
    last = uid;
  }
  return versions;
}

export interface Difference {
  /** Added or changed: in `to`, and not the same in `from`. */
  changed: Map<Uid, Digest>;
  removed: Uid[];
}

export function difference(from: Versions, to: Versions): Difference {
  const changed = new Map<Uid, Digest>();
  for (const [uid, digest] of to) if (from.get(uid) !== digest) changed.set(uid, digest);
  return { changed, removed: [...from.keys()].filter((uid) => !to.has(uid)) };
}

function badSums(why: string): DsError {
  return new DsError('bad-input', `not a list of sums: ${why}`);
}
