/**
 * An entry's content on its way to a browser, checked as it goes: the last piece is held back until
 * the digest is right, so that damaged content never arrives as a whole file.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { DsError, isErrno } from '../../../shared/errors.ts';
import type { Digest } from '../../../shared/ids.ts';

export interface Content {
  digest: Digest;
  size: number;
}

/** Throws `damaged` at once when it is not there or has another size; the stream throws it later. */
export async function openContent(path: string, content: Content): Promise<Readable> {
  const damaged = () => new DsError('damaged', `the content of ${path} is damaged`);
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((cause) => {
    throw isErrno(cause, 'ENOENT', 'ELOOP', 'EIO') ? damaged() : cause;
  });
  try {
    const stat = await file.stat();
    if (!stat.isFile() || stat.size !== content.size) throw damaged();
  } catch (error) {
    await file.close();
    throw error;
  }
  async function* pieces() {
    const hash = createHash('sha256');
    let held: Buffer | undefined;
    for await (const piece of file.createReadStream()) {
      if (held) yield held;
      hash.update(piece);
      held = piece;
    }
    if (hash.digest('hex') !== content.digest) throw damaged();
    if (held) yield held;
  }
  const stream = Readable.from(pieces(), { objectMode: false });
  // Also when nobody has read a byte of it: then the generator never ran, and closes nothing.
  stream.once('close', () => void file.close().catch(() => {}));
  return stream;
}
