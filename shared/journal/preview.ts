/** Whether the picture of an entry can be drawn: a PNG, and not more of it than a screen has room for. Pure. */

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
/** The first chunk, which follows the signature and begins with width and height. */
const FIRST_CHUNK = Buffer.from('0000000d49484452', 'hex');
const SIZE_AT = SIGNATURE.length + FIRST_CHUNK.length;
/** Sugar's own have 300 x 225. Whoever draws one needs four bytes for each pixel, however small the file is. */
const MAX_PIXELS = 2_000_000;

/** By its signature, whatever else it has. */
export function isPng(bytes: Buffer): boolean {
  return bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE);
}

/** Whether the size of a PNG is said where a PNG says it. */
export function saysItsSize(png: Buffer): boolean {
  return png.length >= SIZE_AT + 8 && png.subarray(SIGNATURE.length, SIZE_AT).equals(FIRST_CHUNK);
}

/** Whether a PNG has more pixels than anybody draws; one that does not say its size is drawn by nobody. */
export function isTooLarge(png: Buffer): boolean {
  return saysItsSize(png) && png.readUInt32BE(SIZE_AT) * png.readUInt32BE(SIZE_AT + 4) > MAX_PIXELS;
}
