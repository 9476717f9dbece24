/**
 * Pictures without what cameras and programs write into them beside the picture: place, time, device, names,
 * comments, a smaller picture of how it was before. Of JPEG, PNG and GIF only those parts are kept that a browser
 * needs to draw them, and how the camera was held, written anew; whatever stands after the end of the picture
 * goes too. The parts stay where they are in the file: what comes out is a list of them. Of every other kind of
 * picture it is said that it cannot be cleaned, but for those in which nothing is written. Pure.
 *
 * Written here because it is three loops over lengths; the libraries for it decode the whole picture, or
 * edit what they know by name and keep the rest.
 */

import { orientationIn, orientationSegment } from './orientation.ts';

/** Bytes from `from` up to `to` of the original, or these ones instead. */
export type Piece = { from: number; to: number } | { bytes: Buffer };

type CleanType = 'image/jpeg' | 'image/png' | 'image/gif';

export type CleanPicture =
  | { type: 'clean'; mimeType: CleanType; pieces: Piece[] }
  /** A picture that may have such things in it, and cannot be cleaned here. */
  | { type: 'unclean' }
  /** No picture, or one of a kind in which nothing is written beside it. */
  | { type: 'other' };

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** More separate parts than this no camera writes, and each costs a read. */
const MAX_PIECES = 500;

/** `declared` is the media type that the entry claims. */
export function cleanPicture(file: Buffer, declared: string): CleanPicture {
  if (file.length >= 2 && file.readUInt16BE(0) === 0xffd8) {
    return asClean('image/jpeg', jpegPieces(file));
  }
  if (file.subarray(0, 8).equals(PNG)) return asClean('image/png', pngPieces(file));
  const start = file.toString('latin1', 0, START_BYTES);
  if (/^GIF8[79]a/.test(start)) return asClean('image/gif', gifPieces(file));
  const isBare = BARE.some(([begins, types]) => begins.test(start) && types.test(declared));
  const isPicture = mayTell(start) || (declared.startsWith('image/') && !isBare);
  return { type: isPicture ? 'unclean' : 'other' };
}

/** Where a file says what it is. */
const START_BYTES = 64;

/** What is given as it is: pixels without a word, and books, which are read like a PDF. */
const BARE: [begins: RegExp, types: RegExp][] = [
  [/^BM/, /^image\/(x-|x-ms-)?bmp$/],
  [/^AT&TFORM/, /^image\/(vnd\.|x-|x\.)djvu/],
];

/** Whole pictures, and what cameras save before they make one. */
const TELLING = [
  /^(II\*\0|MM\0\*|II\+\0|MM\0\+)/, // TIFF, and most raw files
  /^(IIU\0|IIR[OS]|MMOR|II\x1a\0\0\0HEAP|FUJIFILMCCD|FOVb|\0MRM)/, // other raw files
  /^(RIFF[\s\S]{4}WEBP|8BPS|gimp xcf|II\xbc)/, // WebP, Photoshop, GIMP, JPEG XR
  /^(\0\0\0\x0cJXL |\xff\x0a|\0\0\0\x0cjP {2}|\xff\x4f\xff\x51)/, // JPEG XL, JPEG 2000
];
/** In one of these brands a file of films is a picture: HEIF, AVIF and CR3. */
const STILL = /^(he[iv][cxms]|mif[12]|miaf|MiH[ABE]|msf1|avi[fso]|crx )$/;

/** Whether a file of this kind may say where and with what it was taken. */
function mayTell(start: string): boolean {
  if (TELLING.some((one) => one.test(start))) return true;
  if (start.slice(4, 8) !== 'ftyp') return false;
  const length = Buffer.from(start.slice(0, 4), 'latin1').readUInt32BE(0);
  const box = length < 16 ? start : start.slice(0, length);
  const brands = [box.slice(8, 12), ...(box.slice(16).match(/[\s\S]{4}/g) ?? [])];
  return brands.some((one) => STILL.test(one));
}

