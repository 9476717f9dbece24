/**
 * Replaces damaged content in every snapshot, as soon as any laptop has sent the same content again.
 * Safe to repeat after a power cut: each name is replaced in one step, and the record of the damage
 * is removed only when no name is left.
 */
import { renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Digest } from '../../shared/ids.ts';
import type { Log } from '../../shared/log.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { fsyncFolder } from '../../shared/system/files.ts';
import { pacemaker } from '../../shared/system/pacemaker.ts';
import { type DamageRecord, pooledFiles } from '../storage/damage-register.ts';
import { IDLE_SLICE_MS } from '../storage/idle.ts';
import { inDamaged } from '../storage/paths.ts';
import type { Pool } from '../storage/pool.ts';
import { findLinks, type SearchContext } from './find-links.ts';
import { goodInode, inodeOf } from './good-inode.ts';

export interface RepairContext extends SearchContext {
  pool: Pool;
  log: Log;
}

/**
 * Repairs all damage whose content is in the pool again, and removes records of damage that nothing
 * links to any more. Usually the names on record are complete; with `search` the whole library is
 * searched for others (later snapshots, moved ones, pins), which is slow. Returns what was repaired.
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
    const { digest } = record;
    const source = await goodInode(damage, digest, files.get(digest), context);
    if (!source || !damage.isDamaged(record.inode)) continue;
    await replaceAll(context, record, source, record.names ?? [], folders);
    mended.set(record, source);
  }
  const rest = [...mended].filter(([record]) => isLinked(context, record));
  if (search && rest.length > 0) {
    const inodes = rest.map(([{ inode }]) => inode);
    const names = await findLinks(context, inodes);
    for (const [record, source] of rest) {
      await replaceAll(context, record, source, names.get(record.inode) ?? [], folders);
    }
  }
  for (const folder of folders) fsyncIfThere(folder);
  const free = damage.list().filter((record) => !isLinked(context, record));
  damage.release(free);
  failpoint('repair.done');
  const repaired = free.filter((record) => mended.has(record)).map(({ digest }) => digest);
  for (const digest of repaired) context.log.info('damage-repaired', { digest });
  return repaired;
}

function isLinked({ pool: { damage } }: RepairContext, record: DamageRecord): boolean {
  return damage.isDamaged(record.inode) && damage.links(record) > 0;
}

async function replaceAll(
  { paths, pool }: RepairContext,
  record: DamageRecord,
  source: string,
  names: readonly string[],
  folders: Set<string>,
): Promise<void> {
  const pause = pacemaker(IDLE_SLICE_MS);
  const { repair } = inDamaged(paths);
  for (const name of names) {
    const path = join(paths.library, name);
    if (inodeOf(path) === record.inode) {
      rmSync(repair, { force: true });
      pool.place(source, record.digest, repair); // the pool keeps the limit of links
      failpoint('repair.linked');
      renameSync(repair, path);
      failpoint('repair.replaced');
      folders.add(dirname(path));
    }
    await pause();
  }
}

/** A snapshot may have been moved or removed in the meantime. */
function fsyncIfThere(folder: string): void {
  if (inodeOf(folder) !== undefined) fsyncFolder(folder);
}
