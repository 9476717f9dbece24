/**
 * The one checker of laptops' folders: every name of every snapshot is there and is a file of the pool,
 * and every list can be read. What the pool or the other files allow is put right; the rest is noted in
 * the laptop's folder, for the status, and asked from the laptop at its next visit. The content itself
 * is read by the scrub.
 */
import { existsSync, lstatSync, readdirSync, type Stats } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { asDsError } from '../../shared/errors.ts';
import { parseSerial, parseUid, type Serial, tryParse } from '../../shared/ids.ts';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import type { Log } from '../../shared/log.ts';
import { namesIn } from '../../shared/system/files.ts';
import { pacemaker } from '../../shared/system/pacemaker.ts';
import { isUnreadable, statIfReadable } from '../storage/checked-entry.ts';
import { IDLE_SLICE_MS } from '../storage/idle.ts';
import { readLastSuccess } from '../storage/last-success.ts';
import {
  inLaptop,
  inLibrary,
  inShard,
  inSnapshot,
  type Paths,
  POOL_NAME,
} from '../storage/paths.ts';
import type { Pool } from '../storage/pool.ts';
import {
  hasSums,
  mendSums,
  readManifest,
  readVersions,
  relist,
  type Snapshot,
} from '../storage/snapshots.ts';
import { listTrash, WHOLE_LAPTOP } from '../storage/trash.ts';
import { clearLaptop, clearLibraryInPieces } from './clear-way.ts';
import { byLinkCount, checkNames, type IsPooled, type NamesContext } from './entry-names.ts';
import { type NamesFinding, readFindings, writeFindings } from './findings.ts';
import { ReadFiles } from './good-inode.ts';
import { builtIn, foldersIn, foldersOf, pinOf, readable } from './list-folders.ts';
import { readUnsigned, sign } from './remake-manifest.ts';
import { SHARDS } from './scrub-state.ts';

export interface CheckerOptions {
  paths: Paths;
  pool: Pool;
  clock: Clock;
  log: Log;
}

/** How a check goes about it. */
interface How extends Pick<NamesContext, 'read' | 'onReplaced' | 'signal'> {
  isPooled: () => Promise<IsPooled>;
}

/** For somebody who wants to know more about a check of everything; see NamesContext. */
export interface CheckWatch extends Pick<NamesContext, 'read' | 'onReplaced'> {
  /** Each laptop is told when it is done. */
  onLaptop?: (serial: Serial) => void;
}

export class Checker {
  readonly #options: CheckerOptions;
  /** Folders found whole in this process, as they were then. */
  readonly #whole = new Map<string, string>();

  constructor(options: CheckerOptions) {
    this.#options = options;
  }

  /**
   * Checks one snapshot by its link counts, which is quick enough to be done before a backup builds on
   * it or a quiet day is confirmed.
   */
  async checkSnapshot(snapshot: Snapshot): Promise<NamesFinding[]> {
    return this.#checkSnapshot(snapshot, '', { isPooled: async () => byLinkCount });
  }

  /** Checks all of a laptop and notes what is wrong. */
  async checkLaptop(serial: Serial, signal?: AbortSignal): Promise<NamesFinding[]> {
    return this.#checkLaptop(serial, this.#byPool(signal));
  }

