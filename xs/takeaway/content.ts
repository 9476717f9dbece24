/**
 * An entry's content as a stream that verifies its digest: the last chunk is held back until the digest
 * matches, so damaged content never arrives as a complete file.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { DsError, isErrno } from '../../shared/errors.ts';
import type { Digest } from '../../shared/ids.ts';
import { DISK_FAILS } from '../storage/checked-entry.ts';

export interface Content {
  digest: Digest;
  size: number;
}

/** Throws `damaged` at once for a missing file or another size; later the stream fails with it. */
export async function openContent(path: string, content: Content): Promise<Readable> {
  const damaged = () => new DsError('damaged', `the content of ${path} is damaged`);
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((cause) => {
    throw isErrno(cause, 'ENOENT', 'ELOOP', ...DISK_FAILS) ? damaged() : cause;
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
    let last: Buffer | undefined;
    for await (const piece of file.createReadStream()) {
      if (last) yield last;
      hash.update(piece);
      last = piece;
    }
    if (hash.digest('hex') !== content.digest) throw damaged();
    if (last) yield last;
  }
  const stream = Readable.from(pieces(), { objectMode: false });
  // A stream that nobody reads never starts the generator, which would otherwise close the file.
  stream.once('close', () => void file.close().catch(() => {}));
  return stream;
}
