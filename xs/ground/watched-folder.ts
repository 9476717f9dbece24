/**
 * Tells of what arrives in a folder: at once, as long as the system lets us watch it; and it is looked
 * through now and then, often while nothing is watched. Nothing that the folder's disk does ends the service.
 */
import { type FSWatcher, lstatSync, watch } from 'node:fs';
import type { Faults } from './faults.ts';

/** A look also finds what inotify lost (its queue is finite), in milliseconds. */
const LOOK_MS = 60_000;
/** While nothing is watched, in milliseconds. */
const OFTEN_MS = 5000;

export interface WatchedFolderOptions {
  folder: string;
  /** Has `watching` while it is not watched. */
  faults?: Faults | undefined;
  /** Something of this name may have arrived. Must not throw. */
  onName(name: string): void;
  /** Time to look at everything that is there. Must not throw. */
  onLook(): void;
  everyMs?: number | undefined;
  /** While nothing is watched. */
  oftenMs?: number | undefined;
  /** Throws ENOSPC or EMFILE where others have used up what there is. */
  watch?: typeof watch | undefined;
}

export class WatchedFolder implements Disposable {
  readonly #options: WatchedFolderOptions;
  #watcher: FSWatcher | undefined;
  /** The inode of the watched folder. */
  #watched: number | undefined;
  #looks: NodeJS.Timeout | undefined;
  /** Runs while nothing is watched. */
  #oftenLooks: NodeJS.Timeout | undefined;

  /** Watches it, and calls `onLook`. */
  constructor(options: WatchedFolderOptions) {
    this.#options = options;
    this.#looks = setInterval(() => this.#look(), options.everyMs ?? LOOK_MS);
    this.#look();
  }

  [Symbol.dispose](): void {
    this.#drop();
    clearInterval(this.#looks);
    clearInterval(this.#oftenLooks);
  }

  #look(): void {
    this.#keepWatching();
    this.#options.onLook();
  }

  /** The folder may have been made anew, and its watcher may have ended. */
  #keepWatching(): void {
    const { folder, faults } = this.#options;
    try {
      const { ino } = lstatSync(folder);
      if (this.#watcher && ino === this.#watched) return;
      this.#drop();
      this.#watch();
      this.#watched = ino;
      faults?.clear('watching');
      clearInterval(this.#oftenLooks);
      this.#oftenLooks = undefined;
    } catch (error) {
      this.#lose(error);
    }
  }

  #watch(): void {
    const { folder, onName } = this.#options;
    const watcher = (this.#options.watch ?? watch)(folder, (_event, name) => {
      if (name !== null) onName(name);
    });
    const lost = (error: unknown) => {
      if (this.#watcher === watcher) this.#lose(error);
    };
    watcher.on('error', lost);
    watcher.on('close', () => lost(new Error(`${folder} is not watched any more`)));
    this.#watcher = watcher;
  }

  #drop(): void {
    const watcher = this.#watcher;
    this.#watcher = undefined;
    watcher?.close();
  }

  #lose(error: unknown): void {
    this.#drop();
    this.#options.faults?.note('watching', error);
    this.#oftenLooks ??= setInterval(() => this.#look(), this.#options.oftenMs ?? OFTEN_MS);
  }
}
