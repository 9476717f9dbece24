/**
 * A reserve of blocks and inodes on the library's disk, released when the disk is too full to be
 * repaired: moving a folder to the trash may need a block for its new name, and so do the records, the
 * audit log and the index. For what people decide and what makes room; never for backups.
 */
import { closeSync, existsSync, mkdirSync, openSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../../shared/errors.ts';
import { run } from '../../shared/system/run.ts';
import { freeRoom, wholeRoom } from './disk.ts';
import { inLibrary, type Paths } from './paths.ts';

export interface ReserveRules {
  reservePercent: number;
  reserveMiB: number;
}

/** Enough for the folders of a trash and what is written durably meanwhile. */
const INODES = 64;
const MIB = 1 << 20;
/** With less free than this, even small durable writes fail or are about to. */
const FULL_BYTES = 1 * MIB;
const FULL_INODES = 16;

/** The size of the reserve, in bytes: a share of the disk, up to a limit. */
export function reserveSize(diskBytes: number, rules: ReserveRules): number {
  const share = Math.floor((diskBytes * rules.reservePercent) / 100);
  return Math.min(share, rules.reserveMiB * MIB);
}

/** Makes the reserve if it is missing and there is twice the room for it. Throws when it cannot. */
export async function keepReserve(
  paths: Paths,
  rules: ReserveRules,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const folder = inLibrary(paths).reserve;
  const fs = statfsSync(paths.library);
  const size = reserveSize(wholeRoom(fs).bytes, rules);
  const { bytes, inodes } = freeRoom(fs);
  const roomy = bytes > 2 * size && inodes > 4 * INODES;
  if (size === 0 || !roomy || existsSync(join(folder, 'blocks'))) return;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (let n = 0; n < INODES; n += 1) closeSync(openSync(join(folder, `inode-${n}`), 'w'));
    await run('fallocate', ['--length', String(size), join(folder, 'blocks')], { env });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Releases the reserve when nearly nothing is left on the disk. To be called before work that makes
 * room, or that a person asked for. Returns whether it did.
 */
export function releaseIfFull(paths: Paths): boolean {
  if (!existsSync(inLibrary(paths).reserve)) return false;
  const { bytes, inodes } = freeRoom(statfsSync(paths.library));
  const full = bytes < FULL_BYTES || inodes < FULL_INODES;
  if (full) releaseReserve(paths);
  return full;
}

/** Frees the reserve. */
function releaseReserve(paths: Paths): void {
  rmSync(inLibrary(paths).reserve, { recursive: true, force: true });
}

/** Does the work, releasing the reserve and trying once more when the disk is full. */
export function withReserve<T>(paths: Paths, work: () => T): T {
  try {
    return work();
  } catch (error) {
    releaseFor(error, paths);
    return work();
  }
}

/** The same for work that waits for the disk elsewhere. */
export async function withReserveAside<T>(paths: Paths, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    releaseFor(error, paths);
    return await work();
  }
}

/** Throws `error` again where the reserve does not help. */
function releaseFor(error: unknown, paths: Paths): void {
  if (!isErrno(error, 'ENOSPC', 'EDQUOT') || !existsSync(inLibrary(paths).reserve)) throw error;
  releaseReserve(paths);
}