  /** Checks every laptop that has a folder, registered or not. Returns the number of findings. */
  async checkAll(signal?: AbortSignal, watch: CheckWatch = {}): Promise<number> {
    const pause = pacemaker(IDLE_SLICE_MS);
    await this.#clear(() => clearLibraryInPieces(this.#options.paths, pause));
    const { read = new ReadFiles(), onReplaced, onLaptop } = watch;
    const how = { ...this.#byPool(signal), read, ...(onReplaced && { onReplaced }) };
    let count = 0;
    for (const serial of laptopsIn(this.#options.paths)) {
      signal?.throwIfAborted();
      count += (await this.#checkLaptop(serial, how)).length;
      onLaptop?.(serial);
      await pause(); // most have nothing to check, and there may be thousands
    }
    return count;
  }

  /** Checks a laptop again for which something was noted. */
  async recheck(serial: Serial): Promise<void> {
    if (readFindings(this.#options.paths, serial).count > 0) await this.checkLaptop(serial);
  }

  /**
   * Links again every name that a readable list has and the pool's content is there for, so that
   * content without other names is unused. Folders that did not change since they were found whole are
   * passed over. Returns the folders that may have a list, or more folders, which cannot be read: while there
   * are any, nobody can know what is unused.
   */
  async linkAllNames(signal?: AbortSignal): Promise<string[]> {
    const { paths } = this.#options;
    const { trash } = inLibrary(paths);
    const how = this.#byPool(signal);
    const pause = pacemaker(IDLE_SLICE_MS);
    const unknown: string[] = [];
    const note = (folder: string) => void unknown.push(folder);
    const link = async (places: Iterable<[parent: string, name: string]>) => {
      await pause();
      for (const [parent, name] of places) {
        signal?.throwIfAborted();
        const folder = join(parent, name);
        if (this.#isStillWhole(folder)) continue;
        if (dirname(parent) === trash && statIfReadable(folder)?.isFile()) continue; // has no list
        const found = await this.#checkSafely(folder, name, how);
        if (found.some(({ what }) => what === 'unreadable')) unknown.push(folder);
      }
    };
    for (const serial of laptopsIn(paths)) await link(foldersOf(paths, serial, note));
    for (const { name, folder } of listTrash(paths)) {
      if (name === WHOLE_LAPTOP) await link(foldersIn(folder, note)); // it may come back
    }
    for (const home of builtIn(paths, note)) await link(foldersIn(home, note));
    // Content comes before the names that it waits for.
    const { arriving } = inLibrary(paths);
    if (existsSync(arriving)) note(arriving);
    return unknown;
  }

  #isStillWhole(folder: string): boolean {
    const stamp = this.#whole.get(folder);
    return stamp !== undefined && stamp === stampOf(folder);
  }

  async #checkLaptop(serial: Serial, how: How): Promise<NamesFinding[]> {
    const { paths, clock, log } = this.#options;
    const findings: NamesFinding[] = [];
    const pause = pacemaker(IDLE_SLICE_MS);
    await this.#clear(() => clearLaptop(paths, serial));
    const { home } = inLaptop(paths, serial);
    const trash = inLibrary(paths).trashOf(serial);
    const note = (folder: string) => {
      if (folder !== trash) findings.push(unreadable(relative(home, folder), 'its folder'));
    };
    for (const [parent, folder] of foldersOf(paths, serial, note)) {
      how.signal?.throwIfAborted();
      await pause();
      const found = await this.#checkSafely(join(parent, folder), folder, how);
      if (parent === home) findings.push(...found);
    }
    findings.push(...lostSnapshot(paths, serial));
    const before = readFindings(paths, serial).count;
    try {
      writeFindings(paths, serial, findings, clock.now());
    } catch (error) {
      log.warn('findings-not-written', { serial, reason: asDsError(error).message });
    }
    if (findings.length !== before) {
      const [first] = findings;
      const event = findings.length > 0 ? 'snapshots-damaged' : 'snapshots-whole';
      log.warn(event, {
        serial,
        files: findings.length,
        first: first && join(first.folder, first.file),
      });
    }
    return findings;
  }

  /** What stands in the way, where that can be changed. */
  async #clear(work: () => void | Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#options.log.warn('not-cleared', { reason: asDsError(error).message });
    }
  }

  /** A folder that cannot be read is a finding, and hides no other. */
  async #checkSafely(folder: string, name: string, how: How): Promise<NamesFinding[]> {
    try {
      return await this.#checkFolder(folder, name, how);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      return [unreadable(name, 'its folder')];
    }
  }

  /** `name` is what the findings call the folder. */
  async #checkFolder(folder: string, name: string, how: How): Promise<NamesFinding[]> {
    const pin = pinOf(name);
    const manifest = pin ? undefined : (readManifest(folder) ?? relist(folder));
    let found: NamesFinding[] = [];
    if (pin) found = await this.#checkVersions(folder, name, [pin], how);
    else if (manifest) {
      found = await this.#checkSnapshot({ ...manifest, folder }, name, how);
    } else if (!(await this.#makeManifest(folder, name, how))) {
      if (isOurs(folder) || !isFolder(folder)) found = [unreadable(name, 'MANIFEST')];
      // It may be one of ours.
      else readable(folder, () => found.push(unreadable(name, 'its folder')));
    }
    const stamp = stampOf(folder);
    if (found.length === 0 && stamp !== undefined) this.#whole.set(folder, stamp);
    else this.#whole.delete(folder);
    return found;
  }

  /** Makes a lost MANIFEST anew, if everything else of the snapshot is there. */
  async #makeManifest(folder: string, name: string, how: How): Promise<boolean> {
    const { paths, log } = this.#options;
    const serial = tryParse(parseSerial, basename(dirname(folder)));
    const unsigned = serial && readUnsigned(paths, serial, folder);
    if (!unsigned) return false;
    const found = await this.#checkVersions(folder, name, unsigned.versions, how);
    if (found.length > 0) return false;
    const { sequence } = sign(unsigned);
    log.warn('manifest-made-anew', { serial, name, sequence });
    return true;
  }

