/**
 * Reads what a laptop sent, ahead of its ingest: every file once, within a budget, and in pieces between
 * which other laptops have their turn. What was read is believed later only while the file is the very
 * same; the session lock is held meanwhile, so no session changes it.
 */
import { closeSync, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { DsError } from '../../shared/errors.ts';
import type { Digest, Uid } from '../../shared/ids.ts';
import {
  type Content,
  checkPropertyCount,
  decodeEntry,
  digestOf,
  MAX_METADATA_BYTES,
} from '../../shared/journal/entry.ts';
import { type KeptMark, keptMarkOf } from '../../shared/journal/kept.ts';
import { pacemaker, SLICE_MS } from '../../shared/system/pacemaker.ts';
import { isUnreadable } from '../storage/checked-entry.ts';
import { digestInPieces, READ_SENT, type Spend } from '../storage/in-pieces.ts';
import { inEntry } from '../storage/paths.ts';
import type { Turn } from './fair-turns.ts';

/** What one run may cost. */
export interface RunBudget {
  /** Bytes read, content and metadata. */
  bytes: number;
  /** Reading time, without the turns of others, in milliseconds. */
  ms: number;
  /** Bytes after which the others have their turn. */
  turnBytes: number;
}

/** More than the disk of any laptop that is in use, and an hour: a disk reads faster than that. */
export const RUN_BUDGET: RunBudget = {
  bytes: 64 * 2 ** 30,
  ms: 3_600_000,
  turnBytes: 64 * 2 ** 20,
};

/** The metadata of an entry that arrived. */
export interface SentMetadata {
  content: Content | null;
  mark: KeptMark | undefined;
}

/** Files of one arrival, each read at most once. */
export class SentFiles {
  readonly #metadata = new Map<string, { stamp: string; digest: Digest; sent: SentMetadata }>();
  readonly #content = new Map<string, { stamp: string; digest: Digest }>();

  /** Metadata at `path` if they have this digest. Throws `bad-input` when they are none. */
  metadata(path: string, digest: Digest): SentMetadata | undefined {
    const stamp = stampOf(path);
    const known = this.#metadata.get(path);
    if (known && known.stamp === stamp && known.digest === digest) return known.sent;
    const bytes = readSmall(path);
    if (!stamp || !bytes || digestOf(bytes) !== digest || stampOf(path) !== stamp) return undefined;
    checkPropertyCount(bytes);
    const entry = decodeEntry(bytes);
    const sent = { content: entry.content, mark: keptMarkOf(entry) };
    this.#metadata.set(path, { stamp, digest, sent });
    return sent;
  }

  /** Whether a regular file with this content is at `path`. */
  async hasContent(path: string, content: Content): Promise<boolean> {
    if (sizeOf(path) !== content.size) return false;
    const known = this.#content.get(path);
    if (!known || known.stamp !== stampOf(path)) {
      try {
        await this.#hash(path, pacemaker(SLICE_MS));
      } catch (error) {
        if (isUnreadable(error)) return false;
        throw error;
      }
    }
    return this.#content.get(path)?.digest === content.digest;
  }

  /** To be asked right before a file gets a name in the pool. Throws `bad-input` when it is not the one read. */
  checkSame(path: string): void {
    const known = this.#content.get(path) ?? this.#metadata.get(path);
    if (known && known.stamp !== stampOf(path)) throw changed(path);
  }

  /** Reads the files of these entries in `folder`. Throws what `spend` throws. */
  async readAhead(
    folder: string,
    changed: readonly (readonly [Uid, Digest])[],
    spend: Spend,
  ): Promise<void> {
    for (const [uid, digest] of changed) {
      const { metadata, content } = inEntry(folder, uid);
      const sent = this.metadata(metadata, digest);
      await spend(sizeOf(metadata));
      if (sent?.content && sizeOf(content) === sent.content.size) {
        await this.#hash(content, spend);
      }
    }
  }

  async #hash(path: string, spend: Spend): Promise<void> {
    this.#content.delete(path);
    const stamp = stampOf(path);
    if (!stamp) return;
    const { digest } = await digestInPieces(path, spend);
    // The name may have led to another file while this one was read.
    if (stampOf(path) === stamp) this.#content.set(path, { stamp, digest });
  }
}

function changed(path: string): DsError {
  return new DsError('bad-input', `${basename(path)} was changed after it had arrived`, {
    hint: 'the next backup sends it again',
  });
}

/**
 * For all that is read in a run: lets others pass in between. It throws `bad-input` beyond the budget,
 * and the signal's reason.
 */
export function spendFrom(budget: RunBudget, turn: Turn, signal: AbortSignal): Spend {
  const pause = pacemaker(SLICE_MS);
  const meter = new Meter(budget);
  return async (bytes) => {
    signal.throwIfAborted();
    if (meter.spend(bytes)) {
      await turn.pass();
      meter.resume();
    }
    await pause();
  };
}

/** Adds up what a run costs. */
class Meter {
  readonly #budget: RunBudget;
  #bytes = 0;
  #ms = 0;
  #inTurn = 0;
  #since = performance.now();

  constructor(budget: RunBudget) {
    this.#budget = budget;
  }

  /** Returns whether it is the turn of others. Throws `bad-input` beyond the budget. */
  spend(bytes: number): boolean {
    const now = performance.now();
    this.#ms += now - this.#since;
    this.#since = now;
    this.#bytes += bytes;
    this.#inTurn += bytes;
    if (this.#bytes > this.#budget.bytes || this.#ms > this.#budget.ms) throw this.#tooMuch();
    if (this.#inTurn < this.#budget.turnBytes) return false;
    this.#inTurn = 0;
    return true;
  }

  /** The others had their turn. */
  resume(): void {
    this.#since = performance.now();
  }

  #tooMuch(): DsError {
    const { bytes, ms } = this.#budget;
    const limits = `${bytes} bytes and ${Math.round(ms / 60_000)} minutes`;
    return new DsError('bad-input', `the backup takes more than ${limits} to read`, {
      hint: 'an entry of this Journal is far too large for a school server',
    });
  }
}

/** Metadata that a session wrote: whatever may be there, only a small regular file is read. */
function readSmall(path: string): Buffer | undefined {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return undefined;
  const fd = openSync(path, READ_SENT);
  try {
    const stat = fstatSync(fd);
    return stat.isFile() && stat.size <= MAX_METADATA_BYTES ? readFileSync(fd) : undefined;
  } finally {
    closeSync(fd);
  }
}

function sizeOf(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Says that a file is the same one and was not written since; undefined if there is no regular file. */
function stampOf(path: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false, bigint: true });
  if (!stat?.isFile()) return undefined;
  return `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
}
