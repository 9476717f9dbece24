/**
 * Exports a Journal in the layout of Sugar's datastore (layout 6), from a snapshot of ours or from a
 * raw tree of the original program: for a laptop that cannot restore over the network, a USB stick,
 * or another program.
 *
 * Content of ours is compared with its digest after it was written. The target appears whole or not
 * at all, with one rename; it has no index, so the datastore builds one. Nothing is synced to the
 * disk: this is a copy.
 */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { asDsError, DsError, isErrno } from '../../shared/errors.ts';
import type { Digest, Serial, Uid } from '../../shared/ids.ts';
import { decodeEntry, digestFile, type Entry } from '../../shared/journal/entry.ts';
import { keptMarkOf, pinOf } from '../../shared/journal/kept.ts';
import { pacemaker } from '../../shared/system/pacemaker.ts';
import { copySparsely } from '../../shared/system/sparse.ts';
import { DISK_FAILS, damageOf, readChecked } from '../storage/checked-entry.ts';
import { IDLE_SLICE_MS } from '../storage/idle.ts';
import { inEntry, inLaptop, type Paths } from '../storage/paths.ts';
import { readVersions, type Snapshot } from '../storage/snapshots.ts';
import { repairForDatastore } from './datastore-rules.ts';
import { isAboutEntry, type LeftOut, readJournalTree } from './journal-layouts.ts';
import { cannotBeRead, causeOf } from './rights.ts';

/** A snapshot of ours, or the folder of a raw tree. */
export type ExportSource = { snapshot: Snapshot } | { raw: string };

export interface ExportOptions {
  signal?: AbortSignal;
  onProgress?: (progress: { entries: number; of: number }) => void;
  /** Leaves out damaged entries of ours, listed in `leftOut`, instead of failing. */
  keepGoing?: boolean;
  /** The laptops whose pins may have content that is kept only at school. */
  kept?: { paths: Paths; serials: readonly Serial[] };
}

export interface Exported {
  entries: number;
  /** Of content and properties. */
  bytes: number;
  /** Damaged, or unreadable in a raw tree: not written. */
  leftOut: LeftOut[];
  /** Written with a change: Sugar's datastore would delete them when it builds its index. */
  repaired: LeftOut[];
}

/** An entry to be written; both functions throw what is wrong with it. */
interface Item {
  uid: Uid;
  properties: () => ReadonlyMap<string, Buffer>;
  /** Writes the content, if it has any, and returns its size in bytes. */
  writeContent: (target: string) => Promise<number>;
}

const LAYOUT = '6';
const FILE_MODE = 0o644;

/** Throws `usage` when the target exists and is not empty, and `damaged` naming the entry. */
export async function exportJournal(
  source: ExportSource,
  target: string,
  options: ExportOptions = {},
): Promise<Exported> {
  const path = resolve(target);
  checkTarget(path);
  const temporary = `${path}.tmp-${process.pid}`;
  rmSync(temporary, { recursive: true, force: true });
  const isRaw = 'raw' in source;
  const { items, leftOut } = isRaw ? rawItems(source.raw) : ourItems(source.snapshot, options);
  const result: Exported = { entries: 0, bytes: 0, leftOut, repaired: [] };
  const mayLeaveOut = (error: unknown): error is DsError =>
    isRaw ? isAboutEntry(error) : options.keepGoing === true && isDamage(error);
  try {
    mkdirSync(temporary);
    writeFileSync(join(temporary, 'version'), LAYOUT, { mode: FILE_MODE });
    await writeItems(items, temporary, result, mayLeaveOut, options);
    options.signal?.throwIfAborted();
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
  return result;
}

function checkTarget(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  const hint = 'name a folder that does not exist yet, or an empty one';
  if (!stat) {
    if (lstatSync(join(path, '..'), { throwIfNoEntry: false })) return;
    throw new DsError('usage', `there is no folder for ${path}`, { hint });
  }
  if (!stat.isDirectory()) throw new DsError('usage', `${path} is not a folder`, { hint });
  if (readdirSync(path).length > 0) throw new DsError('usage', `${path} is not empty`, { hint });
}

async function writeItems(
  items: Item[],
  root: string,
  result: Exported,
  mayLeaveOut: (error: unknown) => error is DsError,
  { signal, onProgress }: ExportOptions,
): Promise<void> {
  const pause = pacemaker(IDLE_SLICE_MS);
  for (const [index, item] of items.entries()) {
    signal?.throwIfAborted();
    const folder = join(root, item.uid.slice(0, 2), item.uid);
    try {
      result.bytes += await writeItem(item, folder, result.repaired);
      result.entries += 1;
    } catch (error) {
      if (!mayLeaveOut(error)) throw error;
      rmSync(folder, { recursive: true, force: true });
      result.leftOut.push({ what: item.uid, reason: error.message });
    }
    onProgress?.({ entries: index + 1, of: items.length });
    await pause();
  }
}

async function writeItem(item: Item, folder: string, repaired: LeftOut[]): Promise<number> {
  const { properties, changes } = repairForDatastore(item.properties());
  const metadata = join(folder, 'metadata');
  mkdirSync(metadata, { recursive: true });
  let bytes = await item.writeContent(join(folder, 'data'));
  for (const [name, value] of properties) {
    writeFileSync(join(metadata, name), value, { mode: FILE_MODE });
    bytes += value.length;
  }
  if (changes.length > 0) repaired.push({ what: item.uid, reason: changes.join('; ') });
  return bytes;
}

function rawItems(root: string): { items: Item[]; leftOut: LeftOut[] } {
  const unlisted: LeftOut[] = [];
  const onFolder = (prefix: string, error: unknown) => {
    if (!cannotBeRead(error)) throw error;
    unlisted.push({ what: prefix, reason: error.message });
  };
  const { entries, leftOut } = readJournalTree(root, { onFolder });
  const items = entries.map((entry): Item => {
    return {
      uid: entry.uid,
      properties: () => fromTree(entry.uid, () => entry.properties()),
      writeContent: async (target) => {
        const content = fromTree(entry.uid, () => entry.content());
        if (content) await copyFromTree(entry.uid, content.path, target);
        return content?.size ?? 0;
      },
    };
  });
  return { items, leftOut: [...leftOut, ...unlisted] };
}

/** Reads something of one entry: what cannot be read concerns that entry only. */
function fromTree<T>(uid: Uid, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!cannotBeRead(error)) throw error;
    throw unreadableEntry(uid, causeOf(error));
  }
}