function asClean(mimeType: CleanType, pieces: Piece[] | undefined): CleanPicture {
  return pieces ? { type: 'clean', mimeType, pieces } : { type: 'unclean' };
}

/** The size of what comes out, in bytes. */
export function sizeOfPieces(pieces: readonly Piece[]): number {
  return pieces.reduce(
    (sum, one) => sum + ('bytes' in one ? one.bytes.length : one.to - one.from),
    0,
  );
}

export function joinPieces(file: Buffer, pieces: readonly Piece[]): Buffer {
  return Buffer.concat(
    pieces.map((one) => ('bytes' in one ? one.bytes : file.subarray(one.from, one.to))),
  );
}

class Kept {
  readonly pieces: Piece[] = [];

  keep(from: number, to: number): void {
    const last = this.pieces.at(-1);
    if (last && 'to' in last && last.to === from) last.to = to;
    else this.pieces.push({ from, to });
  }

  /** More than anybody writes. */
  get isTooMuch(): boolean {
    return this.pieces.length > MAX_PIECES;
  }

  /** Undefined for too much. */
  all(): Piece[] | undefined {
    return this.isTooMuch ? undefined : this.pieces;
  }
}

const [SOI, EOI, SOS, APP0, APP1, APP14, APP15, COM] = [
  0xd8, 0xd9, 0xda, 0xe0, 0xe1, 0xee, 0xef, 0xfe,
];

/** Undefined for what is no whole JPEG. */
function jpegPieces(file: Buffer): Piece[] | undefined {
  const kept = new Kept();
  kept.keep(0, 2);
  let hasFrame = false;
  let hasScan = false;
  let held: number | undefined;
  for (let at = 2; !kept.isTooMuch; ) {
    while (file[at] === 0xff && file[at + 1] === 0xff) at += 1;
    const marker = file[at + 1];
    if (file[at] !== 0xff || marker === undefined || marker === SOI) return undefined;
    if (marker === EOI) {
      kept.keep(at, at + 2);
      return hasFrame && hasScan ? kept.all() : undefined;
    }
    const end = at + 2 + (at + 4 <= file.length ? file.readUInt16BE(at + 2) : 0);
    if (end < at + 4 || end > file.length || !isJpegPart(marker)) return undefined;
    const segment = file.subarray(at, end);
    if (marker === APP0) kept.pieces.push(...withoutThumbnail(segment));
    else if (marker === APP1 && held === undefined && !hasFrame) {
      held = orientationIn(segment);
      if (held) kept.pieces.push({ bytes: orientationSegment(held) });
    } else if (marker === APP14) {
      if (isAdobe(segment)) kept.keep(at, end);
    } else if (!isLeftOut(marker)) kept.keep(at, end);
    hasFrame ||= isFrame(marker);
    at = end;
    if (marker !== SOS) continue;
    hasScan = true;
    at = endOfScan(file, end);
    kept.keep(end, at);
  }
  return undefined;
}

/** Tables, frames and scans, the two with lengths of lines, and what is left out. */
function isJpegPart(marker: number): boolean {
  return marker >= 0xc0 && (marker <= 0xcf || marker >= SOS);
}

function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

function isLeftOut(marker: number): boolean {
  return (marker > APP0 && marker <= APP15) || (marker >= 0xf0 && marker <= COM);
}

/** The header that says how pixels are shaped; its small picture may be one of before the cutting. */
function withoutThumbnail(segment: Buffer): Piece[] {
  if (segment.length < 18 || segment.toString('latin1', 4, 9) !== 'JFIF\0') return [];
  const bytes = Buffer.from(segment.subarray(0, 18));
  bytes.writeUInt16BE(16, 2);
  bytes.writeUInt16BE(0, 16);
  return [{ bytes }];
}

/** Which colours its numbers mean: twelve bytes without any text. */
function isAdobe(segment: Buffer): boolean {
  return segment.length === 16 && segment.toString('latin1', 4, 9) === 'Adobe';
}

