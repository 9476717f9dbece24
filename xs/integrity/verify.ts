/**
 * Reads whole snapshots and says what is wrong with them (X11). It changes nothing, and it asks
 * nobody but the disk: not the record of damage, not the database.
 */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DsError, isErrno } from '../../shared/errors.ts';
import { parseSnapshotName, type Serial, tryParse } from '../../shared/ids.ts';
import { type Content, decodeEntry, digestFile, digestOf } from '../../shared/journal/entry.ts';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import { pacemaker } from '../../shared/system/pacemaker.ts';
import { inLaptop, inSnapshot, type Paths } from '../storage/paths.ts';
import { readManifest, readVersions, type Snapshot } from '../storage/snapshots.ts';

export interface Finding {
  serial: Serial;
  /** The snapshot's folder, relative to the laptop's. */
  snapshot: string;
  what: 'unreadable' | 'damaged' | 'missing' | 'extra' | 'wrong-count';
  /** Relative to the library. */
  path: string;
}

export interface Totals {
  snapshots: number;
  entries: number;
  /** Content and metadata really read: what is shared is read once. */
  files: number;
  bytes: number;
  /** Findings. */
  damaged: number;
}

export interface VerifyOptions {
  signal?: AbortSignal;
  /** Told after each snapshot. */
  onProgress?: (done: Readonly<Totals>) => void;
}

const SLICE_MS = 8;
/** Read in one go up to this size, in bytes. */
const SMALL = 256 * 1024;

/** Yields what is wrong, and returns the totals at the end. */
export async function* verifySnapshots(
  paths: Paths,
  serials: Iterable<Serial>,
  options: VerifyOptions = {},
): AsyncGenerator<Finding, Totals> {
  const totals: Totals = { snapshots: 0, entries: 0, files: 0, bytes: 0, damaged: 0 };
  const verification = new Verification(totals, options.signal);
  for (const serial of serials) {
    const { home } = inLaptop(paths, serial);
    for (const place of ['', 'held']) {
      for (const name of snapshotNames(join(home, place))) {
        const snapshot = join(place, name);
        for await (const [what, file] of verification.readSnapshot(join(home, snapshot))) {
          totals.damaged += 1;
          yield { serial, snapshot, what, path: join(serial, snapshot, file) };
        }
        options.onProgress?.(totals);
      }
    }
  }
  return totals;
}

/** How many snapshots there are to read of a laptop. */
export function countSnapshots(paths: Paths, serial: Serial): number {
  const { home } = inLaptop(paths, serial);
  return ['', 'held'].reduce((sum, place) => sum + snapshotNames(join(home, place)).length, 0);
}

type Complaint = [what: Finding['what'], file: string];

class Verification {
  readonly #totals: Totals;
  readonly #signal: AbortSignal | undefined;
  /** Inode → what it holds; undefined for one that cannot be read. */
  readonly #read = new Map<number, Content | undefined>();
  readonly #pause = pacemaker(SLICE_MS);

  constructor(totals: Totals, signal: AbortSignal | undefined) {
    this.#totals = totals;
    this.#signal = signal;
  }

  async *readSnapshot(folder: string): AsyncGenerator<Complaint> {
    this.#totals.snapshots += 1;
    const manifest = manifestIn(folder);
    if (!manifest) {
      yield ['unreadable', 'MANIFEST'];
      return;
    }
    const versions = versionsIn(manifest);
    if (!versions) {
      yield ['unreadable', 'SUMS.gz'];
      return;
    }
    if (versions.size !== manifest.entries) yield ['wrong-count', 'MANIFEST'];
    const extra = new Set(readdirSync(folder));
    for (const path of Object.values(inSnapshot(folder)))
      extra.delete(path.slice(folder.length + 1));
    for (const [uid, digest] of versions) {
      this.#totals.entries += 1;
      const name = `${uid}${METADATA_SUFFIX}`;
      extra.delete(name);
      const complaint = await this.#compare(folder, name, { digest });
      if (complaint) {
        extra.delete(uid); // whether it belongs there, only the metadata could tell
        yield complaint;
        continue;
      }
      const { content } = decodeEntry(readFileSync(join(folder, name)));
      if (!content) continue;
      extra.delete(uid);
      const about = await this.#compare(folder, uid, content);
      if (about) yield about;
    }
    for (const name of extra) yield ['extra', name];
  }

  async #compare(
    folder: string,
    name: string,
    want: Pick<Content, 'digest'> & Partial<Content>,
  ): Promise<Complaint | undefined> {
    await this.#pause();
    this.#signal?.throwIfAborted();
    const path = join(folder, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (!stat) return ['missing', name];
    if (!stat.isFile()) return ['damaged', name];
    const found = await this.#contentOf(path, stat.ino, stat.size);
    const same = found?.digest === want.digest && (want.size ?? found.size) === found.size;
    return same ? undefined : ['damaged', name];
  }

  /** Reads each inode once, however many snapshots share it. */
  async #contentOf(path: string, inode: number, size: number): Promise<Content | undefined> {
    if (this.#read.has(inode)) return this.#read.get(inode);
    const content = await readIfPossible(path, size, this.#signal);
    this.#read.set(inode, content);
    this.#totals.files += 1;
    this.#totals.bytes += content?.size ?? 0;
    return content;
  }
}

async function readIfPossible(
  path: string,
  size: number,
  signal: AbortSignal | undefined,
): Promise<Content | undefined> {
  try {
    if (size > SMALL) return await digestFile(path, signal);
    const bytes = readFileSync(path);
    return { digest: digestOf(bytes), size: bytes.length };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Error && 'errno' in error) return undefined; // a bad sector
    throw error;
  }
}

function snapshotNames(parent: string): string[] {
  try {
    return readdirSync(parent).filter((name) => tryParse(parseSnapshotName, name));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

function manifestIn(folder: string): Snapshot | undefined {
  try {
    const manifest = readManifest(folder);
    return manifest && { ...manifest, folder };
  } catch {
    return undefined; // a bad sector
  }
}

function versionsIn(snapshot: Snapshot) {
  try {
    return readVersions(snapshot);
  } catch (error) {
    if (error instanceof DsError) return undefined;
    throw error;
  }
}