async function copyFromTree(uid: Uid, path: string, target: string): Promise<void> {
  try {
    copyContent(path, target);
  } catch (failure) {
    // Either side may have failed; only the tree's side concerns one entry only.
    await digestFile(path).catch((cause: Error) => {
      throw unreadableEntry(uid, cause);
    });
    throw failure;
  }
}

function unreadableEntry(uid: Uid, cause: unknown): DsError {
  return new DsError('unreadable', `Journal entry ${uid}: ${asDsError(cause).message}`, { cause });
}

function ourItems(
  snapshot: Snapshot,
  { signal, kept }: ExportOptions,
): { items: Item[]; leftOut: LeftOut[] } {
  const items = [...readVersions(snapshot)].map(([uid, digest]): Item => {
    let found: Whole | undefined;
    const read = () => {
      found ??= readWhole(snapshot.folder, uid, digest, kept);
      return found;
    };
    return {
      uid,
      properties: () => read().entry.properties,
      writeContent: async (target) => {
        const { path, entry } = read();
        found = undefined; // frees the memory of its preview
        if (entry.content) await copyVerified(path, target, uid, entry.content.digest, signal);
        return entry.content?.size ?? 0;
      },
    };
  });
  return { items, leftOut: [] };
}

export interface Whole {
  /** Of the content. */
  path: string;
  /** Of the metadata, and its digest. */
  metadata: string;
  digest: Digest;
  entry: Entry;
}

/**
 * An entry as in the snapshot or, where its content is kept only at school, as pinned. Throws `damaged`; the
 * content is not read.
 */
export function readWhole(
  folder: string,
  uid: Uid,
  digest: Digest,
  kept: ExportOptions['kept'],
): Whole {
  const { content: path, metadata } = inEntry(folder, uid);
  const entry = readMetadata(metadata, uid, digest);
  const mark = keptMarkOf(entry);
  if (!mark || !kept?.serials.includes(mark.serial)) return { path, metadata, digest, entry };
  const pin = pinOf(mark, uid);
  const pinned = inEntry(inLaptop(kept.paths, pin.serial).pin(pin.uid, pin.digest), pin.uid);
  return {
    ...{ path: pinned.content, metadata: pinned.metadata, digest: pin.digest },
    entry: readMetadata(pinned.metadata, uid, pin.digest),
  };
}

/** An entry's metadata, compared with its digest. */
function readMetadata(path: string, uid: Uid, digest: Digest): Entry {
  const reading = readChecked(path, digest);
  if (reading.type === 'whole') return decodeEntry(reading.bytes);
  const { message, cause } = damageOf(path, reading);
  throw damaged(uid, message, cause);
}

async function copyVerified(
  path: string,
  target: string,
  uid: Uid,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    copyContent(path, target);
  } catch (cause) {
    if (!isErrno(cause, 'ENOENT', ...DISK_FAILS)) throw cause;
    throw damaged(uid, `${path} cannot be read`, cause);
  }
  // The copy is read, not the original, so this also checks the writing.
  if ((await digestFile(target, signal)).digest !== digest) {
    throw damaged(uid, `${path} does not match its digest`);
  }
}

function copyContent(path: string, target: string): void {
  copySparsely(path, target);
  chmodSync(target, FILE_MODE);
}

function isDamage(error: unknown): error is DsError {
  return error instanceof DsError && error.code === 'damaged';
}

function damaged(uid: Uid, why: string, cause?: unknown): DsError {
  return new DsError('damaged', `Journal entry ${uid}: ${why}`, {
    hint: 'an older snapshot may have it undamaged; --keep-going exports the other entries',
    cause,
  });
}
