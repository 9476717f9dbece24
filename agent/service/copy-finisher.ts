/**
 * Looks after copies that the child made from a day shown in the Journal: soon after each change, and once
 * more after the day has gone. What is whole loses its mark, what broke off is fetched. A note on the disk
 * (`paths.copies`) says that there may be some, also after a power cut; so it does when one came by a stick.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { asDsError } from '../../shared/errors.ts';
import { parseUid } from '../../shared/ids.ts';
import { KEPT_PROPERTY } from '../../shared/journal/kept.ts';
import type { Log } from '../../shared/log.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import { inEntry, inJournal, type Paths } from '../paths.ts';
import type { JournalVolume } from './journal-volume.ts';

export interface CopyFinisherOptions {
  paths: Paths;
  log: Log;
  volume: Pick<JournalVolume, 'isReading' | 'isOpen'>;
  /** Removes the marks of whole copies; returns the uids of the others. */
  finish: () => Promise<readonly string[]>;
  /** Has the content of this entry fetched, as soon as that is possible. */
  fetch: (uid: string) => void;
  /** Called when there is nothing left to look after. */
  onRest: () => void;
}

/** The datastore may still be writing, in milliseconds. */
const SOON_MS = 1500;

export class CopyFinisher implements Disposable {
  readonly #options: CopyFinisherOptions;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(options: CopyFinisherOptions) {
    this.#options = options;
  }

  get isBusy(): boolean {
    return this.#timer !== undefined;
  }

  /** Something in the Journal changed; these are new in it. */
  look(created: readonly string[]): void {
    const { paths, log } = this.#options;
    try {
      // Sugar takes the mark of a copy along to a stick, and from there into a Journal.
      if (!existsSync(paths.copies) && created.some((uid) => this.#isMarked(uid))) {
        writeFileDurably(paths.copies, '');
      }
    } catch (error) {
      log.warn('copies-not-noted', { reason: asDsError(error).message });
    }
    this.soon();
  }

  /** A content did not come, or there may be some of an earlier run. */
  soon(): void {
    if (this.#isOver || !existsSync(this.#options.paths.copies)) return;
    clearTimeout(this.#timer);
    const timer = setTimeout(() => void this.#finish(timer), SOON_MS);
    this.#timer = timer;
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  /** Looks at nothing but whether there is a mark. A uid that could be no path has none. */
  #isMarked(text: string): boolean {
    try {
      const entry = inJournal(this.#options.paths, parseUid(text));
      return existsSync(join(inEntry(entry).metadata, KEPT_PROPERTY));
    } catch (error) {
      if (asDsError(error).code === 'bad-id') return false;
      throw error;
    }
  }

  async #finish(timer: NodeJS.Timeout): Promise<void> {
    const { paths, log, volume, finish, fetch, onRest } = this.#options;
    // What is being copied looks as if it had broken off.
    if (volume.isReading) return this.soon();
    try {
      for (const uid of await finish()) fetch(uid);
      if (!volume.isOpen) rmSync(paths.copies, { force: true });
    } catch (error) {
      const { code, message } = asDsError(error);
      log.info('copies-wait', { reason: message });
      if (code === 'busy') return this.soon(); // a backup is at work
    }
    if (this.#timer !== timer) return;
    this.#timer = undefined;
    onRest();
  }
}
