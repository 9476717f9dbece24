/**
 * A read-only SFTP server over two streams, for sshfs. Names, attributes, properties and pictures are
 * answered at once from memory; only opening a content may have to be waited for, and then nothing else waits
 * with it. Whatever would change something is refused.
 */
import type { Readable, Writable } from 'node:stream';
import type { DayTree, Node } from './day-tree.ts';
import * as wire from './sftp-packets.ts';

/** An open content, which is whole. `read` gives fewer bytes than asked for only at the end. */
export interface OpenContent {
  read(offset: number, length: number): Buffer;
  close(): void;
}

export interface SftpServerOptions {
  input: Readable;
  output: Writable;
  tree: DayTree;
  /** Rejects with what hinders it. */
  openContent: (node: ContentNode) => Promise<OpenContent>;
  /** Called for every request. */
  onRequest: () => void;
}

type ContentNode = Extract<Node, { type: 'content' }>;
type Handle =
  | { type: 'folder'; names: Iterator<wire.NamedAttributes> }
  | { type: 'bytes'; node: Node; bytes: Buffer }
  | { type: 'content'; node: Node; content: OpenContent };

const { PACKET, STATUS } = wire;
/** Names in one answer: about 30 KB. */
const NAMES_AT_ONCE = 200;
/** Handles that may be open at once; sshfs holds as many as the session's programs. */
const MAX_HANDLES = 1024;
/** Bytes in one answer. */
const MAX_READ = 128 * 1024;
/** Asking to open for anything but reading. */
const WRITE_FLAGS = 0x2 | 0x4 | 0x8 | 0x10 | 0x20;
const CHANGES: readonly number[] = [
  ...[PACKET.write, PACKET.setstat, PACKET.fsetstat, PACKET.remove, PACKET.mkdir, PACKET.rmdir],
  ...[PACKET.rename, PACKET.symlink],
];

/** Answers until the input ends or is no SFTP. */
export class SftpServer {
  readonly #options: SftpServerOptions;
  readonly #handles = new Map<string, Handle>();
  #next = 1;
  #isOver = false;

  constructor(options: SftpServerOptions) {
    this.#options = options;
    const { input, output } = options;
    const packets = new wire.PacketStream();
    const stop = () => {
      input.destroy();
      this.#closeAll();
    };
    // sshfs has ended; whoever started it notices.
    output.on('error', stop);
    input.on('error', stop);
    input.once('close', stop);
    input.on('data', (bytes: Buffer) => {
      try {
        for (const packet of packets.add(bytes)) this.#take(packet);
      } catch {
        stop();
      }
    });
  }

  #take(packet: Buffer): void {
    this.#options.onRequest();
    const request = new wire.PacketReader(packet);
    if (request.type === PACKET.init) {
      this.#send(wire.versionPacket());
      return;
    }
    const id = request.uint32();
    const answer = this.#answer(id, request);
    if (answer instanceof Promise) void answer.then((later) => this.#send(later));
    else this.#send(answer);
  }

  #send(packet: Buffer): void {
    const { output } = this.#options;
    if (output.writable) output.write(packet);
  }

  #answer(id: number, request: wire.PacketReader): Buffer | Promise<Buffer> {
    const { tree } = this.#options;
    switch (request.type) {
      case PACKET.lstat:
      case PACKET.stat:
        return attributes(id, tree.find(request.text()));
      case PACKET.fstat:
        return attributes(id, this.#nodeOf(request.text()));
      case PACKET.realpath: {
        const none = { isFolder: true, size: 0, mtime: 0 };
        return wire.namesPacket(id, [{ name: tree.absolute(request.text()), ...none }]);
      }
      case PACKET.opendir:
        return this.#openFolder(id, request.text());
      case PACKET.readdir:
        return this.#listFolder(id, request.text());
      case PACKET.open: {
        const path = request.text();
        const wants = request.uint32();
        return (wants & WRITE_FLAGS) !== 0 ? denied(id) : this.#openFile(id, path);
      }
      case PACKET.read:
        return this.#read(id, request);
      case PACKET.close:
        return this.#close(id, request.text());
      default:
        return CHANGES.includes(request.type)
          ? denied(id)
          : wire.statusPacket(id, STATUS.unsupported);
    }
  }

  #openFolder(id: number, path: string): Buffer {
    const names = this.#options.tree.list(path);
    if (!names) return wire.statusPacket(id, STATUS.noSuchFile);
    return this.#opened(id, { type: 'folder', names: names[Symbol.iterator]() });
  }

  #listFolder(id: number, name: string): Buffer {
    const handle = this.#handles.get(name);
    if (handle?.type !== 'folder') return wire.statusPacket(id, STATUS.failure);
    const names: wire.NamedAttributes[] = [];
    while (names.length < NAMES_AT_ONCE) {
      const { value, done } = handle.names.next();
      if (done) break;
      names.push(value);
    }
    return names.length > 0 ? wire.namesPacket(id, names) : wire.statusPacket(id, STATUS.eof);
  }

  #openFile(id: number, path: string): Buffer | Promise<Buffer> {
    const node = this.#options.tree.find(path);
    if (!node || node.type === 'folder') return wire.statusPacket(id, STATUS.noSuchFile);
    if (node.type === 'bytes') return this.#opened(id, { type: 'bytes', node, bytes: node.bytes });
    return this.#openContent(id, node);
  }

  async #openContent(id: number, node: ContentNode): Promise<Buffer> {
    try {
      const content = await this.#options.openContent(node);
      return this.#opened(id, { type: 'content', node, content });
    } catch {
      return wire.statusPacket(id, STATUS.trouble);
    }
  }

  #opened(id: number, handle: Handle): Buffer {
    if (this.#handles.size >= MAX_HANDLES || this.#isOver) {
      if (handle.type === 'content') handle.content.close();
      return wire.statusPacket(id, STATUS.failure);
    }
    const name = String(this.#next);
    this.#next += 1;
    this.#handles.set(name, handle);
    return wire.handlePacket(id, name);
  }

  #close(id: number, name: string): Buffer {
    const handle = this.#handles.get(name);
    this.#handles.delete(name);
    if (handle?.type === 'content') handle.content.close();
    return wire.statusPacket(id, STATUS.ok);
  }

  #closeAll(): void {
    this.#isOver = true;
    for (const handle of this.#handles.values()) {
      if (handle.type === 'content') handle.content.close();
    }
    this.#handles.clear();
  }

  #nodeOf(name: string): Node | undefined {
    const handle = this.#handles.get(name);
    return handle && 'node' in handle ? handle.node : undefined;
  }

  #read(id: number, request: wire.PacketReader): Buffer {
    const handle = this.#handles.get(request.text());
    const offset = request.uint64();
    const length = Math.min(request.uint32(), MAX_READ);
    if (handle?.type === 'bytes') {
      return dataOr(id, handle.bytes.subarray(offset, offset + length));
    }
    if (handle?.type !== 'content') return wire.statusPacket(id, STATUS.failure);
    try {
      return dataOr(id, handle.content.read(offset, length));
    } catch {
      return wire.statusPacket(id, STATUS.trouble);
    }
  }
}

function dataOr(id: number, bytes: Buffer): Buffer {
  return bytes.length > 0 ? wire.dataPacket(id, bytes) : wire.statusPacket(id, STATUS.eof);
}

function attributes(id: number, node: Node | undefined): Buffer {
  return node ? wire.attributesPacket(id, node) : wire.statusPacket(id, STATUS.noSuchFile);
}

const denied = (id: number): Buffer => wire.statusPacket(id, STATUS.denied);
