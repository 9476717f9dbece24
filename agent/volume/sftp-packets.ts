/**
 * The SFTP protocol, version 3, as bytes: requests are read field by field, answers are built. Only what a
 * read-only server needs.
 */

/** Types of packets. */
export const PACKET = {
  ...{ init: 1, version: 2, open: 3, close: 4, read: 5, lstat: 7, fstat: 8, opendir: 11 },
  ...{ readdir: 12, realpath: 16, stat: 17 },
  ...{ write: 6, setstat: 9, fsetstat: 10, remove: 13, mkdir: 14, rmdir: 15, rename: 18 },
  ...{ symlink: 20 },
  ...{ status: 101, handle: 102, data: 103, name: 104, attrs: 105 },
} as const;

export const STATUS = {
  ...{ ok: 0, eof: 1, noSuchFile: 2, denied: 3, failure: 4, badMessage: 5, unsupported: 8 },
  /** Not in this version: sshfs makes an input/output error of it. */
  trouble: 9,
} as const;
export type StatusCode = (typeof STATUS)[keyof typeof STATUS];

/** What a file or folder is shown as. */
export interface Attributes {
  isFolder: boolean;
  /** Bytes. */
  size: number;
  /** Last change, in seconds since 1970: 0…2^32-1. */
  mtime: number;
}

export interface NamedAttributes extends Attributes {
  name: string;
}

/** sshfs asks for less; a longer packet is no request. */
const MAX_PACKET = 256 * 1024;
const VERSION = 3;
/** Flags of an attribute record: size, mode, times. */
const FLAGS = 0x1 | 0x4 | 0x8;
const FOLDER_MODE = 0o040555;
const FILE_MODE = 0o100444;
const HEADER = 4;

/** Takes bytes as they come and gives out whole packets. */
export class PacketStream {
  #rest: Buffer = Buffer.alloc(0);

  /** The packets that are complete now, without their lengths. Throws for what is no packet. */
  add(bytes: Buffer): Buffer[] {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const packets: Buffer[] = [];
    for (let at = 0; ; ) {
      const left = this.#rest.length - at;
      const length = left < HEADER ? 0 : this.#rest.readUInt32BE(at);
      if (length > MAX_PACKET) throw new RangeError(`a packet of ${length} bytes`);
      if (left < HEADER || left < HEADER + length) {
        this.#rest = this.#rest.subarray(at);
        return packets;
      }
      packets.push(this.#rest.subarray(at + HEADER, at + HEADER + length));
      at += HEADER + length;
    }
  }
}

/** Reads the fields of a request in their order. Throws RangeError beyond its end. */
export class PacketReader {
  readonly type: number;
  readonly #bytes: Buffer;
  #at = 1;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.type = bytes.readUInt8(0);
  }

  uint32(): number {
    const value = this.#bytes.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  /** As a number: no file here is larger than 2^53 bytes. */
  uint64(): number {
    const value = Number(this.#bytes.readBigUInt64BE(this.#at));
    this.#at += 8;
    return value;
  }

  text(): string {
    const length = this.uint32();
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError('a text that is cut short');
    const text = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end;
    return text;
  }
}

export const versionPacket = (): Buffer => packet(PACKET.version, uint32(VERSION));

export function statusPacket(id: number, code: StatusCode): Buffer {
  return packet(PACKET.status, uint32(id), uint32(code), text(''), text(''));
}

export function handlePacket(id: number, handle: string): Buffer {
  return packet(PACKET.handle, uint32(id), text(handle));
}

export function dataPacket(id: number, data: Buffer): Buffer {
  return packet(PACKET.data, uint32(id), uint32(data.length), data);
}

export function attributesPacket(id: number, attributes: Attributes): Buffer {
  return packet(PACKET.attrs, uint32(id), attributesOf(attributes));
}

/** Names with their attributes; the long form that people read is left empty. */
export function namesPacket(id: number, names: readonly NamedAttributes[]): Buffer {
  const parts = names.flatMap((one) => [text(one.name), text(''), attributesOf(one)]);
  return packet(PACKET.name, uint32(id), uint32(names.length), ...parts);
}

function attributesOf({ isFolder, size, mtime }: Attributes): Buffer {
  const bytes = Buffer.alloc(24);
  bytes.writeUInt32BE(FLAGS, 0);
  bytes.writeBigUInt64BE(BigInt(size), 4);
  bytes.writeUInt32BE(isFolder ? FOLDER_MODE : FILE_MODE, 12);
  bytes.writeUInt32BE(mtime, 16);
  bytes.writeUInt32BE(mtime, 20);
  return bytes;
}

function packet(type: number, ...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 1);
  return Buffer.concat([uint32(length), Buffer.of(type), ...parts]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
