/**
 * Reads and copies large files in pieces, between which others have their turn. Only regular files, and
 * never through a symbolic link: sessions write where this reads.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { DsError } from '../../shared/errors.ts';
import type { Digest } from '../../shared/ids.ts';
import type { Content } from '../../shared/journal/entry.ts';

/**
 * Called for the bytes of each piece, before the next one is read: waits until it is our turn again, and
 * throws when this was too much.
 */
export type Spend = (bytes: number) => Promise<void>;

const PIECE_BYTES = 256 * 1024;
/** How a file is opened that a session may have made: never through a link, and never waiting. */
export const READ_SENT = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Digest and size of a file. Throws `unreadable` for what is no regular file. */
export async function digestInPieces(path: string, spend: Spend): Promise<Content> {
  await using file = await open(path, READ_SENT);
  return await readInPieces(path, file, spend, async () => {});
}

/**
 * Copies a file to a new one, and returns digest and size of what was written. Zeros become holes. Throws
 * `unreadable`.
 */
export async function copyInPieces(path: string, target: string, spend: Spend): Promise<Content> {
  await using file = await open(path, READ_SENT);
  await using copy = await open(target, 'wx', 0o640);
  const zeros = Buffer.alloc(PIECE_BYTES);
  let at = 0;
  const content = await readInPieces(path, file, spend, async (piece) => {
    if (piece.compare(zeros, 0, piece.length) !== 0) await writeAll(copy, piece, at);
    at += piece.length;
  });
  await copy.truncate(content.size);
  return content;
}

async function writeAll(file: FileHandle, piece: Buffer, at: number): Promise<void> {
  for (let done = 0; done < piece.length; ) {
    const { bytesWritten } = await file.write(piece, done, piece.length - done, at + done);
    done += bytesWritten;
  }
}

async function readInPieces(
  path: string,
  file: FileHandle,
  spend: Spend,
  onPiece: (piece: Buffer) => Promise<void>,
): Promise<Content> {
  if (!(await file.stat()).isFile()) {
    throw new DsError('unreadable', `${path} is not a regular file`);
  }
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(PIECE_BYTES);
  for (let size = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, PIECE_BYTES);
    if (bytesRead === 0) return { digest: hash.digest('hex') as Digest, size };
    const piece = buffer.subarray(0, bytesRead);
    hash.update(piece);
    await onPiece(piece);
    size += bytesRead;
    await spend(bytesRead);
  }
}
