/**
 * How a camera was held: the one of its notes without which a photo lies on its side. Read from an EXIF segment of
 * a JPEG, and written into one that has nothing else and in which no byte of the original is. Pure.
 */

const EXIF = 'Exif\0\0';
const TAG = 0x0112;
const SHORT = 3;
/** The first list of notes in a file, and one note in it. */
const ENTRY_BYTES = 12;
/** Upright, as a picture without the note. */
const UPRIGHT = 1;

/** 2–8, of a whole segment; undefined where it names none of these, or is upright. */
export function orientationIn(segment: Buffer): number | undefined {
  const tiff = segment.subarray(4 + EXIF.length);
  if (segment.toString('latin1', 4, 4 + EXIF.length) !== EXIF || tiff.length < 8) return undefined;
  const order = tiff.toString('latin1', 0, 2);
  if (order !== 'II' && order !== 'MM') return undefined;
  const short = (at: number) => (order === 'II' ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const long = (at: number) => (order === 'II' ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const list = long(4);
  if (short(2) !== 42 || list + 2 > tiff.length) return undefined;
  const end = Math.min(tiff.length, list + 2 + short(list) * ENTRY_BYTES);
  for (let at = list + 2; at + ENTRY_BYTES <= end; at += ENTRY_BYTES) {
    if (short(at) !== TAG) continue;
    const value = short(at + 8);
    const isOne = short(at + 2) === SHORT && long(at + 4) === 1;
    return isOne && value > UPRIGHT && value <= 8 ? value : undefined;
  }
  return undefined;
}

/** A whole segment that says this and nothing else. */
export function orientationSegment(value: number): Buffer {
  const tiff = Buffer.alloc(8 + 2 + ENTRY_BYTES + 4);
  tiff.write('MM\0*');
  tiff.writeUInt32BE(8, 4);
  tiff.writeUInt16BE(1, 8); // one note, and no further list after it
  tiff.writeUInt16BE(TAG, 10);
  tiff.writeUInt16BE(SHORT, 12);
  tiff.writeUInt32BE(1, 14);
  tiff.writeUInt16BE(value, 18);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  const segment = Buffer.concat([head, Buffer.from(EXIF), tiff]);
  segment.writeUInt16BE(segment.length - 2, 2);
  return segment;
}
