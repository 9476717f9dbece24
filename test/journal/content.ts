/**
 * What children make: content with the sizes, the compressibility and the variety of real Journals.
 *
 * Sizes as measured in Journals of schools: median 13 KB, 95 % below 300 KB. About half of all bytes
 * are pictures, sounds and zipped documents that do not compress.
 */
import { deflateSync } from 'node:zlib';
import type { Random } from './random.ts';

export interface Kind {
  activity: string;
  mimeType: string;
  titles: readonly string[];
  /** Share of all entries, relative to the others. */
  weight: number;
  make: (random: Random, size: number) => Buffer;
}

const WORDS =
  'la casa tortuga adelante derecha repetir color sol río llama wayra inti tanpu ñawpa école livre soleil ti moun lekòl forward right repeat pen down print for in range def self import'.split(
    ' ',
  );

/** Text of words: compresses to about a third. One byte of chance a word. */
function text(random: Random, size: number): Buffer {
  const parts: string[] = [];
  let length = 0;
  for (const chance of random.bytes(Math.ceil(size / 3))) {
    const word = `${WORDS[chance % WORDS.length]}${chance < 28 ? '\n' : ' '}`;
    parts.push(word);
    length += word.length;
    if (length >= size) break;
  }
  return Buffer.from(parts.join('')).subarray(0, size);
}

/** A TurtleArt project: a list of blocks. */
function turtle(random: Random, size: number): Buffer {
  const chance = random.bytes(Math.ceil(size / 8) + 3);
  const blocks: string[] = [];
  for (let n = 0, length = 0; length < size; n += 1) {
    const [a = 0, b = 0, c = 0] = chance.subarray(n * 3, n * 3 + 3);
    const block = `[${n}, "${WORDS[a % WORDS.length]}", ${b * 3}, ${c * 2}, [${n - 1}, ${n + 1}]]`;
    blocks.push(block);
    length += block.length + 2;
  }
  return Buffer.from(`[${blocks.join(', ')}]`);
}

/** A photograph, a sound or a zipped document: nothing to compress. */
function packed(magic: readonly number[]) {
  return (random: Random, size: number): Buffer => {
    const bytes = random.bytes(Math.max(size, magic.length));
    Buffer.from(magic).copy(bytes);
    return bytes;
  };
}

/** A drawing saved without compression: large areas of few colours. */
function bitmap(random: Random, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  const chance = random.bytes(Math.ceil(size / 4) + 2);
  for (let at = 0, n = 0; at < size; n += 2) {
    const run = 4 + ((chance[n] ?? 0) % 40);
    bytes.fill(chance[n + 1] ?? 0, at, Math.min(size, at + run));
    at += run;
  }
  return bytes;
}

export const KINDS: readonly Kind[] = [
  {
    ...{ activity: 'org.laptop.TurtleArtActivity', mimeType: 'application/x-turtle-art' },
    titles: ['Tortuga', 'Turtle house', 'Wasi', 'Kay tòti', 'سلحفاة', '🐢 espiral'],
    ...{ weight: 26, make: turtle },
  },
  {
    ...{ activity: 'org.laptop.Oficina', mimeType: 'image/png' },
    titles: ['Mi dibujo', 'My dog', 'Allquypa siq’in', 'Desen mwen', 'رسمي', 'Mon chat', ''],
    ...{ weight: 17, make: packed([0x89, 0x50, 0x4e, 0x47]) },
  },
  {
    ...{
      activity: 'org.laptop.AbiWordActivity',
      mimeType: 'application/vnd.oasis.opendocument.text',
    },
    titles: ['Cuento del cóndor', 'Homework', 'Willakuy', 'Devoirs de français', 'واجب', 'Istwa'],
    ...{ weight: 14, make: packed([0x50, 0x4b, 0x03, 0x04]) },
  },
  {
    ...{ activity: 'org.laptop.Pippy', mimeType: 'text/x-python' },
    titles: ['números.py', 'guess', 'Snake', 'jwèt'],
    ...{ weight: 20, make: text },
  },
  {
    ...{ activity: 'org.laptop.RecordActivity', mimeType: 'image/jpeg' },
    titles: ['Foto con Ana', 'Photo', 'Wayqi', 'Foto lekòl la', 'صورة'],
    ...{ weight: 7, make: packed([0xff, 0xd8, 0xff, 0xe0]) },
  },
  {
    ...{ activity: 'org.laptop.WebActivity', mimeType: 'image/bmp' },
    titles: ['Mapa', 'Colouring', 'Llimphi'],
    ...{ weight: 12, make: bitmap },
  },
  {
    ...{ activity: 'org.laptop.Chat', mimeType: '' },
    titles: ['Charla', 'Chat with Jim', 'Rimanakuy'],
    ...{ weight: 10, make: () => Buffer.alloc(0) },
  },
];

/** A real PNG of noise: a preview of about `size` bytes. */
export function previewPng(random: Random, size: number): Buffer {
  const width = 16;
  const height = Math.max(1, Math.round((size - 80) / (width * 3 + 1)));
  const rows = random.bytes(height * (width * 3 + 1));
  for (let row = 0; row < height; row += 1) rows.writeUInt8(0, row * (width * 3 + 1));
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([signature, ...parts]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const frame = Buffer.alloc(body.length + 8);
  frame.writeUInt32BE(data.length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(crc32(body), body.length + 4);
  return frame;
}

/** As PNG wants it (ISO 3309). */
function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});
