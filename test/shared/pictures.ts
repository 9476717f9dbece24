/** Small pictures with words in them that nobody should see: made of parts, without any program. */
import { deflateSync } from 'node:zlib';

function segment(marker: number, body: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
}

/** A grey JPEG of 8 by 8, and the same with EXIF, a comment, and words after its end. */
export function jpegWith(words: string): { jpeg: Buffer; withExif: Buffer } {
  const start = Buffer.from([0xff, 0xd8]);
  const rest = Buffer.concat([
    segment(0xdb, Buffer.concat([Buffer.from([0]), Buffer.alloc(64, 16)])),
    segment(0xc0, Buffer.from([8, 0, 8, 0, 8, 1, 1, 0x11, 0])),
    segment(0xc4, Buffer.from([0, 0, 1, ...Array(14).fill(0), 0])),
    segment(0xc4, Buffer.from([0x10, 0, 1, ...Array(14).fill(0), 0])),
    segment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])),
    Buffer.from([0x3f, 0xff, 0xd9]),
  ]);
  const exif = segment(0xe1, Buffer.from(`Exif\0\0${words}`));
  const comment = segment(0xfe, Buffer.from(words));
  return {
    jpeg: Buffer.concat([start, rest]),
    withExif: Buffer.concat([start, exif, comment, rest, Buffer.from(words)]),
  };
}

function chunk(type: string, body: Buffer): Buffer {
  const whole = Buffer.concat([Buffer.alloc(4), Buffer.from(type), body, Buffer.alloc(4)]);
  whole.writeUInt32BE(body.length, 0);
  whole.writeUInt32BE(crc(whole.subarray(4, -4)), whole.length - 4);
  return whole;
}

function crc(bytes: Buffer): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let n = 0; n < 8; n += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}

/** A grey PNG of 4 by 4 with these words beside the picture; it may say that it is larger. */
export function pngWith(words: string, [width, height]: [number, number] = [4, 4]): Buffer {
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0]);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', head),
    chunk('tEXt', Buffer.from(`Comment\0${words}`)),
    chunk('IDAT', deflateSync(Buffer.alloc(20, 120))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Writes a number of two bytes in the order of the notes. */
type Put = (value: number) => Buffer;

/** The segment that a camera writes into a JPEG: its words, and what `entry` says, in this order of bytes. */
export function cameraNotes(
  words: string,
  order: 'II' | 'MM',
  entry: (put: Put) => Buffer,
): Buffer {
  const put16: Put = (value) => {
    const bytes = Buffer.alloc(2);
    if (order === 'II') bytes.writeUInt16LE(value);
    else bytes.writeUInt16BE(value);
    return bytes;
  };
  const put32 = (value: number) => {
    const halves = [put16(Math.floor(value / 65536)), put16(value % 65536)];
    return Buffer.concat(order === 'II' ? halves.reverse() : halves);
  };
  const maker = Buffer.concat([put16(0x010f), put16(2), put32(words.length + 1), put32(38)]);
  const parts = [Buffer.from('Exif\0\0'), Buffer.from(order), put16(42), put32(8), put16(2)];
  const notes = [maker, entry(put16), put32(0), Buffer.from(`${words}\0`)];
  return segment(0xe1, Buffer.concat([...parts, ...notes]));
}

/** The entry of an IFD that says how it was held. */
export const held =
  (value: number) =>
  (put: Put): Buffer => {
    const one = Buffer.concat(put(1)[0] === 1 ? [put(1), put(0)] : [put(0), put(1)]);
    return Buffer.concat([put(0x0112), put(3), one, put(value), put(0)]);
  };
