/**
 * Reads and hashes every entry of a raw tree of the original program. What several trees share is
 * read once.
 */
import { lstatSync } from 'node:fs';
import type { Digest, Uid } from '../../shared/ids.ts';
import { type Content, digestFile, digestOf, encodeEntry } from '../../shared/journal/entry.ts';
import { pacemaker } from '../../shared/system/pacemaker.ts';
import { IDLE_SLICE_MS } from '../storage/idle.ts';
import {
  isAboutEntry,
  type JournalEntry,
  type LeftOut,
  readJournalTree,
} from './journal-layouts.ts';
import type { RawTree } from './raw-snapshots.ts';
import { cannotBeRead, isDenied } from './rights.ts';

export interface Steps {
  signal: AbortSignal | undefined;
  /** Told of each entry that was read. */
  onEntry: () => void;
}

/** A raw tree whose entries were all read and hashed. */
export interface Reading {
  tree: RawTree;
  versions: Map<Uid, Digest>;
  entries: ReadEntry[];
  leftOut: LeftOut[];
}

interface ReadEntry extends Version {
  entry: JournalEntry;
  /** Where its content lies in the raw tree. */
  path: string | null;
}

interface Version {
  /** Of the metadata file. */
  digest: Digest;
  /** Size of the metadata file, in bytes. */
  bytes: number;
  content: Content | null;
}

/** What was read already, so that what several trees share is read once. */
export interface Memory {
  /** By fingerprint of an entry. */
  versions: Map<string, Version>;
  /** By inode, size and mtime. */
  contents: Map<string, Content>;
}

export const newMemory = (): Memory => ({ versions: new Map(), contents: new Map() });

/**
 * Reads every entry of a tree. What cannot be read is listed in `leftOut`. Throws where only the rights
 * are missing: the tree must not be given up then.
 */
export async function readTree(tree: RawTree, memory: Memory, steps: Steps): Promise<Reading> {
  const { entries, leftOut } = readJournalTree(tree.folder);
  const reading: Reading = { tree, versions: new Map(), entries: [], leftOut };
  const pause = pacemaker(IDLE_SLICE_MS);
  for (const entry of entries) {
    steps.signal?.throwIfAborted();
    try {
      const one = await readEntry(entry, memory, steps.signal);
      reading.entries.push(one);
      reading.versions.set(entry.uid, one.digest);
    } catch (error) {
      if (isDenied(error) || !(isAboutEntry(error) || cannotBeRead(error))) throw error;
      reading.leftOut.push({ what: entry.uid, reason: error.message });
    }
    steps.onEntry();
    await pause();
  }
  return reading;
}

async function readEntry(
  entry: JournalEntry,
  memory: Memory,
  signal: AbortSignal | undefined,
): Promise<ReadEntry> {
  const fingerprint = `${entry.uid} ${entry.fingerprint()}`;
  const place = entry.content();
  const path = place?.path ?? null;
  const known = memory.versions.get(fingerprint);
  if (known) return { ...known, entry, path };
  const content = path === null ? null : await hashOnce(path, memory, signal);
  const encoded = encodeEntry({ content, properties: entry.properties() });
  const version: Version = { digest: digestOf(encoded), bytes: encoded.length, content };
  memory.versions.set(fingerprint, version);
  return { ...version, entry, path };
}

/** Content and size of a file; what has the same inode, size and mtime is read once. */
export async function hashOnce(
  path: string,
  memory: Memory,
  signal: AbortSignal | undefined,
): Promise<Content> {
  const { dev, ino, size, mtimeNs } = lstatSync(path, { bigint: true });
  const key = `${dev} ${ino} ${size} ${mtimeNs}`;
  const content = memory.contents.get(key) ?? (await digestFile(path, signal));
  memory.contents.set(key, content);
  return content;
}
