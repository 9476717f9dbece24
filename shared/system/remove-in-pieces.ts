/**
 * Removes what a session left, however many files in whatever folders that is: one name after the other, so
 * that others have their turn in between. In Node's threads, since a disk takes long over one large file, or over a
 * folder that had many.
 */
import type { Dirent } from 'node:fs';
import { opendir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../errors.ts';

/** Called after each name; waits until it is our turn again. */
type Pause = () => Promise<void>;

/** Removes what is in a folder, and leaves the folder. What is gone already does not matter. */
export async function emptyFolder(folder: string, pause: Pause): Promise<void> {
  for await (const found of await opendir(folder)) {
    await remove(join(folder, found.name), found, pause);
  }
}

/** Removes a folder and all that is in it; or nothing, if it is not there. */
export async function removeFolder(folder: string, pause: Pause): Promise<void> {
  try {
    await emptyFolder(folder, pause);
    await rmdir(folder);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

async function remove(path: string, found: Dirent, pause: Pause): Promise<void> {
  if (found.isDirectory()) await removeFolder(path, pause);
  else await rm(path, { force: true });
  await pause();
}
