/**
 * Contents of a day, fetched when they are opened: an open content is whole and agrees with its digest.
 * Reading cannot wait for more, because sshfs turns a read that fails into the end of the file, and the kernel
 * keeps that. Nor may opening wait for long: who waits is Sugar's shell, or its datastore with the saves of other
 * activities behind it. What is late goes on coming, and is there at the next try.
 */
import { join } from 'node:path';
import { asDsError } from '../../shared/errors.ts';
import type { Uid } from '../../shared/ids.ts';
import {
  GrowingContent,
  type GrowingOptions,
  late,
  type WantedContent,
} from './growing-content.ts';
import type { OpenContent } from './sftp-server.ts';

export interface ContentsOptions extends GrowingOptions {
  /** Called when a content could not be read. */
  onBroken: () => void;
}

/** Opening is answered within this, whatever comes, in milliseconds: a child takes two seconds for a frozen screen. */
const OPEN_MS = 1500;
/** After one that was late, nobody waits for so long, in milliseconds. */
const PAUSE_MS = 10_000;
/** So many that were late go on coming, or wait for the next try. */
const MAX_KEPT = 4;
/** What came too late waits for the next try for so long, in milliseconds. */
const KEEP_MS = 5 * 60_000;

export class Contents implements Disposable {
  readonly #options: ContentsOptions;
  /** The one that was asked for longest ago is the first. */
  readonly #known = new Map<Uid, GrowingContent>();
  /** How many were begun: each has a folder of its own, which an earlier one may still be leaving. */
  #count = 0;
  readonly #over = new AbortController();
  /** By the monotonic clock. */
  #pausedUntilMs = Number.NEGATIVE_INFINITY;

  /** `folder` is where contents are while they are open; it exists. */
  constructor(options: ContentsOptions) {
    this.#options = options;
  }

  /** Whether somebody has one open, or waits for it. */
  get isUsed(): boolean {
    return [...this.#known.values()].some(({ users }) => users > 0);
  }

  /**
   * Resolves when it is whole. Throws `server-unreachable` when it does not come soon enough, or why it cannot.
   */
  async open(wanted: WantedContent): Promise<OpenContent> {
    const { context, onBroken } = this.#options;
    const content = this.#known.get(wanted.uid) ?? this.#new(wanted);
    content.users += 1;
    try {
      await this.#whole(content);
    } catch (error) {
      if (!content.isClosed) context.warn(asDsError(error).message);
      this.#leave(content, content.mayStay);
      onBroken();
      throw error;
    }
    let isOpen = true;
    return {
      read: (offset, length) => content.read(offset, length),
      close: () => {
        if (isOpen) this.#leave(content, false);
        isOpen = false;
      },
    };
  }

  [Symbol.dispose](): void {
    this.#over.abort();
    for (const content of this.#known.values()) content[Symbol.dispose]();
    this.#known.clear();
  }

  async #whole(content: GrowingContent): Promise<void> {
    const { clock } = this.#options.context;
    if (content.isWhole) return;
    const isPaused = clock.monotonicMs() < this.#pausedUntilMs;
    if (isPaused && !this.#hasRoomFor(content)) throw late(content.uid);
    content.begin();
    if (isPaused) throw late(content.uid);
    try {
      if (!(await content.comes(OPEN_MS))) throw late(content.uid);
    } catch (error) {
      const isLate = asDsError(error).code === 'server-unreachable';
      if (isLate) this.#pausedUntilMs = clock.monotonicMs() + PAUSE_MS;
      throw error;
    }
  }

  #new(wanted: WantedContent): GrowingContent {
    const folder = join(this.#options.folder, String(this.#count));
    this.#count += 1;
    const content = new GrowingContent(wanted, { ...this.#options, folder });
    this.#known.set(wanted.uid, content);
    return content;
  }

  #hasRoomFor(content: GrowingContent): boolean {
    return [...this.#known.values()].filter((one) => one !== content).length < MAX_KEPT;
  }

  #leave(content: GrowingContent, mayStay: boolean): void {
    content.users -= 1;
    if (content.users > 0) return;
    this.#known.delete(content.uid);
    if (!mayStay || this.#over.signal.aborted) {
      content[Symbol.dispose]();
      return;
    }
    const idle = [...this.#known.values()].filter(({ users }) => users === 0);
    for (const oldest of idle.slice(0, Math.max(0, idle.length - MAX_KEPT + 1)))
      this.#forget(oldest);
    this.#known.set(content.uid, content);
    void this.#linger(content);
  }

  /** Forgets it when nobody has come for it, or it is no good. */
  async #linger(content: GrowingContent): Promise<void> {
    await content.settled();
    const { signal } = this.#over;
    // What turned out to be wrong, or has filled the disk, goes at once.
    if (content.mayStay) {
      await this.#options.context.clock.sleep(KEEP_MS, signal).catch(() => {});
    }
    if (content.users === 0) this.#forget(content);
  }

  #forget(content: GrowingContent): void {
    if (this.#known.get(content.uid) === content) this.#known.delete(content.uid);
    content[Symbol.dispose]();
  }
}
