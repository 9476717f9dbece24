/**
 * What goes elsewhere, as a list of paths: the pool, which has each content once; the recipe of every snapshot,
 * held ones too; pins, records, settings and keys. Laptops' folders are listed, their snapshots are not: a
 * thousand laptops with sixty snapshots are a thousand folders, not a hundred million names.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { parseSerial, parseSnapshotName, type Serial, tryParse } from '../../shared/ids.ts';
import { namesIn } from '../../shared/system/files.ts';
import { pacemaker, SLICE_MS } from '../../shared/system/pacemaker.ts';
import { laptopsIn } from '../integrity/checker.ts';
import { SHARDS } from '../integrity/scrub-state.ts';
import { ifReadable, statIfReadable } from '../storage/checked-entry.ts';
import {
  hostKey,
  hostKeyPublic,
  inAudit,
  inDays,
  inLaptop,
  inLibrary,
  inShard,
  inSnapshot,
  inState,
  libraryId,
  oldHostKey,
  type Paths,
} from '../storage/paths.ts';

export interface Recipe {
  paths: string[];
  /** Equal as long as neither the pool nor a recipe nor a record has changed. */
  fingerprint: string;
}

/**
 * Listed before the pool is read: whatever a recipe names is in the pool by then. Reads no content, and lets others
 * pass in between: a large school has a hundred thousand of these files.
 */
export async function recipeOf(paths: Paths): Promise<Recipe> {
  const pause = pacemaker(SLICE_MS);
  const found: string[] = [];
  const hash = createHash('sha256');
  const add = (path: string) => {
    const stat = statIfReadable(path);
    if (!stat) return;
    found.push(path);
    // Of a folder the names in it, of a file when it was written. Each link changes a ctime.
    hash.update(`${path} ${stat.mtimeMs} ${stat.size}\n`);
  };
  for (const path of ofSchool(paths)) add(path);
  for (const serial of laptopsIn(paths)) {
    for (const path of ofLaptop(paths, serial)) add(path);
    await pause();
  }
  for (let shard = 0; shard < SHARDS; shard += 1) {
    const stat = statIfReadable(inShard(paths, shard));
    hash.update(`${shard} ${stat?.mtimeMs}\n`);
  }
  return { paths: [inLibrary(paths).pool, ...found], fingerprint: hash.digest('hex') };
}

function ofSchool(paths: Paths): string[] {
  return [
    ...[hostKey(paths), hostKeyPublic(paths), oldHostKey(paths), libraryId(paths)],
    ...[inLibrary(paths).clock, inAudit(paths).folder, inDays(paths).folder],
    inState(paths).teachers,
    // Each as it is: until somebody says yes it may be nowhere else.
    ...arrivalsIn(paths).map((serial) => inLibrary(paths).arrival(serial)),
  ];
}

/** Who waits to come here; what is still being copied has another name. */
function arrivalsIn(paths: Paths): Serial[] {
  return ifReadable(() => namesIn(inLibrary(paths).arrivals)).flatMap((name) => {
    return tryParse(parseSerial, name) ?? [];
  });
}

function ofLaptop(paths: Paths, serial: Serial): string[] {
  const laptop = inLaptop(paths, serial);
  const snapshots = [laptop.home, laptop.held].flatMap((parent) => {
    return ifReadable(() => namesIn(parent))
      .filter((name) => tryParse(parseSnapshotName, name))
      .flatMap((name) => Object.values(inSnapshot(join(parent, name))));
  });
  // Few enough to go as they are: restic stores equal content once.
  const pins = ifReadable(() => namesIn(laptop.pinned)).map((name) => join(laptop.pinned, name));
  const { registration, registrationCopy, lastSuccess, instances, quietKey, moved } = laptop;
  return [
    ...[registration, registrationCopy, lastSuccess, instances, quietKey, moved],
    ...snapshots,
    ...pins,
  ];
}
