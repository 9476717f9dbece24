/**
 * Writes that survive a power cut: write under a temporary name in the same folder, fsync, rename,
 * fsync the folder. A write that fails before the rename leaves the old file; no temporary one stays.
 */
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isErrno } from '../errors.ts';

/** Replaces the file at `path` with `content`: whole or not at all. `mode` defaults to 0644. */
export function writeFileDurably(path: string, content: string | Buffer, mode = 0o644): void {
  replaceDurably(path, (temporary) => {
    const fd = openSync(temporary, 'wx', mode);
    try {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  });
}

/** The same, but nothing is written where that is the content already: a full disk changes nothing then. */
export function writeFileIfChanged(path: string, content: string | Buffer, mode = 0o644): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  if (!isThere(path, bytes, mode)) writeFileDurably(path, bytes, mode);
}

/**
 * The same for what is made anew at each start: whole for whoever reads it, but the disk is not waited for. What a
 * power cut leaves differs, and is written again.
 */
export function replaceFileIfChanged(path: string, content: string, mode = 0o644): void {
  const bytes = Buffer.from(content);
  if (isThere(path, bytes, mode)) return;
  const temporary = temporaryBeside(path);
  rmSync(temporary, { force: true });
  try {
    writeFileSync(temporary, bytes, { flag: 'wx', mode });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function isThere(path: string, bytes: Buffer, mode: number): boolean {
  try {
    return readFileSync(path).equals(bytes) && (lstatSync(path).mode & 0o777) === mode;
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'EISDIR', 'EACCES', 'EIO')) throw error;
    return false;
  }
}

/** A copy of the file `source` at `path`: whole or not at all. */
export function copyDurably(source: string, path: string): void {
  replaceDurably(path, (temporary) => {
    copyFileSync(source, temporary);
    fsyncFile(temporary);
  });
}

/** Points the symbolic link at `path` to `target`; an older link is replaced in one step. */
export function replaceSymlinkDurably(path: string, target: string): void {
  replaceDurably(path, (temporary) => symlinkSync(target, temporary));
}

function replaceDurably(path: string, make: (temporary: string) => void): void {
  const temporary = temporaryBeside(path);
  // After a power cut and a boot, another process may have left one of the same name.
  rmSync(temporary, { force: true });
  try {
    make(temporary);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  fsyncFolder(dirname(path));
}

/** The names in a folder; none if it is absent or not a folder. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** Makes what is in a file durable. */
export function fsyncFile(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Makes the names in a folder durable. Ignores file systems that do not support it (EINVAL). */
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

/** A name that nobody else writes to. The process id distinguishes two programs, the counter two writes of one program. */
export function temporaryBeside(path: string): string {
  counter += 1;
  return join(dirname(path), `.${basename(path)}.${process.pid}.${counter}.tmp`);
}

let counter = 0;
