/**
 * Damaged content that came again, from whichever laptop, takes its place in every snapshot that had
 * it (X11). Done again from the start when it was cut off: each name is replaced in one step, and
 * the record goes only when no name is left.
 */
import { lstatSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Digest } from '../../shared/ids.ts';
import { digestFile } from '../../shared/journal/entry.ts';
import type { Log } from '../../shared/log.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { fsyncFolder } from '../../shared/system/files.ts';
import { pacemaker } from '../../shared/system/pacemaker.ts';
import { type DamageRecord, pooledFiles } from '../storage/damage-register.ts';
import { inDamaged } from '../storage/paths.ts';
import type { Pool } from '../storage/pool.ts';
import { findNames, type SearchContext } from './find-links.ts';

export interface RepairContext extends SearchContext {
  pool: Pool;
  log: Log;
}

const SLICE_MS = 8;

/**
 * Repairs all damage whose content is in the pool again, and lets go of what nobody has any more.
 * The names on record usually are all there are; with `search` the whole library is looked through
 * for the others (later snapshots, moved ones, pins), which takes its time.
 */
export async function repairDamage(
  context: RepairContext,
  { search }: { search: boolean },
): Promise<Digest[]> {
  const { damage } = context.pool;
  const folders = new Set<string>();
  const mended = new Map<DamageRecord, string>();
  const files = pooledFiles(
    context.paths,
    damage.list().map(({ digest }) => digest),
  );
  for (const record of damage.list()) {
    context.signal?.throwIfAborted();
    const source = await goodInode(context, record.digest, files.get(record.digest));
    if (!source || !damage.isDamaged(record.inode)) continue;
    await replaceAll(context, record, source, record.names ?? [], folders);
    mended.set(record, source);
  }
  const rest = [...mended].filter(([record]) => isHeld(context, record));
  if (search && rest.length > 0) {
    const inodes = rest.map(([{ inode }]) => inode);
    const names = await findNames(context, inodes);
    for (const [record, source] of rest) {
      await replaceAll(context, record, source, names.get(record.inode) ?? [], folders);
    }
  }
  for (const folder of folders) fsyncIfThere(folder);
  const free = damage.list().filter((record) => !isHeld(context, record));
  damage.release(free);
  failpoint('repair.done');
  const repaired = free.filter((record) => mended.has(record)).map(({ digest }) => digest);
  for (const digest of repaired) context.log.info('damage-repaired', { digest });
  return repaired;
}

function isHeld({ pool: { damage } }: RepairContext, record: DamageRecord): boolean {
  return damage.isDamaged(record.inode) && damage.links(record) > 0;
}

/** An inode of the pool that was read just now; others of the same content that are bad go aside. */
async function goodInode(
  context: RepairContext,
  digest: Digest,
  files: readonly string[] = [],
): Promise<string | undefined> {
  const { damage } = context.pool;
  let good: string | undefined;
  for (const path of files) {
    const ino = inodeOf(path);
    if (ino === undefined) continue;
    const found = await digestIfReadable(path, context.signal);
    if (found === digest) good ??= path;
    else if (inodeOf(path) === ino) damage.quarantine(digest, path);
  }
  return good && inodeOf(good) !== undefined ? good : undefined;
}

async function digestIfReadable(path: string, signal?: AbortSignal): Promise<Digest | undefined> {
  try {
    return (await digestFile(path, signal)).digest;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Error && 'errno' in error) return undefined; // a bad sector, or gone
    throw error;
  }
}

function inodeOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.ino;
}

async function replaceAll(
  { paths, pool }: RepairContext,
  record: DamageRecord,
  source: string,
  names: readonly string[],
  folders: Set<string>,
): Promise<void> {
  const pause = pacemaker(SLICE_MS);
  const { repair } = inDamaged(paths);
  for (const name of names) {
    const path = join(paths.library, name);
    if (inodeOf(path) === record.inode) {
      rmSync(repair, { force: true });
      pool.place(source, record.digest, repair); // through the pool, which knows how many links fit
      failpoint('repair.linked');
      renameSync(repair, path);
      failpoint('repair.replaced');
      folders.add(dirname(path));
    }
    await pause();
  }
}

/** A snapshot may have been moved or removed since. */
function fsyncIfThere(folder: string): void {
  if (inodeOf(folder) !== undefined) fsyncFolder(folder);
}
