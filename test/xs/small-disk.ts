/** A file system of its own in memory, small enough to be filled. Mounting it needs root. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isErrno } from '../../shared/errors.ts';

/** `options` are of tmpfs: `size=64m,nr_inodes=4000`. */
export function smallDisk(options: string): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'ds-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `mode=0711,${options}`, 'tmpfs', path]);
  const dispose = () => {
    execFileSync('umount', ['--lazy', path]);
    rmSync(path, { recursive: true });
  };
  return { path, [Symbol.dispose]: dispose };
}

/** Writes a file until there is no room for anybody else. */
export function fillDisk(ballast: string): void {
  const fd = openSync(ballast, 'w');
  try {
    for (;;) writeSync(fd, Buffer.alloc(4096, 1));
  } catch (error) {
    if (!isErrno(error, 'ENOSPC')) throw error;
  } finally {
    closeSync(fd);
  }
}
