/**
 * While what a laptop sent is read, its folder is out of the reach of sessions: `incoming/` is renamed to
 * `.taken`, which only the service may enter, and sessions find a new one. So a program that outlived its
 * session changes nothing. Afterwards the folder comes back: emptied, or with what is still to be completed.
 * The caller holds the session lock. Killed in between, giveBack() puts both together again.
 */
import { chmodSync, lstatSync, mkdirSync, renameSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { pacemaker, SLICE_MS } from '../../shared/system/pacemaker.ts';
import { removeFolder } from '../../shared/system/remove-in-pieces.ts';
import { makeWritableFolder } from '../storage/ownership.ts';
import { inLaptop } from '../storage/paths.ts';
import type { IngestContext } from './ingest-context.ts';

type TakeContext = Pick<IngestContext, 'paths' | 'ownership'>;

/** Returns the folder in which the files are now. Throws errors of the disk; nothing has changed then. */
export function takeAway({ paths, ownership }: TakeContext, serial: Serial): string {
  const { incoming, taken } = inLaptop(paths, serial);
  mkdirSync(taken, { recursive: true, mode: 0o700 });
  renameSync(incoming, taken);
  failpoint('ingest.taken');
  try {
    makeWritableFolder(ownership, incoming);
  } catch (error) {
    renameSync(taken, incoming);
    throw error;
  }
  chmodSync(taken, 0o700);
  return taken;
}

/**
 * Undoes takeAway(), also that of a service that was killed. What came meanwhile is newer, and stays. `pause` is
 * awaited after each file where there are two folders to put together.
 */
export async function giveBack(
  { paths, ownership }: TakeContext,
  serial: Serial,
  pause: () => Promise<void> = pacemaker(SLICE_MS),
): Promise<void> {
  const { incoming, taken } = inLaptop(paths, serial);
  if (!lstatSync(taken, { throwIfNoEntry: false })) return;
  if (!moveOver(taken, incoming)) {
    await merge(taken, incoming, pause);
    await removeFolder(taken, pause);
  }
  makeWritableFolder(ownership, incoming);
}

/** In place of an empty folder, or of nothing. */
function moveOver(folder: string, target: string): boolean {
  try {
    renameSync(folder, target);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOTEMPTY', 'EEXIST')) return false;
    throw error;
  }
}

async function merge(from: string, to: string, pause: () => Promise<void>): Promise<void> {
  for await (const found of await opendir(from)) {
    const [source, target] = [join(from, found.name), join(to, found.name)];
    const there = lstatSync(target, { throwIfNoEntry: false });
    if (!there) renameSync(source, target);
    else if (there.isDirectory() && found.isDirectory()) await merge(source, target, pause);
    await pause();
  }
}
