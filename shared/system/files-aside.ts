/**
 * The writes of `files.ts` for a program that has others to answer meanwhile: the disk is waited for in a
 * thread of the pool. A busy disk may need a minute for one fsync. Two writes of the same path are to be
 * awaited one after the other.
 */
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
  await replaceAside(path, async (temporary) => {
    await using file = await open(temporary, 'wx', mode);
    await file.writeFile(content);
    await file.sync();
  });
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
