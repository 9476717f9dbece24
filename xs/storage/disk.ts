/**
 * How full the library's file system is, in blocks and in inodes: a school runs out of either.
 */
import { statfs } from 'node:fs/promises';
import type { Clock } from '../../shared/clock.ts';
import { cachedAtOnce } from './cached.ts';

export interface DiskFacts {
  freeBytes: number;
  usedBytes: number;
  /** Free share of the blocks that ordinary users can use, 0…1. */
  freeBlocks: number;
  /** Share of free inodes, 0…1; 1 where the file system creates them as needed. */
  freeInodes: number;
}

/** For how long a measurement is reused, in milliseconds. */
const FRESH_MS = 1000;

/** Measures at most once a second, whoever asks; nobody waits for a busy disk. */
export function cachedDisk(clock: Clock, path: string): () => Promise<DiskFacts> {
  return cachedAtOnce(clock, FRESH_MS, () => measureDisk(path));
}

/** The scarcer of the two, 0…1: a disk without free inodes is as full as one without free blocks. */
export function freeShare(disk: Pick<DiskFacts, 'freeBlocks' | 'freeInodes'>): number {
  return Math.min(disk.freeBlocks, disk.freeInodes);
}

export async function measureDisk(path: string): Promise<DiskFacts> {
  return diskFactsOf(await statfs(path));
}

/** What `statfs` says of a file system; blocks and inodes, and bytes a block. */
interface FileSystem {
  blocks: number;
  bfree: number;
  bavail: number;
  bsize: number;
  files: number;
  ffree: number;
}

export function diskFactsOf(fs: FileSystem): DiskFacts {
  const usable = usableBlocks(fs);
  return {
    freeBytes: freeRoom(fs).bytes,
    usedBytes: (fs.blocks - fs.bfree) * fs.bsize,
    freeBlocks: usable === 0 ? 0 : fs.bavail / usable,
    freeInodes: fs.files === 0 ? 1 : fs.ffree / fs.files,
  };
}

/** So many bytes and inodes; Infinity for inodes that the file system creates as needed. */
export interface Room {
  bytes: number;
  inodes: number;
}

/** What can still be written. */
export function freeRoom({ bavail, bsize, files, ffree }: FileSystem): Room {
  return { bytes: bavail * bsize, inodes: files === 0 ? Number.POSITIVE_INFINITY : ffree };
}

/** What is used and what may be used: without what is reserved for root, or belongs to others. */
export function wholeRoom(fs: FileSystem): Room {
  const inodes = fs.files === 0 ? Number.POSITIVE_INFINITY : fs.files;
  return { bytes: usableBlocks(fs) * fs.bsize, inodes };
}

/** As `df` counts: `blocks` may be far more than anybody here will ever get. */
function usableBlocks({ blocks, bfree, bavail }: FileSystem): number {
  return blocks - bfree + bavail;
}
