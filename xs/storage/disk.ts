/**
 * How full the library's file system is, in blocks and in inodes: a school runs out of either.
 */
import { statfs } from 'node:fs/promises';
import type { Clock } from '../../shared/clock.ts';
import { cached } from './cached.ts';

export interface DiskFacts {
  freeBytes: number;
  usedBytes: number;
  /** Share of the blocks that ordinary users can still use, 0…1. */
  freeBlocks: number;
  /** Share of free inodes, 0…1; 1 where the file system creates them as needed. */
  freeInodes: number;
}

/** For how long a measurement is reused, in milliseconds. */
const FRESH_MS = 1000;

/** Measures at most once a second, whoever asks. */
export function cachedDisk(clock: Clock, path: string): () => Promise<DiskFacts> {
  return cached(clock, FRESH_MS, () => measureDisk(path));
}

/** The scarcer of the two, 0…1: a disk without free inodes is as full as one without free blocks. */
export function freeShare(disk: Pick<DiskFacts, 'freeBlocks' | 'freeInodes'>): number {
  return Math.min(disk.freeBlocks, disk.freeInodes);
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
