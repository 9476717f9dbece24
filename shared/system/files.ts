/**
 * Writes that survive a pulled plug: temporary name beside, fsync, rename, fsync the folder (E3).
 */
import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isErrno } from '../errors.ts';

/** Replaces the file at `path` with `content`: whole or not at all. `mode` defaults to 0644. */
export function writeFileDurably(path: string, content: string | Buffer, mode = 0o644): void {
  const temporary = temporaryBeside(path);
  try {
    const fd = openSync(temporary, 'wx', mode);
    try {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  fsyncFolder(dirname(path));
}

/** Points the symbolic link at `path` to `target`, replacing an older link in one step. */
export function replaceSymlinkDurably(path: string, target: string): void {
  const temporary = temporaryBeside(path);
  rmSync(temporary, { force: true });
  symlinkSync(target, temporary);
  try {
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  fsyncFolder(dirname(path));
}

/** The names in a folder; an absent one, and what is none, has none. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** Makes the names in a folder durable. File systems that cannot (EINVAL) are let be. */
export function fsyncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } catch (error) {
    if (!isErrno(error, 'EINVAL')) throw error;
  } finally {
    closeSync(fd);
  }
}

/** The process id keeps two programs apart; the counter, two writes of one program. */
function temporaryBeside(path: string): string {
  counter += 1;
  return join(dirname(path), `.${basename(path)}.${process.pid}.${counter}.tmp`);
}

let counter = 0;
