/**
 * Damaged content that came again, from whichever laptop, takes its place in every snapshot that had
 * it (X11). Done again from the start when it was cut off: each name is replaced in one step, and
 * the record goes only when no name is left.
 */
import { lstatSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digestFile } from '../shared/entry.ts';
import { failpoint } from '../shared/failpoint.ts';
import { fsyncFolder } from '../shared/files.ts';
import type { Digest } from '../shared/ids.ts';
import type { Log } from '../shared/log.ts';
import { pacemaker } from '../shared/pacemaker.ts';
import { type DamageRecord, pooledFiles } from './damage.ts';
import { findNames, type SearchContext } from './damage-names.ts';
import { inDamaged } from './paths.ts';
import type { Pool } from './pool.ts';

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
  const mended = new Map<DamageRecord, string>();
  for (const record of damage.list()) {
    context.signal?.throwIfAborted();
    const source = await goodInode(context, record.digest);
    if (!source || !damage.isDamaged(record.inode)) continue;
    await replaceAll(context, record, source, record.names ?? []);
    mended.set(record, source);
  }
  const rest = [...mended].filter(([record]) => isHeld(context, record));
  if (search && rest.length > 0) {
    const inodes = rest.map(([{ inode }]) => inode);
    const names = await findNames(context, inodes);
    for (const [record, source] of rest) {
      await replaceAll(context, record, source, names.get(record.inode) ?? []);
    }
  }
  const pause = pacemaker(SLICE_MS);
  for (const record of damage.list()) {
    await pause();
    if (!damage.isDamaged(record.inode) || isHeld(context, record)) continue;
    damage.release(record);
    failpoint('repair.released');
    const repaired = mended.has(record);
    const { digest, inode } = record;
    context.log.info(repaired ? 'damage-repaired' : 'damage-forgotten', { digest, inode });
  }
  failpoint('repair.done');
  return [...mended.keys()].filter((record) => !isHeld(context, record)).map((one) => one.digest);
}

function isHeld({ pool: { damage } }: RepairContext, record: DamageRecord): boolean {
  return damage.isDamaged(record.inode) && damage.links(record) > 0;
}

/** An inode of the pool that was read just now; others of the same content that are bad go aside. */
async function goodInode(context: RepairContext, digest: Digest): Promise<string | undefined> {
  const { damage } = context.pool;
  let good: string | undefined;
  for (const path of pooledFiles(context.paths, digest)) {
    const { ino } = lstatSync(path);
    const content = await digestFile(path, context.signal);
    if (content.digest === digest) good ??= path;
    else if (lstatSync(path, { throwIfNoEntry: false })?.ino === ino) {
      damage.quarantine(digest, path);
    }
  }
  return good && lstatSync(good, { throwIfNoEntry: false }) ? good : undefined;
}

async function replaceAll(
  { paths, pool }: RepairContext,
  record: DamageRecord,
  source: string,
  names: readonly string[],
): Promise<void> {
  const pause = pacemaker(SLICE_MS);
  const { repair } = inDamaged(paths);
  const folders = new Set<string>();
  for (const name of names) {
    const path = join(paths.library, name);
    if (lstatSync(path, { throwIfNoEntry: false })?.ino === record.inode) {
      rmSync(repair, { force: true });
      pool.place(source, record.digest, repair); // through the pool, which knows how many links fit
      failpoint('repair.linked');
      renameSync(repair, path);
      failpoint('repair.replaced');
      folders.add(dirname(path));
    }
    await pause();
  }
  for (const folder of folders) fsyncIfThere(folder);
}

/** A snapshot may have been moved or removed since. */
function fsyncIfThere(folder: string): void {
  if (lstatSync(folder, { throwIfNoEntry: false })) fsyncFolder(folder);
}
