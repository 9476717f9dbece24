/**
 * What the original program leaves of a laptop, made as it made it: a mirror, `cp -al` of it, and a
 * link to the newest.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { realClock } from '../../../shared/clock.ts';
import {
  parseSnapshotName,
  type Serial,
  type SnapshotName,
  type Uid,
} from '../../../shared/ids.ts';
import { silentLog } from '../../../shared/log.ts';
import { type AdoptContext, type AdoptedTree, adoptLaptop } from '../../../xs/legacy/adopt.ts';
import { Timeline } from '../../../xs/retention/timeline.ts';
import { makeReadableFolder, type Ownership } from '../../../xs/storage/ownership.ts';
import { inLaptop, type Paths } from '../../../xs/storage/paths.ts';
import { openPool } from '../../../xs/storage/pool.ts';
import { type JournalSums, readJournal } from '../../journal/compare.ts';

export type Properties = Record<string, string | Buffer>;

/** The n-th of the original's snapshot names, an hour apart. */
export function nameOf(hour: number): SnapshotName {
  return parseSnapshotName(`datastore-2010-03-05_${String(hour).padStart(2, '0')}:15`);
}

/** Puts an entry into a raw tree as rsync does: each file a new inode. */
export function putRaw(root: string, uid: Uid, properties: Properties, data?: string | Buffer) {
  const folder = join(root, uid.slice(0, 2), uid);
  mkdirSync(join(folder, 'metadata'), { recursive: true });
  for (const [name, value] of Object.entries(properties)) {
    writeNew(join(folder, 'metadata', name), value);
  }
  if (data !== undefined) writeNew(join(folder, 'data'), data);
  return folder;
}

function writeNew(path: string, value: string | Buffer): void {
  rmSync(path, { force: true });
  writeFileSync(path, value);
}

/** Does what the original server did when a backup was complete. */
export function snapshotRaw(paths: Paths, serial: Serial, name: SnapshotName): string {
  const { home, original, latest } = inLaptop(paths, serial);
  const folder = join(home, name);
  execFileSync('cp', ['-al', original, folder]);
  pointTo(latest, folder);
  return folder;
}

export function pointTo(link: string, target: string): void {
  rmSync(link, { force: true });
  symlinkSync(target, link);
}

export function adoptContext(paths: Paths): AdoptContext {
  const uid = process.getuid?.() ?? 0;
  const ownership: Ownership = {
    ownUid: uid,
    sessionUid: uid,
    sessionGid: process.getgid?.() ?? 0,
  };
  const timeline = new Timeline(paths, realClock);
  const pool = openPool(paths, ownership);
  return { paths, ownership, pool, timeline, env: process.env, log: silentLog };
}

/** Where the tests' trash is; on the same file system, as the real one. */
export const trashOf = (paths: Paths): string => join(paths.library, '.trash');

export async function adopt(context: AdoptContext, serial: Serial): Promise<AdoptedTree[]> {
  const trash = trashOf(context.paths);
  makeReadableFolder(context.ownership, trash);
  return adoptLaptop(context, serial, {
    discard: (folder, name) => renameSync(folder, join(trash, name)),
  });
}

/** Name → what is in each raw tree. */
export function readTrees(folder: string, names: readonly string[]): Map<string, JournalSums> {
  return new Map(names.map((name) => [name, readJournal(join(folder, name))]));
}
