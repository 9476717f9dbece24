/**
 * The writes of `files.ts` for a program that has others to answer meanwhile: the disk is waited for in a
 * thread of the pool. A busy disk may need a minute for one fsync. Two writes of the same path are to be
 * awaited one after the other.
 */
import { renameSync } from 'node:fs';
import { type FileHandle, open, rename, rm, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrno } from '../errors.ts';
import { temporaryBeside } from './files.ts';

/** Resolves when the file at `path` is replaced by `content`, durably. `mode` defaults to 0644. */
export async function writeFileAside(
  path: string,
  content: string | Buffer,
  mode = 0o644,
): Promise<void> {
  await replaceAside(path, (temporary) => writeNew(temporary, content, mode));
}

/**
 * Replaces files of one folder by `content`, where others may change them meanwhile. `place` is called once it is on
 * the disk under other names: it looks at what there is now, and calls `rename` or not; nothing else of this
 * program comes between. Resolves when the names are durable.
 */
export async function placeFilesAside(
  paths: readonly [string, ...string[]],
  content: string,
  mode: number,
  place: (rename: () => void) => void,
): Promise<void> {
  const files = paths.map((path) => ({ path, temporary: temporaryBeside(path) }));
  let isPlaced = false;
  try {
    for (const { temporary } of files) {
      await rm(temporary, { force: true });
      await writeNew(temporary, content, mode);
    }
    place(() => {
      for (const { path, temporary } of files) renameSync(temporary, path);
      isPlaced = true;
    });
  } finally {
    if (!isPlaced) for (const { temporary } of files) await rm(temporary, { force: true });
  }
  const durable = fsyncFolderAside(dirname(paths[0]));
  for (const path of paths) named.set(path, durable);
  try {
    await durable;
  } finally {
    for (const path of paths) if (named.get(path) === durable) named.delete(path);
  }
}

/** Files that have their name, which is not durable yet. */
const named = new Map<string, Promise<void>>();

/** Resolves when what `placeFilesAside` put at this path is durable, or that failed. */
export async function placedAside(path: string): Promise<void> {
  await named.get(path)?.catch(() => {}); // told to whom it is answered
}

/** Resolves when the symbolic link at `path` leads to `target`, durably. */
export async function replaceSymlinkAside(path: string, target: string): Promise<void> {
  await replaceAside(path, (temporary) => symlink(target, temporary));
}

/** Resolves when the names in a folder are durable. Ignores file systems that do not support it (EINVAL). */
export async function fsyncFolderAside(folder: string): Promise<void> {
  await using file: FileHandle = await open(folder, 'r');
  try {
    await file.sync();
  } catch (error) {
    if (!isErrno(error, 'EINVAL')) throw error;
  }
}

async function writeNew(path: string, content: string | Buffer, mode: number): Promise<void> {
  await using file = await open(path, 'wx', mode);
  await file.writeFile(content);
  await file.sync();
}

async function replaceAside(path: string, make: (temporary: string) => Promise<void>) {
  const temporary = temporaryBeside(path);
  await rm(temporary, { force: true });
  try {
    await make(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await fsyncFolderAside(dirname(path));
}
