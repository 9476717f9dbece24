/**
 * Notices a library that was copied without its hard links (`cp -r`, `rsync` without `-H`, an unpacked
 * archive): every name of every snapshot is a file of its own then, the disk is many times as full as it
 * should be, and nothing may be judged by that. A mark on the disk says so until all names are linked.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { asDsError } from '../../shared/errors.ts';
import { parseSnapshotName, tryParse } from '../../shared/ids.ts';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import type { Log } from '../../shared/log.ts';
import { namesIn, writeFileDurably } from '../../shared/system/files.ts';
import { ifReadable, statIfReadable } from '../storage/checked-entry.ts';
import { inLaptop, inLibrary, type Paths } from '../storage/paths.ts';
import { readManifest } from '../storage/snapshots.ts';
import { laptopsIn } from './checker.ts';

/** Laptops, and entries of a snapshot, that are looked at: some hundred lstats, a few milliseconds. */
const SAMPLE = 16;

/** Whether the mark is there. One lstat. */
export function isUnlinked(paths: Paths): boolean {
  return existsSync(inLibrary(paths).unlinked);
}

/** The same, after a look at some snapshots; sets the mark if they have no links. */
export function noticeUnlinked(paths: Paths, log: Log): boolean {
  if (isUnlinked(paths)) return true;
  if (!looksUnlinked(paths)) return false;
  log.warn('library-without-hard-links', { command: 'xs-backup relink' });
  try {
    writeFileDurably(inLibrary(paths).unlinked, '', 0o640);
  } catch (error) {
    // On a full disk, which is what such a copy makes of it.
    log.warn('mark-not-written', { reason: asDsError(error).message });
  }
  return true;
}

/** Whether most names of some snapshot have no other link; by a sample of laptops and of their entries. */
export function looksUnlinked(paths: Paths): boolean {
  const serials = ifReadable(() => laptopsIn(paths).sort());
  return sample(serials).some((serial) => {
    const { home, snapshot } = inLaptop(paths, serial);
    const names = ifReadable(() => namesIn(home)).flatMap((name) => {
      return tryParse(parseSnapshotName, name) ?? [];
    });
    const [oldest, ...others] = names.sort();
    const newest = others.at(-1);
    const ends = [oldest, newest].flatMap((name) => (name ? [snapshot(name)] : []));
    return ends.some((folder) => readManifest(folder) && isAlone(folder));
  });
}

function isAlone(folder: string): boolean {
  const metadata = ifReadable(() => namesIn(folder)).filter((name) => {
    return name.endsWith(METADATA_SUFFIX);
  });
  const looked = sample(metadata);
  const alone = looked.filter((name) => statIfReadable(join(folder, name))?.nlink === 1);
  return alone.length * 2 > looked.length;
}

/** So many of them, the first and the last too. */
function sample<T>(all: readonly T[]): T[] {
  if (all.length <= SAMPLE) return [...all];
  const step = (all.length - 1) / (SAMPLE - 1);
  return Array.from({ length: SAMPLE }, (_, n) => all[Math.round(n * step)] as T);
}
