/**
 * Checks the names of entries in a folder, by `lstat`: each must be a file of the pool. What is missing
 * is linked again from the pool; whole content that is not in the pool (as after a copy without hard
 * links) is taken into it. What sessions may not read is made readable again. Safe to repeat after a power
 * cut: each name changes in one step.
 */
import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync, type Stats } from 'node:fs';
import { isErrno } from '../../shared/errors.ts';
import type { Digest, Uid } from '../../shared/ids.ts';
import { decodeEntry, propertyText } from '../../shared/journal/entry.ts';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { fsyncFile, fsyncFolder } from '../../shared/system/files.ts';
import { pacemaker } from '../../shared/system/pacemaker.ts';
import { contentAt, readChecked } from '../storage/checked-entry.ts';
import { pooledFiles } from '../storage/damage-register.ts';
import { IDLE_SLICE_MS } from '../storage/idle.ts';
import { CONTENT_MODE } from '../storage/ownership.ts';
import { inDamaged, inEntry, inPool, type Paths } from '../storage/paths.ts';
import type { Pool } from '../storage/pool.ts';
import { setAside } from '../storage/snapshots.ts';
import { goodInode, inodeOf, type ReadFiles } from './good-inode.ts';

export interface NamesContext {
  paths: Paths;
  pool: Pool;
  /** Files of the pool that were read in this check and found whole. */
  read?: ReadFiles;
  /**
   * Told of each name that gets a link instead of a file of its own, which is read for that:
   * `differs` when its content was not what the list says, `freed` when no other name has its inode.
   */
  onReplaced?: (path: string, file: ReplacedFile) => void;
  signal?: AbortSignal;
}

export interface ReplacedFile {
  differs: boolean;
  freed: boolean;
  /** On the disk. */
  bytes: number;
}

/** A file of an entry that is not there whole, and that the pool does not have either. */
export interface BadName {
  uid: Uid;
  file: string;
  what: 'missing' | 'damaged';
  /** Of the entry, if that can still be read. */
  title: string | null;
}

export interface CheckedNames {
  bad: BadName[];
  /** Names that were linked to the pool's content. */
  linked: number;
}

/** Whether a file is one of the pool's. Those it says no to are looked up by their digest. */
export type IsPooled = (stat: Stats) => boolean;

/** A cheap guess: content of the pool has a name there and one here. */
export const byLinkCount: IsPooled = ({ nlink }) => nlink > 1;

/** Checks both names of each of these versions in `folder`, which may vanish meanwhile. */
export async function checkNames(
  context: NamesContext,
  folder: string,
  versions: Iterable<readonly [Uid, Digest]>,
  isPooled: IsPooled,
): Promise<CheckedNames> {
  const found = new FolderCheck(context, folder, isPooled);
  const pause = pacemaker(IDLE_SLICE_MS);
  for (const [uid, digest] of versions) {
    context.signal?.throwIfAborted();
    await found.check(uid, digest);
    await pause();
  }
  if (found.linked > 0 && inodeOf(folder) !== undefined) fsyncFolder(folder);
  return { bad: inodeOf(folder) === undefined ? [] : found.bad, linked: found.linked };
}

interface Wanted {
  digest: Digest;
  size?: number;
}

class FolderCheck {
  readonly bad: BadName[] = [];
  linked = 0;
  readonly #context: NamesContext;
  readonly #folder: string;
  readonly #isPooled: IsPooled;

  constructor(context: NamesContext, folder: string, isPooled: IsPooled) {
    this.#context = context;
    this.#folder = folder;
    this.#isPooled = isPooled;
  }