  async #checkSnapshot(snapshot: Snapshot, name: string, how: How): Promise<NamesFinding[]> {
    if (!hasSums(snapshot)) {
      if (!mendSums(snapshot)) {
        return lstatSync(snapshot.folder, { throwIfNoEntry: false })
          ? [unreadable(name, 'SUMS.gz')]
          : [];
      }
      this.#options.log.warn('sums-mended', { serial: snapshot.serial, name: snapshot.name });
    }
    const versions = readVersions(snapshot);
    return this.#checkVersions(snapshot.folder, name, versions, how);
  }

  async #checkVersions(
    folder: string,
    name: string,
    versions: Parameters<typeof checkNames>[2],
    { isPooled, ...more }: How,
  ): Promise<NamesFinding[]> {
    const { paths, pool, log } = this.#options;
    const context = { paths, pool, ...more };
    const { bad, linked } = await checkNames(context, folder, versions, await isPooled());
    if (linked > 0) log.warn('names-linked', { folder, names: linked });
    return bad.map(({ file, what, title }) => ({ folder: name, file, what, title }));
  }

  /** By all inodes of the pool, read when they are first needed. */
  #byPool(signal: AbortSignal | undefined): How {
    let reading: Promise<IsPooled> | undefined;
    const isPooled = () => {
      reading ??= readInodes(this.#options.paths);
      return reading;
    };
    return { isPooled, ...(signal && { signal }) };
  }
}

async function readInodes(paths: Paths): Promise<IsPooled> {
  const inodes = new Set<number>();
  const pause = pacemaker(IDLE_SLICE_MS);
  for (let shard = 0; shard < SHARDS; shard += 1) {
    const folder = inShard(paths, shard);
    for (const name of namesIn(folder)) {
      const stat = POOL_NAME.test(name) && lstatSync(join(folder, name), { throwIfNoEntry: false });
      if (stat) inodes.add(stat.ino);
      await pause();
    }
  }
  return ({ ino, nlink }: Stats) => nlink > 1 && inodes.has(ino);
}

/** Every serial with a folder in the library. */
export function laptopsIn(paths: Paths): Serial[] {
  return readdirSync(paths.library).flatMap((name) => tryParse(parseSerial, name) ?? []);
}

/** The snapshot that made this laptop count as safe, if there is no trace of it. */
export function lostSnapshot(paths: Paths, serial: Serial): NamesFinding[] {
  const success = readLastSuccess(paths, serial);
  if (!success?.sequence) return [];
  for (const [parent, folder] of foldersOf(paths, serial)) {
    const manifest = readManifest(join(parent, folder));
    const isTrace = manifest
      ? manifest.sequence >= Number(success.sequence)
      : isUnlisted(parent, folder);
    if (isTrace) return [];
  }
  const file = `snapshot ${success.sequence} of ${success.time.slice(0, 16)}`;
  return [{ folder: '', file, what: 'missing', title: null }];
}

/** Reported as unreadable already. */
function isUnlisted(parent: string, folder: string): boolean {
  return !pinOf(folder) && isOurs(join(parent, folder));
}

/** Not one of the original program's trees, which have neither lists nor folded metadata. */
function isOurs(folder: string): boolean {
  const { manifest, sums } = inSnapshot(folder);
  if (existsSync(manifest) || existsSync(sums)) return true;
  return readable(folder).some(
    (name) => name.endsWith(METADATA_SUFFIX) || tryParse(parseUid, name) !== undefined,
  );
}

/** Nothing at all counts: it was removed meanwhile. */
function isFolder(folder: string): boolean {
  return lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== false;
}

function unreadable(folder: string, file: string): NamesFinding {
  return { folder, file, what: 'unreadable', title: null };
}

/** Changes whenever a name in the folder does; undefined where it cannot be read. */
function stampOf(folder: string): string | undefined {
  try {
    const stat = lstatSync(folder, { bigint: true, throwIfNoEntry: false });
    return stat?.isDirectory() ? `${stat.ino} ${stat.ctimeNs}` : undefined;
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}
