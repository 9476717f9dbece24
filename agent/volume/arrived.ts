/**
 * Makes a day out of the properties that arrived. What cannot be shown is counted by its reason: a child or
 * a teacher is told that the day has more than is seen.
 */
import { asDsError } from '../../shared/errors.ts';
import type { Digest, Uid } from '../../shared/ids.ts';
import { decodeEntry } from '../../shared/journal/entry.ts';
import { readArrived } from '../restore/fetch.ts';
import { DayTree } from './day-tree.ts';
import { type Shelf, showEntry } from './shown-entry.ts';

/** How many entries of a day are not shown. */
export interface LeftOut {
  /** Without content. */
  empty: number;
  /** Bundles, which the shell would open by itself. */
  bundles: number;
  /** What did not arrive, or not as it was. */
  damaged: number;
  /** What is older than all that fits in memory. */
  older: number;
}

/** So many bytes of properties and pictures are shown at most. */
const MAX_BYTES = 40 * 1024 * 1024;

export class ArrivedDay {
  readonly tree = new DayTree();
  readonly leftOut: LeftOut = { empty: 0, bundles: 0, damaged: 0, older: 0 };
  readonly #shelf: Shelf;
  readonly #warn: (text: string) => void;
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(shelf: Shelf, warn: (text: string) => void, maxBytes = MAX_BYTES) {
    this.#maxBytes = maxBytes;
    this.#shelf = shelf;
    this.#warn = warn;
  }

  /** Nothing more is shown. */
  get isFull(): boolean {
    return this.#bytes > this.#maxBytes;
  }

  /** Adds a version whose properties are in this folder, or counts why it is left out. */
  add([uid, digest]: readonly [Uid, Digest], folder: string): void {
    const shown = this.#read(uid, digest, folder);
    if (typeof shown === 'string') {
      this.leftOut[shown] += 1;
      return;
    }
    this.tree.add(shown);
    this.#bytes += shown.metadata.length + (shown.preview?.length ?? 0);
  }

  #read(uid: Uid, digest: Digest, folder: string) {
    try {
      const entry = decodeEntry(readArrived(folder, { uid, digest }));
      return showEntry({ uid, digest, entry }, this.#shelf);
    } catch (error) {
      const { code, message } = asDsError(error);
      if (code !== 'damaged' && code !== 'bad-input') throw error;
      // One is named; all are counted.
      if (this.leftOut.damaged === 0) this.#warn(message);
      return 'damaged';
    }
  }
}
