/**
 * How full the library's file system is, in blocks and in inodes: a school runs out of either.
 */
import { statfs } from 'node:fs/promises';

export interface DiskFacts {
  freeBytes: number;
  usedBytes: number;
  /** Shares of what ordinary users may use, 0…1. */
  freeBlocks: number;
  /** 1 where the file system makes inodes as needed. */
  freeInodes: number;
}

export async function measureDisk(path: string): Promise<DiskFacts> {
  const fs = await statfs(path);
  return {
    freeBytes: fs.bavail * fs.bsize,
    usedBytes: (fs.blocks - fs.bfree) * fs.bsize,
    freeBlocks: fs.blocks === 0 ? 0 : fs.bavail / fs.blocks,
    freeInodes: fs.files === 0 ? 1 : fs.ffree / fs.files,
  };
}
