/**
 * Reads files of a ZIP archive by name, in memory that does not depend on their size. The archive may come from
 * anybody: its lists have limits, offsets are checked, and whoever reads compares digests.
 */
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { DsError } from '../../shared/errors.ts';

interface Place {
  /** Of its local header. */
  at: number;
  size: number;
}

/** The largest list of files that is read, in bytes: a million names. */
const MAX_LIST_BYTES = 256 * 1024 * 1024;
/** The end of an archive: a record of 22 bytes, and a comment of up to 64 KiB. */
const MAX_END_BYTES = 22 + 0xffff;
const SIGNATURE = { end: 0x06054b50, end64: 0x06064b50, find64: 0x07064b50 } as const;
const LISTED = 0x02014b50;
const LOCAL = 0x04034b50;
/** Instead of a number that the record for ZIP64 has. */
const SEE_64 = 0xffffffff;
const PIECE_BYTES = 256 * 1024;

export class ZipReader implements AsyncDisposable {
  readonly #file: FileHandle;
  readonly #places: ReadonlyMap<string, Place>;

  private constructor(file: FileHandle, places: ReadonlyMap<string, Place>) {
    this.#file = file;
    this.#places = places;
  }

  /** Throws `bad-input` for what is no archive, or is cut off. */
  static async open(path: string): Promise<ZipReader> {
    const file = await open(path, 'r').catch((cause: Error) => {
      throw new DsError('bad-input', `cannot read ${path}: ${cause.message}`, { cause });
    });
    try {
      return new ZipReader(file, await readList(file));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** A small file, whole. Throws `bad-input` if there is none, or one above the limit in bytes. */
  async read(name: string, limit: number): Promise<Buffer> {
    const { size } = this.#placeOf(name);
    if (size > limit) throw broken(`${JSON.stringify(name.slice(0, 80))} is too large`);
    const pieces: Buffer[] = [];
    for await (const piece of this.stream(name)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /** Throws `bad-input` if there is no such file. */
  async *stream(name: string): AsyncGenerator<Buffer> {
    const { at, size } = this.#placeOf(name);
    const header = await readAt(this.#file, at, 30);
    if (header.readUInt32LE(0) !== LOCAL) throw broken('a file is not where its list says');
    let from = at + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    for (let left = size; left > 0; ) {
      const piece = await readAt(this.#file, from, Math.min(left, PIECE_BYTES));
      yield piece;
      from += piece.length;
      left -= piece.length;
    }
  }

  /** In bytes; undefined if there is no such file. */
  sizeOf(name: string): number | undefined {
    return this.#places.get(name)?.size;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#file.close();
  }

  #placeOf(name: string): Place {
    const place = this.#places.get(name);
    if (place) return place;
    throw broken(`it has no ${JSON.stringify(name.slice(0, 80))}`);
  }
}

async function readList(file: FileHandle): Promise<Map<string, Place>> {
  const { size } = await file.stat();
  const tail = await readAt(file, Math.max(0, size - MAX_END_BYTES), Math.min(size, MAX_END_BYTES));
  let end = tail.length - 22;
  while (end >= 0 && tail.readUInt32LE(end) !== SIGNATURE.end) end -= 1;
  if (end < 0) throw broken('it is not a ZIP, or only a part of one');
  let [bytes, at] = [tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
  const finder = end - 20;
  if (finder >= 0 && tail.readUInt32LE(finder) === SIGNATURE.find64) {
    const record = await readAt(file, wide(tail, finder + 8), 56);
    if (record.readUInt32LE(0) !== SIGNATURE.end64) throw broken('its list is damaged');
    [bytes, at] = [wide(record, 40), wide(record, 48)];
  }
  if (bytes > MAX_LIST_BYTES) throw broken('its list is too large');
  return parseList(await readAt(file, at, bytes));
}

function parseList(list: Buffer): Map<string, Place> {
  const places = new Map<string, Place>();
  for (let at = 0; at < list.length; ) {
    if (at + 46 > list.length || list.readUInt32LE(at) !== LISTED)
      throw broken('its list is damaged');
    const [nameBytes, extraBytes] = [list.readUInt16LE(at + 28), list.readUInt16LE(at + 30)];
    const next = at + 46 + nameBytes + extraBytes + list.readUInt16LE(at + 32);
    if (next > list.length) throw broken('its list is damaged');
    const name = list.toString('utf8', at + 46, at + 46 + nameBytes);
    const place = { size: list.readUInt32LE(at + 24), at: list.readUInt32LE(at + 42) };
    widen(place, list.subarray(at + 46 + nameBytes, at + 46 + nameBytes + extraBytes));
    // Ours are stored. Whatever else is in it is not read.
    if (list.readUInt16LE(at + 10) === 0) places.set(name, place);
    at = next;
  }
  return places;
}

/** Takes from the extra fields what did not fit into 32 bits: size, stored size and offset, in this order. */
function widen(place: Place, extra: Buffer): void {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    const field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
    let from = 0;
    const take = () => {
      from += 8;
      if (from > field.length) throw broken('its list is damaged');
      return wide(field, from - 8);
    };
    if (place.size === SEE_64) {
      place.size = take();
      take();
    }
    if (place.at === SEE_64) place.at = take();
    return;
  }
}

function wide(bytes: Buffer, at: number): number {
  const number = Number(bytes.readBigUInt64LE(at));
  if (Number.isSafeInteger(number)) return number;
  throw broken('its list is damaged');
}

/** Exactly so many bytes. */
async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, at + done);
    if (bytesRead === 0) throw broken('it ends too early');
    done += bytesRead;
  }
  return bytes;
}

function broken(why: string): DsError {
  return new DsError('bad-input', `this archive cannot be used: ${why}`, {
    hint: 'was it copied completely? Copy it again',
  });
}
