/**
 * Contents of a day, fetched when they are read. What has come of one can be read while the rest is on its
 * way; its end is given out only after the whole agrees with its digest. Without progress for a few seconds
 * a read fails, and so does every other one for a moment: who waits for it is Sugar's datastore, which has
 * the saves of other activities behind it.
 */
import { closeSync, fstatSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { asDsError, DsError, isErrno } from '../../shared/errors.ts';
import type { Digest, Uid } from '../../shared/ids.ts';
import { digestFile } from '../../shared/journal/entry.ts';
import type { Context } from '../context.ts';
import { freeBytes } from '../profile.ts';
import type { SharedSession } from '../school/shared-session.ts';
import type { Origin } from '../state.ts';
import { fetchGrowing } from '../wire/rsync.ts';
import type { OpenContent } from './sftp-server.ts';

export interface WantedContent {
  uid: Uid;
  content: Digest;
  /** Bytes. */
  size: number;
}

export interface ContentsOptions {
  context: Context;
  session: SharedSession;
  origin: Origin;
  /** Where contents are while they are open; it exists. */
  folder: string;
  /** Called when a content could not be read. */
  onBroken: () => void;
}

/** A read fails when nothing more has come for so long, in milliseconds. */
const STALL_MS = 3000;
/** After a stall, nothing is tried for so long, in milliseconds. */
const PAUSE_MS = 10_000;
/** How often a growing file is looked at, in milliseconds. */
const LOOK_MS = 25;
/** A content and the copy that is made of it need their room, and this is left, in bytes. */
const RESERVE_BYTES = 4 * 1024 * 1024;

export class Contents implements Disposable {
  readonly #options: ContentsOptions;
  readonly #open = new Map<Uid, GrowingContent>();
  /** By the monotonic clock. */
  #pausedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: ContentsOptions) {
    this.#options = options;
  }

  /** Whether one is open. */
  get isUsed(): boolean {
    return this.#open.size > 0;
  }

  /** Returns at once: fetching begins with the first read. */
  open(wanted: WantedContent): OpenContent {
    const known = this.#open.get(wanted.uid);
    const content = known ?? new GrowingContent(wanted, this.#options);
    this.#open.set(wanted.uid, content);
    content.users += 1;
    let isOpen = true;
    return {
      read: (offset, length) => this.#read(content, offset, length),
      close: () => {
        if (isOpen) this.#leave(content);
        isOpen = false;
      },
    };
  }

  [Symbol.dispose](): void {
    for (const content of this.#open.values()) content[Symbol.dispose]();
    this.#open.clear();
  }

  async #read(content: GrowingContent, offset: number, length: number): Promise<Buffer> {
    const { context, onBroken } = this.#options;
    const { clock } = context;
    try {
      if (!content.isWhole && clock.monotonicMs() < this.#pausedUntilMs) throw stalled(content.uid);
      return await content.read(offset, length);
    } catch (error) {
      const { code, message } = asDsError(error);
      if (code === 'server-unreachable') this.#pausedUntilMs = clock.monotonicMs() + PAUSE_MS;
      if (!content.isClosed) context.warn(message);
      onBroken();
      throw error;
    }
  }

  #leave(content: GrowingContent): void {
    content.users -= 1;
    if (content.users > 0) return;
    this.#open.delete(content.uid);
    content[Symbol.dispose]();
  }
}

/** One content on its way, in a file of its own. */
class GrowingContent implements Disposable {
  readonly uid: Uid;
  users = 0;
  isWhole = false;
  isClosed = false;
  readonly #wanted: WantedContent;
  readonly #options: ContentsOptions;
  readonly #file: string;
  readonly #stop = new AbortController();
  #fetching: Promise<void> | undefined;
  #failure: unknown;
  #fd: number | undefined;
  /** When something has come last, by the monotonic clock, in milliseconds. */
  #progressMs = 0;
  #size = 0;
  #bytes = 0;

  constructor(wanted: WantedContent, options: ContentsOptions) {
    this.uid = wanted.uid;
    this.#wanted = wanted;
    this.#options = options;
    this.#file = join(options.folder, wanted.uid);
  }

  /** Waits for these bytes. Throws `server-unreachable` when they do not come, or why they cannot. */
  async read(offset: number, length: number): Promise<Buffer> {
    const { clock } = this.#options.context;
    const end = Math.min(offset + length, this.#wanted.size);
    if (offset >= end) return Buffer.alloc(0);
    if (!this.#fetching) this.#begin();
    // The last byte comes after the digest was compared.
    while (!this.isWhole && (end === this.#wanted.size || this.#look() < end)) {
      if (this.isClosed) throw new DsError('cancelled', 'the volume is closed');
      if (this.#failure !== undefined) throw this.#failure;
      if (clock.monotonicMs() - this.#progressMs > STALL_MS) throw this.#giveUp();
      await clock.sleep(LOOK_MS);
      this.#look();
    }
    return this.#bytesAt(offset, end - offset);
  }

  [Symbol.dispose](): void {
    this.isClosed = true;
    this.#stop.abort(new DsError('cancelled', 'nobody reads it any more'));
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    const remove = () => rmSync(this.#file, { force: true });
    if (this.#fetching) void this.#fetching.then(remove);
    else remove();
  }

  #begin(): void {
    const { context } = this.#options;
    this.#progressMs = context.clock.monotonicMs();
    this.#fetching = this.#fetch().catch((error: unknown) => {
      this.#failure ??= error;
    });
  }

  async #fetch(): Promise<void> {
    const { context, session, origin, folder } = this.#options;
    const { size, content } = this.#wanted;
    const signal = AbortSignal.any([context.signal, this.#stop.signal]);
    if (freeBytes(folder) < 2 * size + RESERVE_BYTES) {
      throw new DsError('laptop-full', `the content of ${this.uid} does not fit on this laptop`);
    }
    const onBytes = (bytes: number) => {
      if (bytes > this.#bytes) this.#progressMs = context.clock.monotonicMs();
      this.#bytes = bytes;
      this.#checkSize(bytes);
    };
    await session.ask(({ connection }) => {
      return fetchGrowing({ ...context, signal }, connection, origin, this.uid, folder, onBytes);
    });
    const found = await digestFile(this.#file, signal);
    if (found.digest !== content || found.size !== size) {
      throw new DsError('damaged', `the content of ${this.uid} did not arrive as it was`);
    }
    this.isWhole = true;
  }

  /** Its bytes so far; notes when they have become more. */
  #look(): number {
    try {
      this.#fd ??= openSync(this.#file, 'r');
      const { size } = fstatSync(this.#fd);
      if (size > this.#size) this.#progressMs = this.#options.context.clock.monotonicMs();
      this.#size = size;
      this.#checkSize(size);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
    return this.#size;
  }

  #bytesAt(offset: number, length: number): Buffer {
    this.#look();
    const bytes = Buffer.allocUnsafe(length);
    const read = this.#fd === undefined ? 0 : readSync(this.#fd, bytes, 0, length, offset);
    if (read < length) throw new DsError('damaged', `the content of ${this.uid} is cut short`);
    return bytes;
  }

  /** More than was said would fill the disk. */
  #checkSize(bytes: number): void {
    if (bytes <= this.#wanted.size) return;
    this.#fail(new DsError('damaged', `the content of ${this.uid} is longer than it was`));
  }

  #giveUp(): DsError {
    return this.#fail(stalled(this.uid));
  }

  #fail(failure: DsError): DsError {
    this.#failure ??= failure;
    this.#stop.abort(failure);
    return failure;
  }
}

function stalled(uid: Uid): DsError {
  return new DsError('server-unreachable', `the content of ${uid} does not come`, { retry: true });
}
