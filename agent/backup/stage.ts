/**
 * Prepares what changed for sending: content as hard links, properties folded into one file, in
 * batches. An entry is staged whole or not at all; one that is being written to is read again later.
 */
import { existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { Clock } from '../../shared/clock.ts';
import { isErrno } from '../../shared/errors.ts';
import type { Digest, Uid } from '../../shared/ids.ts';
import { propertyText } from '../../shared/journal/entry.ts';
import {
  newestMoment,
  type Signature,
  type TreeEntry,
  unreadable,
} from '../../shared/journal/journal-tree.ts';
import { pacemaker } from '../../shared/system/pacemaker.ts';
import { copySparsely } from '../../shared/system/sparse.ts';
import { FRESHNESS, type Freshness } from '../freshness.ts';
import { type AtBase, judgeFlaw } from '../journal/flaw.ts';
import { type Problem, problemOf } from '../journal/problem.ts';
import { lastingSignature, readVersion, type Version } from '../journal/read-entry.ts';
import { batchFolder, inBatch } from '../paths.ts';
import type { KnownEntry } from '../state.ts';

/** What of a version has to be sent. */
export type Need = 'nothing' | 'metadata' | 'all';

export interface StageOptions {
  /** The staging folder; each batch is a folder in it. */
  folder: string;
  batch: { bytes: number; entries: number };
  /** The file system's time before anything was read, in nanoseconds since 1970. */
  moment: bigint;
  clock: Clock;
  /** How long an entry must have been left alone; the ordinary values by default. */
  freshness?: Freshness;
  signal: AbortSignal;
  need: (uid: Uid, digest: Digest, content: Digest | null) => Need;
  /** The version that the school has; undefined where it has none. See `judgeFlaw`. */
  base?: (uid: Uid) => AtBase | undefined;
  /** Called for every entry that was read whole, also when nothing of it has to be sent. */
  onRead: (uid: Uid, known: KnownEntry, title: string) => void;
  onProblem: (problem: Problem) => void;
}

export interface Batch {
  folder: string;
  versions: Map<Uid, Digest>;
  /** Of its files. */
  bytes: number;
}

/** An entry that looks unfinished is taken as it is after so many settled times. */
const UNFINISHED_ROUNDS = 5;
/** How long to work in one go before timers and signals get a turn, in milliseconds. */
const SLICE_MS = 20;

/** Stages the entries, batch by batch; the next one is begun when it is asked for. */
export async function* stageBatches(
  entries: Iterable<TreeEntry>,
  options: StageOptions,
): AsyncGenerator<Batch> {
  const { clock, signal, onProblem, freshness: { settledMs } = FRESHNESS } = options;
  const pause = pacemaker(SLICE_MS);
  let number = 1;
  let batch = openBatch(options, number);
  let looks: Iterable<Look> = firstLooks(entries, options.moment);
  let unsettled: Unsettled[] = [];
  for (let round = 0; round <= UNFINISHED_ROUNDS; round += 1) {
    if (round > 0) await clock.sleep(settledMs, signal);
    unsettled = [];
    for (const look of looks) {
      signal.throwIfAborted();
      const left = await stageEntry(look, batch, options);
      if (left) unsettled.push(left);
      if (isFull(batch, options)) {
        yield batch;
        number += 1;
        batch = openBatch(options, number);
      }
      await pause();
    }
    if (unsettled.length === 0) break;
    looks = unsettled.map((last) => laterLook(last, settledMs));
  }
  for (const { entry } of unsettled) {
    const problem = `Journal entry ${entry.uid} is being written to all the time`;
    onProblem({ uid: entry.uid, problem });
  }
  if (batch.versions.size > 0) yield batch;
  else rmSync(batch.folder, { recursive: true, force: true });
}

function openBatch(options: StageOptions, number: number): Batch {
  const folder = batchFolder(options.folder, number);
  rmSync(folder, { recursive: true, force: true }); // of an earlier round of this run
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return { folder, versions: new Map(), bytes: 0 };
}

/** An entry to read, and for how long it has been left alone, in milliseconds, if it looks so. */
interface Look {
  entry: TreeEntry;
  calmMs: (signature: Signature) => number;
}

/** An entry that was read and had not been left alone for long enough: to be read again. */
interface Unsettled {
  entry: TreeEntry;
  signature: Signature;
  calmMs: number;
}

/** At the first look the time comes from time stamps and the file system's clock. */
function* firstLooks(entries: Iterable<TreeEntry>, moment: bigint): Generator<Look> {
  const calmMs = (signature: Signature) =>
    Math.max(0, Number(moment - newestMoment(signature)) / 1e6);
  for (const entry of entries) yield { entry, calmMs };
}

/** Later it is counted by our own waits, so that a time stamp in the future does no harm. */
function laterLook({ entry, signature: last, calmMs }: Unsettled, waitedMs: number): Look {
  return { entry, calmMs: (signature) => (signature === last ? calmMs + waitedMs : 0) };
}

/** Returns the entry if it has to be read again, undefined when it is done. */
async function stageEntry(
  { entry, calmMs }: Look,
  batch: Batch,
  options: StageOptions,
): Promise<Unsettled | undefined> {
  const { settledMs } = options.freshness ?? FRESHNESS;
  try {
    const version = await pinAndRead(entry, batch, options);
    const { doubt, signature } = version;
    const calm = calmMs(signature);
    const isSettled = doubt === 'none' && calm >= settledMs;
    const staysSo = doubt !== 'torn' && calm >= UNFINISHED_ROUNDS * settledMs;
    if (isSettled || staysSo) {
      accept(entry.uid, version, batch, options);
      return undefined;
    }
    dropFiles(batch, entry.uid);
    return { entry, signature, calmMs: calm };
  } catch (error) {
    dropFiles(batch, entry.uid);
    // Its content was replaced between two looks, or the entry is gone; the next look tells.
    if (isErrno(error, 'ENOENT') && existsSync(entry.path)) {
      return { entry, signature: '', calmMs: 0 };
    }
    const problem = problemOf(entry, error);
    if (problem) options.onProblem(problem);
    return undefined;
  }
}

/** Links the content before reading it, so that what is sent is what was read. */
function pinAndRead(entry: TreeEntry, batch: Batch, options: StageOptions): Promise<Version> {
  return readVersion(entry, options.signal, (path) => {
    const { content } = inBatch(batch.folder, entry.uid);
    linkOrCopy(entry, path, content);
    return content;
  });
}

function accept(uid: Uid, version: Version, batch: Batch, options: StageOptions): void {
  const { digest, entry, metadata, oddities, unread } = version;
  const flaw = judgeFlaw(entry, options.base?.(uid), unread);
  if (flaw) {
    const isTaken = flaw.use === 'as-is';
    const problem = flaw.why.includes(uid) ? flaw.why : `Journal entry ${uid}: ${flaw.why}`;
    options.onProblem({ uid, problem, ...(isTaken && { partial: true }) });
    if (!isTaken) {
      dropFiles(batch, uid);
      return;
    }
  }
  for (const problem of oddities) options.onProblem({ uid, problem, partial: true });
  const content = entry.content?.digest ?? null;
  const files = inBatch(batch.folder, uid);
  const need = options.need(uid, digest, content);
  if (need !== 'all') rmSync(files.content, { force: true });
  if (need !== 'nothing') {
    writeFileSync(files.metadata, metadata);
    batch.versions.set(uid, digest);
    batch.bytes += metadata.length + (need === 'all' ? (entry.content?.size ?? 0) : 0);
  }
  const lasting = lastingSignature(version.signature, options.moment, options.freshness);
  const signature = unread.length === 0 ? lasting : null; // the disk may give it later
  options.onRead(uid, { signature, digest, content }, propertyText(entry, 'title') ?? '');
}

function isFull(batch: Batch, { batch: limit }: StageOptions): boolean {
  return batch.bytes >= limit.bytes || batch.versions.size >= limit.entries;
}

function dropFiles(batch: Batch, uid: Uid): void {
  for (const path of Object.values(inBatch(batch.folder, uid))) rmSync(path, { force: true });
}

function linkOrCopy(entry: TreeEntry, from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (!isErrno(error, 'EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'ENOSYS')) throw error;
    try {
      copySparsely(from, to);
    } catch (cause) {
      if (!isErrno(cause, 'ENOSPC', 'EDQUOT')) throw cause;
      throw unreadable(entry, 'there is no room for a copy of its content'); // others may be smaller
    }
  }
}
