/**
 * Pictures for the made-up entries, drawn without a library.
 */
import { crc32, deflateSync } from 'node:zlib';

/** A small PNG whose colours depend on the number. */
export function preview(n: number): Buffer {
  const [width, height] = [120, 90];
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let at = 0; at < width; at += 1) {
      const [hit, base] = [(at * (n % 7) + y * 3) % 40 < 12, y * (width * 3 + 1) + 1 + at * 3];
      rows.set(
        hit ? [40 + ((n * 53) % 200), 90, 40 + ((n * 97) % 200)] : [240, 240, 235 - (n % 60)],
        base,
      );
    }
  }
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    crc.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, crc]);
  };
  const head = Buffer.from([0, 0, 0, width, 0, 0, 0, height, 8, 2, 0, 0, 0]);
  const magic = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    magic,
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
