/**
 * Reads whole snapshots and reports what is wrong with them. Changes nothing, and relies on the disk
 * only: neither on the register of damage nor on the index.
 */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../../shared/errors.ts';
import { parseSnapshotName, type Serial, tryParse } from '../../shared/ids.ts';
import { type Content, decodeEntry } from '../../shared/journal/entry.ts';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import { pacemaker } from '../../shared/system/pacemaker.ts';
import { contentAt } from '../storage/checked-entry.ts';
import { IDLE_SLICE_MS } from '../storage/idle.ts';
import { inLaptop, inSnapshot, type Paths } from '../storage/paths.ts';
import { hasSums, readManifest, readVersions, type Snapshot } from '../storage/snapshots.ts';
import { lostSnapshot } from './checker.ts';

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
  /** Files of content and metadata that were read: shared inodes once. */
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
    for (const { file } of lostSnapshot(paths, serial)) {
      totals.damaged += 1;
      yield { serial, snapshot: '', what: 'missing', path: join(serial, file) };
    }
  }
  return totals;
}

/** How many snapshots there are to read of a laptop. */
export function countSnapshots(paths: Paths, serial: Serial): number {
  const { home } = inLaptop(paths, serial);
  return ['', 'held'].reduce((sum, place) => sum + snapshotNames(join(home, place)).length, 0);
}

type Problem = [what: Finding['what'], file: string];

class Verification {
  readonly #totals: Totals;
  readonly #signal: AbortSignal | undefined;
  /** Inode → what it holds; undefined for one that cannot be read. */
  readonly #read = new Map<number, Content | undefined>();
  readonly #pause = pacemaker(IDLE_SLICE_MS);

  constructor(totals: Totals, signal: AbortSignal | undefined) {
    this.#totals = totals;
    this.#signal = signal;
  }

  async *readSnapshot(folder: string): AsyncGenerator<Problem> {
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
      const problem = await this.#compare(folder, name, { digest });
      if (problem) {
        extra.delete(uid); // only the metadata could tell whether it belongs there
        yield problem;
        continue;
      }
      const { content } = decodeEntry(readFileSync(join(folder, name)));
      if (!content) continue;
      extra.delete(uid);
      const contentProblem = await this.#compare(folder, uid, content);
      if (contentProblem) yield contentProblem;
    }
    for (const name of extra) yield ['extra', name];
  }

  async #compare(
    folder: string,
    name: string,
    want: Pick<Content, 'digest'> & Partial<Content>,
  ): Promise<Problem | undefined> {
    await this.#pause();
    this.#signal?.throwIfAborted();
    const path = join(folder, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (!stat) return ['missing', name];
    if (!stat.isFile()) return ['damaged', name];
    const found = await this.#contentOf(path, stat.ino);
    const same = found?.digest === want.digest && (want.size ?? found.size) === found.size;
    return same ? undefined : ['damaged', name];
  }

  /** Reads each inode once, however many snapshots share it. */
  async #contentOf(path: string, inode: number): Promise<Content | undefined> {
    if (this.#read.has(inode)) return this.#read.get(inode);
    const content = await contentAt(path, this.#signal);
    this.#read.set(inode, content);
    this.#totals.files += 1;
    this.#totals.bytes += content?.size ?? 0;
    return content;
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
  const manifest = readManifest(folder);
  return manifest && { ...manifest, folder };
}

/** Of the list as it is on the disk: one that has to be made anew is a problem. */
function versionsIn(snapshot: Snapshot) {
  return hasSums(snapshot) ? readVersions(snapshot) : undefined;
}
