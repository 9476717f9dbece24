/**
 * Reads what a laptop sent, ahead of its ingest: every file once, within a budget, and in pieces between
 * which other laptops have their turn. What was read is believed later only while the file is the very
 * same; the session lock is held meanwhile, so no session changes it.
 */
import { closeSync, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
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
import { MAX_ENTRIES, METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import { pacemaker, SLICE_MS } from '../../shared/system/pacemaker.ts';
import { isUnreadable } from '../storage/checked-entry.ts';
import { digestInPieces, READ_SENT, type Spend } from '../storage/in-pieces.ts';
import { inEntry } from '../storage/paths.ts';

/** Content up to this size is read in one go, in bytes; most is. */
const SMALL_BYTES = 64 * 1024;

/** The metadata of an entry that arrived. */
export interface SentMetadata {
  content: Content | null;
  mark: KeptMark | undefined;
}

/** Files of one arrival, each read at most once. */
export class SentFiles {
  readonly #metadata = new Map<string, { stamp: string; digest: Digest; sent: SentMetadata }>();
  readonly #content = new Map<string, { stamp: string; digest: Digest }>();
  /** Metadata that have another digest than this: they are not read again for it. */
  readonly #others = new Map<string, { stamp: string; digest: Digest }>();
  readonly #incomplete = new Set<Uid>();
  #wasReadAhead = false;
  #isDurable = true;

  /** Whether what the completion names was read, as far as it is there. */
  get wasReadAhead(): boolean {
    return this.#wasReadAhead;
  }

  /** Whether all that was read was made durable afterwards. */
  get isDurable(): boolean {
    return this.#isDurable;
  }

  /** Call it when the disk has all that was read so far. */
  madeDurable(): void {
    this.#isDurable = true;
  }

  /** Whether an entry that was read ahead lacks a file, or has another one than it says. */
  isIncomplete(uid: Uid): boolean {
    return this.#incomplete.has(uid);
  }

  /** Metadata at `path` if they have this digest. Throws `bad-input` when they are none. */
  metadata(path: string, digest: Digest): SentMetadata | undefined {
    const stamp = stampOf(path);
    const known = this.#metadata.get(path);
    if (known && known.stamp === stamp && known.digest === digest) return known.sent;
    const other = this.#others.get(path);
    if (!stamp || (other?.stamp === stamp && other.digest === digest)) return undefined;
    const bytes = readSmall(path);
    if (!bytes || digestOf(bytes) !== digest || stampOf(path) !== stamp) {
      this.#others.set(path, { stamp, digest });
      return undefined;
    }
    checkPropertyCount(bytes);
    const entry = decodeEntry(bytes);
    const sent = { content: entry.content, mark: keptMarkOf(entry) };
    this.#isDurable = false;
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
    const isThere = await listed(folder, spend);
    for (const [uid, digest] of changed) {
      if (!isThere(`${uid}${METADATA_SUFFIX}`)) {
        this.#incomplete.add(uid);
        if (this.#incomplete.size % MANY === 0) await spend(0);
        continue;
      }
      const { metadata, content } = inEntry(folder, uid);
      const sent = this.metadata(metadata, digest);
      await spend(sizeOf(metadata));
      if (sent?.content && sizeOf(content) === sent.content.size) {
        await this.#hash(content, spend);
      }
      const isWhole = sent?.content
        ? this.#content.get(content)?.digest === sent.content.digest
        : sent !== undefined;
      if (!isWhole) this.#incomplete.add(uid);
    }
    this.#wasReadAhead = true;
  }

  /** A small file is read in one go: the way through a thread takes five times as long. */
  async #digest(path: string, spend: Spend): Promise<{ digest: Digest }> {
    const bytes = sizeOf(path) <= SMALL_BYTES ? readSmall(path) : undefined;
    if (!bytes) return await digestInPieces(path, spend);
    await spend(bytes.length);
    return { digest: digestOf(bytes) };
  }

  async #hash(path: string, spend: Spend): Promise<void> {
    this.#content.delete(path);
    const stamp = stampOf(path);
    if (!stamp) return;
    const { digest } = await this.#digest(path, spend);
    // The name may have led to another file while this one was read.
    if (stampOf(path) !== stamp) return;
    this.#isDurable = false;
    this.#content.set(path, { stamp, digest });
  }
}

function changed(path: string): DsError {
  return new DsError('bad-input', `${basename(path)} was changed after it had arrived`, {
    hint: 'the next backup sends it again',
  });
}

/** Of what takes next to no time, so many are done in one go: to pause takes longer than each of them. */
const MANY = 64;
/** So many names are kept in memory; a folder with more has strange ones. */
const MAX_NAMES = 4 * MAX_ENTRIES;

/** Tells whether a name may be in the folder: to look for each costs ten times as much as to list them. */
async function listed(folder: string, spend: Spend): Promise<(name: string) => boolean> {
  const names = new Set<string>();
  for await (const { name } of await opendir(folder, { bufferSize: 256 })) {
    names.add(name);
    if (names.size > MAX_NAMES) return () => true;
    if (names.size % MANY === 0) await spend(0);
  }
  return (name) => names.has(name);
}

/** Of a file that a session wrote: whatever may be there, only a small regular file is read. */
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