/** Where the next marker is that is no part of the picture's data. */
function endOfScan(file: Buffer, from: number): number {
  for (let at = from; ; at += 1) {
    at = file.indexOf(0xff, at);
    if (at < 0 || at + 1 >= file.length) return file.length;
    const next = file[at + 1] ?? 0;
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
}

/** Drawing needs these: the picture, its colours and shape, and the pictures of an animation. */
const DRAWN = new Set([
  ...['IHDR', 'PLTE', 'IDAT', 'IEND', 'tRNS', 'gAMA', 'cHRM', 'sRGB', 'sBIT', 'bKGD', 'pHYs'],
  ...['acTL', 'fcTL', 'fdAT'],
]);

/** Undefined for what is no whole PNG. */
function pngPieces(file: Buffer): Piece[] | undefined {
  const kept = new Kept();
  kept.keep(0, 8);
  let hasData = false;
  for (let at = 8; at + 12 <= file.length && !kept.isTooMuch; ) {
    const end = at + 12 + file.readUInt32BE(at);
    const type = file.toString('latin1', at + 4, at + 8);
    const isFirst = at === 8;
    if (end > file.length || !/^[A-Za-z]{4}$/.test(type)) return undefined;
    if (isFirst !== (type === 'IHDR') || (isFirst && end !== at + 25)) return undefined;
    // A capital: whoever does not know it cannot draw the picture.
    if (!DRAWN.has(type) && /^[A-Z]/.test(type)) return undefined;
    if (DRAWN.has(type)) kept.keep(at, end);
    hasData ||= type === 'IDAT';
    if (type === 'IEND') return hasData && end === at + 12 ? kept.all() : undefined;
    at = end;
  }
  return undefined;
}

/** How long each picture of a film is seen: exactly four bytes. */
const GIF_TIMES = /^!\xf9\x04[\s\S]{4}\0$/;
/** How often a film is repeated. */
const GIF_REPEATS = /^!\xff\x0b(NETSCAPE2\.0|ANIMEXTS1\.0)\x03\x01[\s\S]{2}\0$/;
/** Texts, comments, and what programs add: no browser draws them. */
const GIF_LEFT_OUT = [0x01, 0xfe, 0xff];

/** Undefined for what is no whole GIF. */
function gifPieces(file: Buffer): Piece[] | undefined {
  const kept = new Kept();
  let at = 13 + coloursAt(file, 10);
  kept.keep(0, at);
  for (let pictures = 0; at < file.length && !kept.isTooMuch; ) {
    const mark = file[at];
    if (mark === 0x3b) {
      kept.keep(at, at + 1);
      return pictures > 0 ? kept.all() : undefined;
    }
    const isPicture = mark === 0x2c;
    if (!isPicture && mark !== 0x21) return undefined;
    const end = endOfBlocks(file, at + (isPicture ? 11 + coloursAt(file, at + 9) : 2));
    if (end === undefined) return undefined;
    const part = file.toString('latin1', at, Math.min(end, at + 32));
    if (isPicture || GIF_TIMES.test(part) || GIF_REPEATS.test(part)) kept.keep(at, end);
    else if (!GIF_LEFT_OUT.includes(file[at + 1] ?? 0)) return undefined;
    pictures += isPicture ? 1 : 0;
    at = end;
  }
  return undefined;
}

/** How many bytes of colours belong to a GIF, or to a picture in it, whose flags stand there. */
function coloursAt(file: Buffer, at: number): number {
  const flags = file[at] ?? 0;
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1);
}

/** After the blocks that begin there, each with its length before it, and the empty one at their end. */
function endOfBlocks(file: Buffer, from: number): number | undefined {
  for (let at = from; ; ) {
    const length = file[at];
    if (length === undefined) return undefined;
    at += 1 + length;
    if (length === 0) return at;
  }
}
