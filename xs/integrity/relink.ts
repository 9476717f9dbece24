/**
 * Puts every name of every snapshot, pin and trash back on the pool's content, after the library came here
 * without its hard links. Content is read and compared before anything is linked to it; each name changes
 * by one rename. Killed anywhere, it goes on where it was: linked names are passed over.
 */
import { existsSync, lstatSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Serial } from '../../shared/ids.ts';
import type { Log } from '../../shared/log.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { fsyncFolder } from '../../shared/system/files.ts';
import { isUnreadable } from '../storage/checked-entry.ts';
import { makeReadableFolder, type Ownership, takeOver } from '../storage/ownership.ts';
import { inLaptop, inLibrary, type Paths } from '../storage/paths.ts';
import { newestSnapshot, pointLatest } from '../storage/snapshots.ts';
import type { Checker } from './checker.ts';
import { ReadFiles } from './good-inode.ts';
import { foldersOf } from './list-folders.ts';
import { isUnlinked, looksUnlinked, noticeUnlinked } from './unlinked.ts';

export interface RelinkContext {
  paths: Paths;
  ownership: Ownership;
  checker: Pick<Checker, 'checkAll'>;
  log: Log;
}

export interface Relinked {
  laptops: number;
  /** Names that were files of their own and are links now. */
  names: number;
  /** What that saved on the disk. */
  freedBytes: number;
  freedInodes: number;
  /** How many of them had other content than their list says; the pool had it right. */
  differed: number;
  /** The first of those, relative to the library. */
  differedNames: string[];
  /** What nobody has whole: see `xs-backup damage`. */
  findings: number;
}

/** Names of files that are listed; more are counted. */
const MAX_NAMED = 50;

export interface RelinkOptions {
  signal?: AbortSignal | undefined;
  /** After each laptop. */
  onLaptop?: (serial: Serial) => void;
}

/** Links all names again. Aborts with the signal's reason; the next run goes on. */
export async function relink(
  context: RelinkContext,
  options: RelinkOptions = {},
): Promise<Relinked> {
  const { paths, ownership, checker, log } = context;
  const done: Relinked = {
    ...{ laptops: 0, names: 0, freedBytes: 0, freedInodes: 0 },
    ...{ differed: 0, differedNames: [], findings: 0 },
  };
  noticeUnlinked(paths, log);
  failpoint('relink.noticed');
  done.findings = await checker.checkAll(options.signal, {
    // A copy made by root belongs to root's group, and sessions could not read it.
    read: new ReadFiles((path) => takeOver(ownership, path)),
    onReplaced: (path, { differs, freed, bytes }) => {
      done.names += 1;
      if (freed) {
        done.freedBytes += bytes;
        done.freedInodes += 1;
      }
      if (!differs) return;
      done.differed += 1;
      const name = relative(paths.library, path);
      if (done.differedNames.length < MAX_NAMED) done.differedNames.push(name);
      log.warn('copy-differed', { path: name });
    },
    onLaptop: (serial) => {
      tidyLaptop(context, serial);
      done.laptops += 1;
      failpoint('relink.laptop');
      options.onLaptop?.(serial);
    },
  });
  failpoint('relink.linked');
  if (!looksUnlinked(paths) && existsSync(inLibrary(paths).unlinked)) {
    rmSync(inLibrary(paths).unlinked);
    fsyncFolder(paths.library);
  }
  const { names, freedBytes, differed, findings } = done;
  log.info('relinked', { names, freedBytes, differed, findings });
  return done;
}

/** The check of everything, which links again what it has to. Returns the number of findings. */
export async function checkEverything(
  context: RelinkContext,
  signal: AbortSignal | undefined,
): Promise<number> {
  if (!isUnlinked(context.paths)) return context.checker.checkAll(signal);
  const { findings } = await relink(context, { signal });
  return findings;
}

/** Rights, and the link for people: neither comes along on every road. */
function tidyLaptop({ paths, ownership }: RelinkContext, serial: Serial): void {
  for (const [parent, folder] of foldersOf(paths, serial)) {
    const path = join(parent, folder);
    if (parent !== inLaptop(paths, serial).home) continue;
    try {
      if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) {
        makeReadableFolder(ownership, path);
      }
    } catch (error) {
      if (!isUnreadable(error)) throw error; // otherwise it is among the findings
    }
  }
  const newest = newestSnapshot(paths, serial);
  if (newest) pointLatest(paths, serial, newest.name);
}
