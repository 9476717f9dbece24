/**
 * One content of a day on its way, in a folder of its own, which is made and removed. It comes whether somebody
 * waits for it or not; a fetch that broke off goes on from what has arrived when it is begun again.
 */
import { chmodSync, closeSync, fstatSync, mkdirSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { asDsError, DsError, isErrno } from '../../shared/errors.ts';
import type { Digest, Uid } from '../../shared/ids.ts';
import { digestFile } from '../../shared/journal/entry.ts';
import type { Context } from '../context.ts';
import { freeBytes } from '../profile.ts';
import type { SharedSession } from '../school/shared-session.ts';
import type { Origin } from '../state.ts';
import { fetchGrowing } from '../wire/rsync.ts';

export interface WantedContent {
  uid: Uid;
  content: Digest;
  /** Bytes. */
  size: number;
}

export interface GrowingOptions {
  context: Context;
  session: SharedSession;
  origin: Origin;
  /** Made when the fetch begins. */
  folder: string;
}

/** A fetch ends when nothing more has come for so long, in milliseconds. */
const STALL_MS = 10_000;
/** How often a growing file is looked at, in milliseconds. */
const LOOK_MS = 25;
/** A content and the copy that is made of it need their room, and this is left, in bytes. */
const RESERVE_BYTES = 4 * 1024 * 1024;

export class GrowingContent implements Disposable {
  /** How many wait for it or have it open. */
  users = 0;
  isWhole = false;
  isClosed = false;
  readonly #wanted: WantedContent;
  readonly #options: GrowingOptions;
  readonly #file: string;
  /** The last fetch: it never rejects, and outlives its failure by the end of its programs. */
  #fetching: Promise<void> | undefined;
  #isFetching = false;
  #stop = new AbortController();
  #failure: DsError | undefined;
  /** Called when it is whole, has failed, or is closed. */
  readonly #waiting = new Set<() => void>();
  #fd: number | undefined;
  /** When something has come last, by the monotonic clock, in milliseconds. */
  #progressMs = 0;
  #size = 0;
  #bytes = 0;

  constructor(wanted: WantedContent, options: GrowingOptions) {
    this.#wanted = wanted;
    this.#options = options;
    this.#file = join(options.folder, wanted.uid);
  }

  get uid(): Uid {
    return this.#wanted.uid;
  }

  /** Bytes that have yet to come. */
  get missing(): number {
    return this.isWhole ? 0 : Math.max(0, this.#wanted.size - this.#size);
  }

  /**
   * Whether it may go on while nobody waits for it: nothing is wrong with it, and beside the rest of it there is
   * room for what the agent makes of it.
   */
  get mayStay(): boolean {
    if (!this.#fetching || this.isClosed || (this.#failure && !this.#failure.retry)) return false;
    const { size } = this.#wanted;
    return freeBytes(this.#options.context.paths.own) >= this.missing + 2 * size + RESERVE_BYTES;
  }

  /** Begins to fetch it, or begins again after a failure. */
  begin(): void {
    if (this.isWhole || this.#isFetching || this.isClosed) return;
    this.#isFetching = true;
    this.#failure = undefined;
    this.#stop = new AbortController();
    this.#progressMs = this.#options.context.clock.monotonicMs();
    this.#fetching = this.#fetch().then(
      () => this.#tell(),
      (error: unknown) => void this.#fail(asDsError(error)),
    );
    void this.#fetching.then(() => {
      this.#isFetching = false;
    });
    void this.#watch(this.#stop.signal);
  }

  /** Whether it is whole after at most so many milliseconds. Throws why it cannot be. */
  async comes(patienceMs: number): Promise<boolean> {
    const enough = new AbortController();
    const patience = this.#options.context.clock.sleep(patienceMs, enough.signal).catch(() => {});
    const told = new Promise<void>((resolve) => {
      this.#waiting.add(resolve);
      if (this.isWhole || this.#failure || this.isClosed) resolve();
      void patience.then(() => this.#waiting.delete(resolve));
    });
    await Promise.race([told, patience]);
    enough.abort();
    if (this.isClosed) throw new DsError('cancelled', 'the volume is closed');
    if (this.#failure) throw this.#failure;
    return this.isWhole;
  }

  /** Resolves when its fetch has ended. */
  async settled(): Promise<void> {
    await this.#fetching;
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
    if (this.isClosed) return;
    this.isClosed = true;
    this.#stop.abort(new DsError('cancelled', 'nobody reads it any more'));
    this.#tell();
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    const { folder } = this.#options;
    const remove = () => rmSync(folder, { recursive: true, force: true });
    if (this.#isFetching) void this.#fetching?.then(remove);
    else remove();
  }

  async #fetch(): Promise<void> {
    const { context, session, origin, folder } = this.#options;
    const { size, content } = this.#wanted;
    const signal = AbortSignal.any([context.signal, this.#stop.signal]);
    mkdirSync(folder, { recursive: true });
    if (freeBytes(folder) < size + this.missing + RESERVE_BYTES) {
      throw new DsError('laptop-full', `the content of ${this.uid} does not fit on this laptop`);
    }
    // The part of an earlier try may have the school's rights by now.
    if (this.#fd !== undefined) chmodSync(this.#file, 0o600);
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
    this.isWhole = !this.isClosed;
  }

  /** Ends a fetch that stalls, or brings more than was said. */
  async #watch(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options.context;
    while (this.#isFetching && !this.isWhole && !signal.aborted) {
      this.#look();
      if (clock.monotonicMs() - this.#progressMs > STALL_MS) this.#fail(late(this.uid));
      await clock.sleep(LOOK_MS, signal).catch(() => {});
    }
  }

  /** Notes when it has become more. */
  #look(): void {
    if (this.isClosed) return;
    try {
      this.#fd ??= openSync(this.#file, 'r');
      const { size } = fstatSync(this.#fd);
      if (size > this.#size) this.#progressMs = this.#options.context.clock.monotonicMs();
      this.#size = size;
      this.#checkSize(size);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) this.#fail(asDsError(error));
    }
  }

  /** More than was said would fill the disk. */
  #checkSize(bytes: number): void {
    if (bytes <= this.#wanted.size) return;
    this.#fail(new DsError('damaged', `the content of ${this.uid} is longer than it was`));
  }

  #fail(failure: DsError): void {
    this.#failure ??= failure;
    this.#stop.abort(failure);
    this.#tell();
  }

  #tell(): void {
    for (const go of this.#waiting) go();
    this.#waiting.clear();
  }
}

/** It does not come, or not soon enough. */
export function late(uid: Uid): DsError {
  return new DsError('server-unreachable', `the content of ${uid} does not come`, { retry: true });
}
