/**
 * Frees the space of what left the trash for good. Its names are unlinked, and content without any
 * other name loses its name in the pool as well: work in proportion to what is removed, without
 * walking the pool. What a power cut leaves behind is swept by the scrub later.
 */
import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { asDsError, DsError } from '../../shared/errors.ts';
import { type Digest, parseUid, tryParse, type Uid } from '../../shared/ids.ts';
import { decodeEntry, digestOf } from '../../shared/journal/entry.ts';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { namesIn } from '../../shared/system/files.ts';
import { pacemaker } from '../../shared/system/pacemaker.ts';
import { run } from '../../shared/system/run.ts';
import { bytesOnDisk } from '../../shared/system/sparse.ts';
import { isUnreadable } from './checked-entry.ts';
import { IDLE, IDLE_SLICE_MS } from './idle.ts';
import { inEntry, inLibrary, inPool, type Paths } from './paths.ts';

/** The name in the pool and the one that is being removed. */
const LAST_LINKS = 2;

export interface Reclaimed {
  folders: number;
  /** Of content that has no name left. */
  bytes: number;
  /** What could not be freed, and why; it is tried again the next time. */
  stuck: string[];
}

interface ReclaimOptions {
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal;
  /** Frees this one only, and leaves the pool to the scrub, which asks the lists. */
  only?: string;
}

/**
 * Frees everything in `.doomed`; safe to repeat after a power cut. Unless it is `only` one, every name that
 * a list has must have been linked again before: content without other names goes as well.
 */
export async function reclaim(paths: Paths, options: ReclaimOptions): Promise<Reclaimed> {
  const { doomed } = inLibrary(paths);
  const done: Reclaimed = { folders: 0, bytes: 0, stuck: [] };
  for (const name of namesIn(doomed)) {
    options.signal?.throwIfAborted();
    if (options.only !== undefined && name !== options.only) continue;
    try {
      for (const folder of innermostFirst(join(doomed, name))) {
        done.bytes += await free(paths, folder, options);
      }
      done.folders += 1;
    } catch (error) {
      options.signal?.throwIfAborted();
      done.stuck.push(`${name}: ${asDsError(error).message}`);
    }
  }
  return done;
}

/**
 * A folder and those in it. Each is freed by itself: content that several snapshots of a laptop share has its
 * last name in the last of them.
 */
function innermostFirst(folder: string): string[] {
  const within = readdirSync(folder, { withFileTypes: true }).filter((one) => one.isDirectory());
  return [...within.flatMap(({ name }) => innermostFirst(join(folder, name))), folder];
}

async function free(paths: Paths, folder: string, options: ReclaimOptions): Promise<number> {
  const bytes = options.only === undefined ? await dropFromPool(paths, folder) : 0;
  failpoint('reclaim.dropped');
  // Thousands of unlinks would block this process: a child with idle I/O priority does them.
  await run('ionice', [...IDLE, 'rm', '-rf', '--', folder], options);
  failpoint('reclaim.removed');
  return bytes;
}

async function dropFromPool(paths: Paths, folder: string): Promise<number> {
  const pause = pacemaker(IDLE_SLICE_MS);
  let bytes = 0;
  for (const name of namesIn(folder)) {
    if (!name.endsWith(METADATA_SUFFIX)) continue;
    const uid = tryParse(parseUid, name.slice(0, -METADATA_SUFFIX.length));
    if (uid) bytes += dropEntry(paths, folder, uid);
    await pause();
  }
  return bytes;
}

/** Checks and unlinks without yielding in between, so no ingest can add a link meanwhile. */
function dropEntry(paths: Paths, folder: string, uid: Uid): number {
  const { content, metadata } = inEntry(folder, uid);
  const last = [content, metadata].filter((path) => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat?.isFile() && stat.nlink <= LAST_LINKS;
  });
  if (last.length === 0) return 0;
  try {
    const text = readFileSync(metadata);
    let bytes = 0;
    if (last.includes(metadata)) bytes += dropInode(paths, digestOf(text), metadata);
    const digest = last.includes(content) && decodeEntry(text).content?.digest;
    return digest ? bytes + dropInode(paths, digest, content) : bytes;
  } catch (error) {
    if (error instanceof DsError || isUnreadable(error)) return 0; // damaged; the scrub sweeps by link count
    throw error;
  }
}

/** Removes the pool's name of this inode. Returns the bytes that this frees. */
function dropInode(paths: Paths, digest: Digest, path: string): number {
  const { ino, ...size } = lstatSync(path);
  for (let n = 0; ; n += 1) {
    const name = inPool(paths, digest).file(n);
    const stat = lstatSync(name, { throwIfNoEntry: false });
    if (!stat) return 0;
    if (stat.ino !== ino) continue;
    rmSync(name);
    return bytesOnDisk(size);
  }
}
