/**
 * Sparse files: a length of gigabytes on a few blocks, as some programs make them. They count by what they
 * take, and stay so when they are copied.
 */
import {
  closeSync,
  copyFileSync,
  constants as fsConstants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  type Stats,
  writeSync,
} from 'node:fs';

type Size = Pick<Stats, 'size' | 'blocks'>;

/** Some file systems keep small files outside of blocks. In bytes. */
const COUNTED_FROM = 64 * 1024;
/** The unit of `st_blocks`, in bytes. */
const BLOCK = 512;
const PIECE_BYTES = 64 * 1024;

/** What a file takes on the disk, in bytes; its length where the file system says nothing better. */
export function bytesOnDisk({ size, blocks }: Size): number {
  return size < COUNTED_FROM ? size : Math.min(size, blocks * BLOCK);
}

/** Copies a file; what is sparse stays sparse. Where the file system can, the copy shares the blocks. */
export function copySparsely(from: string, to: string): void {
  const source = openSync(from, 'r');
  try {
    const stat = fstatSync(source);
    if (bytesOnDisk(stat) >= stat.size) copyFileSync(from, to, fsConstants.COPYFILE_FICLONE);
    else copyData(source, stat.size, to);
  } finally {
    closeSync(source);
  }
}

/** Writes only pieces that have anything but zeros. */
function copyData(source: number, size: number, to: string): void {
  const target = openSync(to, 'w');
  try {
    const piece = Buffer.alloc(PIECE_BYTES);
    const zeros = Buffer.alloc(PIECE_BYTES);
    for (let at = 0; at < size; ) {
      const read = readSync(source, piece, 0, PIECE_BYTES, at);
      if (read === 0) break;
      const isHole = piece.compare(zeros, 0, read, 0, read) === 0;
      for (let done = 0; !isHole && done < read; ) {
        done += writeSync(target, piece, done, read - done, at + done);
      }
      at += read;
    }
    ftruncateSync(target, size);
  } finally {
    closeSync(target);
  }
}
