/**
 * Empties the trash of what has been there long enough; on a full disk, of the oldest items earlier. What leaves
 * takes content along that has no other name. So every name that a list has is linked again first. While some
 * list cannot be read the trash waits, unless the disk is full: then nobody could back up.
 */
import { join, relative } from 'node:path';
import { asDsError } from '../../shared/errors.ts';
import { namesIn } from '../../shared/system/files.ts';
import type { Library } from '../library.ts';
import { freeShare, measureDisk } from '../storage/disk.ts';
import { isPast } from '../storage/moment.ts';
import { inLibrary } from '../storage/paths.ts';
import { reclaim } from '../storage/reclaim.ts';
import { dateItem, daysInTrash, doom, listTrash, type TrashItem } from '../storage/trash.ts';

export interface Emptied {
  /** Items that left the trash, and the bytes that this freed. */
  emptied: number;
  freedBytes: number;
  /** Folders that cannot be read, for which the trash waits. */
  unreadable: number;
}

export class TrashEmptier {
  readonly #library: Library;
  readonly #signal: AbortSignal | undefined;
  readonly #done: Emptied = { emptied: 0, freedBytes: 0, unreadable: 0 };
  #asked: Promise<boolean> | undefined;

  constructor(library: Library, signal: AbortSignal | undefined) {
    this.#library = library;
    this.#signal = signal;
  }

  /**
   * Asks the lists if something is about to leave: this may take a while, and other work can run meanwhile.
   * To be done before more is moved to the trash, as everything that was moved has to be checked again.
   */
  async prepare(): Promise<void> {
    const { paths, config } = this.#library;
    const isWaiting = namesIn(inLibrary(paths).doomed).length > 0;
    const isDue = config.retention.trashDays === 0 || this.#due(listTrash(paths)).length > 0;
    if (isWaiting || isDue || (await this.#freePercent()) < config.traffic.minFreePercent) {
      await this.#mayEmpty();
    }
  }

  /** To be called in the work queue. */
  async empty(): Promise<Emptied> {
    const { paths, timeline, config } = this.#library;
    const { minFreePercent } = config.traffic;
    const isLeft = namesIn(inLibrary(paths).doomed).length > 0; // by a cleanup that was killed
    if (isLeft && ((await this.#mayEmpty()) || (await this.#freePercent()) < minFreePercent)) {
      await this.#reclaim();
    }
    const { at } = timeline.now();
    for (const item of listTrash(paths)) if (item.at === undefined) dateItem(paths, item, at);
    const items = listTrash(paths);
    const due = this.#due(items);
    const going = due.length > 0 && (await this.#mayEmpty()) ? due : [];
    for (const item of going) await this.#empty(item, 'time-is-up');
    for (const item of items) {
      if (going.includes(item)) continue;
      const free = await this.#freePercent();
      if (free >= minFreePercent) break;
      await this.#mayEmpty();
      await this.#empty(item, `only-${Math.floor(free)}-per-cent-of-the-disk-free`);
    }
    return this.#done;
  }

  #due(items: readonly TrashItem[]): TrashItem[] {
    const { timeline, config } = this.#library;
    const now = timeline.now();
    return items.filter((item) =>
      isPast(now, item.at ?? now.at, daysInTrash(item, config.retention.trashDays)),
    );
  }

  async #freePercent(): Promise<number> {
    return freeShare(await measureDisk(this.#library.paths.library)) * 100;
  }

  /** Whether content without other names is surely unused. Asked once. */
  #mayEmpty(): Promise<boolean> {
    this.#asked ??= this.#askLists();
    return this.#asked;
  }

  async #askLists(): Promise<boolean> {
    const { paths, checker, log } = this.#library;
    // A damaged list in the trash must not keep itself there.
    const due = this.#due(listTrash(paths)).map((item) => join(item.folder, '/'));
    try {
      const unknown = await checker.linkAllNames(this.#signal);
      const counting = unknown.filter((folder) => {
        return !due.some((item) => join(folder, '/').startsWith(item));
      });
      this.#done.unreadable = counting.length;
      const [first] = counting;
      if (first === undefined) return true;
      const folders = counting.length;
      log.warn('trash-waits', { folders, first: relative(paths.library, first) });
    } catch (error) {
      this.#signal?.throwIfAborted();
      this.#done.unreadable = 1;
      log.warn('trash-waits', { reason: asDsError(error).message });
    }
    return false;
  }

  async #empty(item: TrashItem, reason: string): Promise<void> {
    const { paths, log } = this.#library;
    doom(paths, item);
    const bytes = await this.#reclaim();
    this.#done.emptied += 1;
    this.#done.freedBytes += bytes;
    log.info('trash-emptied', { serial: item.serial, name: item.name, reason, bytes });
  }

  async #reclaim(): Promise<number> {
    const { paths, log, env } = this.#library;
    const options = { env, ...(this.#signal && { signal: this.#signal }) };
    const { bytes, stuck } = await reclaim(paths, options);
    for (const reason of stuck.slice(0, 1)) log.warn('not-freed', { items: stuck.length, reason });
    return bytes;
  }
}
