/**
 * Gives back the space of what left the trash for good. Its names are unlinked, and content that
 * nobody else has loses its name in the pool as well: work in proportion to what goes, without
 * looking through the pool. What a power cut leaves behind, the scrub sweeps up later.
 */
import { lstatSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DsError } from '../../shared/errors.ts';
import { type Digest, parseUid, tryParse, type Uid } from '../../shared/ids.ts';
import { decodeEntry, digestOf } from '../../shared/journal/entry.ts';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { namesIn } from '../../shared/system/files.ts';
import { pacemaker } from '../../shared/system/pacemaker.ts';
import { run } from '../../shared/system/run.ts';
import { inLibrary, inPool, type Paths } from './paths.ts';

const SLICE_MS = 8;
/** The name in the pool and the one that goes. */
const LAST_LINKS = 2;

export interface Reclaimed {
  folders: number;
  /** Of the content that nobody has any more. */
  bytes: number;
}

/** Frees everything that is doomed; safe to repeat after a power cut. */
export async function reclaim(
  paths: Paths,
  options: { env: NodeJS.ProcessEnv; signal?: AbortSignal },
): Promise<Reclaimed> {
  const { doomed } = inLibrary(paths);
  const done: Reclaimed = { folders: 0, bytes: 0 };
  for (const name of namesIn(doomed)) {
    options.signal?.throwIfAborted();
    const folder = join(doomed, name);
    done.bytes += await dropFromPool(paths, folder);
    failpoint('reclaim.dropped');
    // Thousands of unlinks are the disk's work, not ours: a child in the idle class does them.
    const command = ['-c', '3', 'nice', '-n', '19', 'rm', '-rf', '--', folder];
    await run('ionice', command, options);
    failpoint('reclaim.removed');
    done.folders += 1;
  }
  return done;
}

async function dropFromPool(paths: Paths, folder: string): Promise<number> {
  const pause = pacemaker(SLICE_MS);
  let bytes = 0;
  for (const name of namesIn(folder)) {
    if (!name.endsWith(METADATA_SUFFIX)) continue;
    const uid = tryParse(parseUid, name.slice(0, -METADATA_SUFFIX.length));
    if (uid) bytes += dropEntry(paths, folder, uid);
    await pause();
  }
  return bytes;
}

/** Looking and unlinking go together without a pause: no ingest can link in between. */
function dropEntry(paths: Paths, folder: string, uid: Uid): number {
  const content = join(folder, uid);
  const metadata = `${content}${METADATA_SUFFIX}`;
  const held = [content, metadata].filter((path) => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat?.isFile() && stat.nlink <= LAST_LINKS;
  });
  if (held.length === 0) return 0;
  try {
    const text = readFileSync(metadata);
    let bytes = 0;
    if (held.includes(metadata)) bytes += dropInode(paths, digestOf(text), metadata);
    const digest = held.includes(content) && decodeEntry(text).content?.digest;
    return digest ? bytes + dropInode(paths, digest, content) : bytes;
  } catch (error) {
    if (error instanceof DsError) return 0; // damaged; the scrub sweeps by link count
    throw error;
  }
}

/** Removes the pool's name of this very inode; bytes it frees. */
function dropInode(paths: Paths, digest: Digest, path: string): number {
  const { ino, size } = lstatSync(path);
  for (let n = 0; ; n += 1) {
    const name = inPool(paths, digest).file(n);
    const stat = lstatSync(name, { throwIfNoEntry: false });
    if (!stat) return 0;
    if (stat.ino !== ino) continue;
    rmSync(name);
    return size;
  }
}
