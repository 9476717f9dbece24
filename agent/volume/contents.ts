/**
 * Contents of a day, fetched when they are opened: an open content is whole and agrees with its digest.
 * Reading cannot wait for more, because sshfs turns a read that fails into the end of the file, and the kernel
 * keeps that. Without progress for a few seconds opening fails, and so does every other one for a moment: who
 * waits for it is Sugar's datastore, which has the saves of other activities behind it.
 */
import { closeSync, fstatSync, mkdirSync, openSync, readSync, rmSync } from 'node:fs';
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

/** Opening fails when nothing more has come for so long, in milliseconds. */
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
  /** How many were opened: each has a folder of its own, which an earlier one may still be leaving. */
  #count = 0;
  /** By the monotonic clock. */
  #pausedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: ContentsOptions) {
    this.#options = options;
  }

  /** Whether one is open. */
  get isUsed(): boolean {
    return this.#open.size > 0;
  }

  /** Resolves when it is whole. Throws `server-unreachable` when it does not come, or why it cannot. */
  async open(wanted: WantedContent): Promise<OpenContent> {
    const { context, onBroken } = this.#options;
    const { clock } = context;
    const content = this.#open.get(wanted.uid) ?? this.#new(wanted);
    content.users += 1;
    try {
      if (!content.isWhole && clock.monotonicMs() < this.#pausedUntilMs) throw stalled(wanted.uid);
      await content.whole();
    } catch (error) {
      const { code, message } = asDsError(error);
      if (code === 'server-unreachable') this.#pausedUntilMs = clock.monotonicMs() + PAUSE_MS;
      if (!content.isClosed) context.warn(message);
      this.#leave(content);
      onBroken();
      throw error;
    }
    let isOpen = true;
    return {
      read: (offset, length) => content.read(offset, length),
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

  #new(wanted: WantedContent): GrowingContent {
    const folder = join(this.#options.folder, String(this.#count));
    this.#count += 1;
    const content = new GrowingContent(wanted, { ...this.#options, folder });
    this.#open.set(wanted.uid, content);
    return content;
  }

  #leave(content: GrowingContent): void {
    content.users -= 1;
    if (content.users > 0) return;
    this.#open.delete(content.uid);
    content[Symbol.dispose]();
  }
}

/** One content on its way, in a folder of its own, which is made and removed. */
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

  /** Waits until all of it has come. Throws `server-unreachable` when it does not, or why it cannot. */
  async whole(): Promise<void> {
    const { clock } = this.#options.context;
    if (!this.#fetching) this.#begin();
    while (!this.isWhole) {
      if (this.isClosed) throw new DsError('cancelled', 'the volume is closed');
      if (this.#failure !== undefined) throw this.#failure;
      if (clock.monotonicMs() - this.#progressMs > STALL_MS) throw this.#giveUp();
      await clock.sleep(LOOK_MS);
      this.#look();
    }
  }

  /** Of a whole one. Throws `damaged` where the file has become shorter. */
  read(offset: number, length: number): Buffer {
    const wanted = Math.max(0, Math.min(length, this.#wanted.size - offset));
    const bytes = Buffer.allocUnsafe(wanted);
    const read = this.#fd === undefined ? 0 : readSync(this.#fd, bytes, 0, wanted, offset);
    if (read < wanted) throw new DsError('damaged', `the content of ${this.uid} is cut short`);
    return bytes;
  }

  [Symbol.dispose](): void {
    this.isClosed = true;
    this.#stop.abort(new DsError('cancelled', 'nobody reads it any more'));
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    const { folder } = this.#options;
    const remove = () => rmSync(folder, { recursive: true, force: true });
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
    mkdirSync(folder);
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
    this.#look();
    this.isWhole = true;
  }

  /** Notes when it has become more. */
  #look(): void {
    try {
      this.#fd ??= openSync(this.#file, 'r');
      const { size } = fstatSync(this.#fd);
      if (size > this.#size) this.#progressMs = this.#options.context.clock.monotonicMs();
      this.#size = size;
      this.#checkSize(size);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
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
