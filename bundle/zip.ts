/**
 * A ZIP file that is the same bytes for the same content: names sorted, one date, no extras. Only
 * what an `.xo` needs: deflated files with their modes, no folders, no encryption, less than 4 GB.
 */
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipEntry {
  name: string;
  content: Buffer;
  executable?: boolean;
}

/** 1 January 1980: the first day that the format knows. */
const DOS_DATE = (1 << 5) | 1;
const DEFLATED = 8;
const UTF8_NAMES = 0x0800;
const MADE_BY_UNIX = 3 << 8;
const VERSION = 20;

/** The whole file. */
export function zip(entries: readonly ZipEntry[]): Buffer {
  const sorted = [...entries].sort((a, b) => (a.name < b.name ? -1 : 1));
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of sorted) {
    const name = Buffer.from(entry.name);
    const packed = deflateRawSync(entry.content, { level: 9 });
    const facts = describe(entry.content, packed, name);
    const local = Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4]), facts, name, packed]);
    directory.push(centralHeader(facts, name, entry.executable ? 0o100755 : 0o100644, offset));
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  return Buffer.concat([...parts, central, endRecord(sorted.length, central.length, offset)]);
}

/** The 26 bytes that both headers of a file share. */
function describe(content: Buffer, packed: Buffer, name: Buffer): Buffer {
  const facts = Buffer.alloc(26);
  facts.writeUInt16LE(VERSION, 0);
  facts.writeUInt16LE(UTF8_NAMES, 2);
  facts.writeUInt16LE(DEFLATED, 4);
  facts.writeUInt16LE(0, 6);
  facts.writeUInt16LE(DOS_DATE, 8);
  facts.writeUInt32LE(crc32(content), 10);
  facts.writeUInt32LE(packed.length, 14);
  facts.writeUInt32LE(content.length, 18);
  facts.writeUInt16LE(name.length, 22);
  return facts;
}

function centralHeader(facts: Buffer, name: Buffer, mode: number, offset: number): Buffer {
  const before = Buffer.from([0x50, 0x4b, 1, 2, 0, 0]);
  before.writeUInt16LE(MADE_BY_UNIX | VERSION, 4);
  const after = Buffer.alloc(14);
  after.writeUInt32LE(mode * 0x10000, 6);
  after.writeUInt32LE(offset, 10);
  return Buffer.concat([before, facts, after, name]);
}

function endRecord(count: number, size: number, offset: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}
