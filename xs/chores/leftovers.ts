/**
 * What sessions left in a laptop's folders and no backup has: uploads that were never completed, and the
 * folders that original clients mirror besides their Journal. Old uploads are removed: the laptop sends
 * again what it has; mirrors stay.
 */
import { lstatSync } from 'node:fs';
import { opendir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DAY_MS } from '../../shared/clock.ts';
import { DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import { lockFile } from '../../shared/system/lock.ts';
import { pacemaker } from '../../shared/system/pacemaker.ts';
import type { Library } from '../library.ts';
import { IDLE_SLICE_MS } from '../storage/idle.ts';
import { inCompletion, inLaptop } from '../storage/paths.ts';

/** An upload that nobody continued for so long is not continued any more, in days: long holidays. */
const OLD_DAYS = 90;
const BLOCK = 512;

/** Bytes on the disk of everything that a laptop sent and no backup has. */
export async function measureLeftovers(
  { paths }: Pick<Library, 'paths'>,
  serial: Serial,
): Promise<number> {
  const laptop = inLaptop(paths, serial);
  const folders = [laptop.incoming, laptop.mirror('documents'), laptop.mirror('power-logs')];
  let bytes = 0;
  for (const folder of [...folders, inCompletion(paths).drop(serial)]) {
    await walk(folder, (path) => {
      bytes += (lstatSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * BLOCK;
    });
  }
  return bytes;
}

/** Removes uploads that are old; not while a session or an ingest of the laptop runs. */
export async function removeOldUploads(library: Library, serial: Serial): Promise<void> {
  const { paths, clock, env, log } = library;
  const { incoming, sessionLock } = inLaptop(paths, serial);
  const before = clock.now().getTime() - OLD_DAYS * DAY_MS;
  const isOld = (path: string) => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat !== undefined && stat.ctimeMs < before;
  };
  const old: string[] = [];
  for (const folder of [incoming, inCompletion(paths).drop(serial)]) {
    await walk(folder, (path) => void (isOld(path) && old.push(path)));
  }
  if (old.length === 0) return;
  try {
    await using _lock = await lockFile(sessionLock, { env, waitSeconds: 0 });
    // What is in a folder comes after it; a folder goes when nothing is left in it.
    for (const path of old.reverse()) {
      if (!isOld(path)) continue;
      await (isFolder(path) ? rmdir(path).catch(() => {}) : rm(path, { force: true }));
    }
    log.info('old-uploads-removed', { serial, files: old.length });
  } catch (error) {
    if (!(error instanceof DsError) || error.code !== 'busy') throw error; // it comes back tomorrow
  }
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Everything below a folder; what is in folders comes after them. */
async function walk(folder: string, visit: (path: string) => void): Promise<void> {
  const pause = pacemaker(IDLE_SLICE_MS);
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    const found = await opendir(next).catch(() => undefined); // it went meanwhile
    if (!found) continue;
    for await (const one of found) {
      const path = join(next, one.name);
      visit(path);
      if (one.isDirectory()) folders.push(path);
      await pause();
    }
  }
}
