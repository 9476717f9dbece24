/**
 * Removes what a session left, however many files in whatever folders that is: one name after the other, so
 * that others have their turn in between.
 */
import { type Dirent, rmdirSync, rmSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
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
    rmdirSync(folder);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

async function remove(path: string, found: Dirent, pause: Pause): Promise<void> {
  if (found.isDirectory()) await removeFolder(path, pause);
  else rmSync(path, { force: true });
  await pause();
}