  async check(uid: Uid, digest: Digest): Promise<void> {
    const { content, metadata } = inEntry(this.#folder, uid);
    const [metadataStat, contentStat] = [statOf(metadata), statOf(content)];
    this.#setRights(uid, metadata, metadataStat);
    this.#setRights(uid, content, contentStat);
    const isWhole = this.#isFine(metadataStat) || (await this.#settle(uid, metadata, { digest }));
    if (contentStat && this.#isFine(contentStat)) return;
    if (!isWhole) return; // only the metadata could tell whether there should be content
    const reading = readChecked(metadata, digest);
    if (reading.type !== 'whole') {
      // Its inode is in the pool, but not with this content: the scrub will find that, too.
      this.#context.pool.condemn(metadata, digest);
      await this.#settle(uid, metadata, { digest });
      return;
    }
    const entry = decodeEntry(reading.bytes);
    if (!entry.content) return;
    const title = propertyText(entry, 'title') || null;
    await this.#settle(uid, content, entry.content, title);
  }

  /**
   * Somebody's `chmod` must not hide a backup from the laptop; what we may not change is told. After a power cut
   * rights that were taken away may be there again.
   */
  #setRights(uid: Uid, path: string, stat: Stats | undefined): void {
    if (!stat?.isFile() || (stat.mode & 0o7777) === CONTENT_MODE) return;
    try {
      chmodSync(path, CONTENT_MODE);
    } catch {
      if ((stat.mode & CONTENT_MODE) === CONTENT_MODE) return;
      const file = path.slice(this.#folder.length + 1);
      this.bad.push({ uid, file, what: 'damaged', title: null });
    }
  }

  #isFine(stat: Stats | undefined): boolean {
    if (!stat?.isFile()) return false;
    return !this.#context.pool.damage.isDamaged(stat.ino) && this.#isPooled(stat);
  }

  /** Makes the name a link to the pool's content if that is possible; returns whether it is one. */
  async #settle(uid: Uid, path: string, want: Wanted, title: string | null = null) {
    const { paths, pool, read, signal } = this.#context;
    const stat = statOf(path);
    const first = inPool(paths, want.digest).file(0);
    // To list a folder of the pool for each of a million names would take hours.
    const files = read?.has(first)
      ? [first]
      : (pooledFiles(paths, [want.digest]).get(want.digest) ?? []);
    const isFile = stat?.isFile() === true;
    const isKnownBad = isFile && pool.damage.isDamaged(stat.ino);
    if (isFile && !isKnownBad && files.some((file) => inodeOf(file) === stat.ino)) return true;
    const good = await goodInode(pool.damage, want.digest, files, { signal, read });
    if (good && (await this.#replace(path, isFile ? stat : undefined, good, want.digest)))
      return true;
    const own = isFile && !isKnownBad ? await contentAt(path, signal) : undefined;
    const isOwn = own?.digest === want.digest;
    if (isOwn && this.#link(path, path, want.digest)) return true;
    if (inodeOf(this.#folder) === undefined) return false;
    if (isFile && !isOwn && !isKnownBad && inodeOf(path) === stat.ino)
      pool.damage.record(want.digest, path);
    const file = path.slice(this.#folder.length + 1);
    this.bad.push({ uid, file, what: stat ? 'damaged' : 'missing', title });
    return false;
  }

  /** Links `path` to a file of the pool, and tells what became of the file that was there. */
  async #replace(path: string, before: Stats | undefined, good: string, digest: Digest) {
    const { onReplaced, signal } = this.#context;
    const own = before && onReplaced ? await contentAt(path, signal) : undefined;
    const isLinked = this.#link(path, good, digest);
    if (isLinked && before && inodeOf(path) !== before.ino) {
      const bytes = before.blocks * 512;
      onReplaced?.(path, { differs: own?.digest !== digest, freed: before.nlink === 1, bytes });
    }
    return isLinked;
  }

  /** In one step; the source may be the file at `path` itself, which the pool then owns. */
  #link(path: string, source: string, digest: Digest): boolean {
    const { paths, pool } = this.#context;
    const { folder, repair } = inDamaged(paths);
    if (mkdirSync(folder, { recursive: true, mode: 0o700 })) fsyncFolder(paths.library);
    rmSync(repair, { force: true });
    try {
      if (source === path) fsyncFile(path);
      pool.adopt(source, digest, repair);
      failpoint('names.linked');
      if (statOf(path)?.isDirectory()) setAside(path);
      renameSync(repair, path);
      failpoint('names.replaced');
      this.linked += 1;
      return true;
    } catch (error) {
      // Cleaned up meanwhile; or not a folder, or one that we may not write to.
      if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM')) return false;
      throw error;
    } finally {
      rmSync(repair, { force: true }); // a rename onto the same inode does nothing
    }
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (isErrno(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** The entry that a file in a snapshot belongs to, as text. */
export function entryOf(file: string): string {
  return file.endsWith(METADATA_SUFFIX) ? file.slice(0, -METADATA_SUFFIX.length) : file;
}
