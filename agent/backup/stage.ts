/**
 * Prepares what changed for sending: content as hard links, properties folded into one file, in
 * batches. An entry is staged whole or not at all; one that is being written to is read again (A8).
 */
import {
  copyFileSync,
  constants as fsConstants,
  linkSync,
  mkdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import type { Clock } from '../../shared/clock.ts';
import { isErrno } from '../../shared/errors.ts';
import type { Digest, Uid } from '../../shared/ids.ts';
import { propertyText } from '../../shared/journal/entry.ts';
import { newestMoment, type Signature, type TreeEntry } from '../../shared/journal/journal-tree.ts';
import { pacemaker } from '../../shared/system/pacemaker.ts';
import { type Problem, problemOf } from '../journal/problem.ts';
import { lastingSignature, readVersion, type Version } from '../journal/read-entry.ts';
import { batchFolder, inBatch } from '../paths.ts';
import type { KnownEntry } from '../state.ts';

/** What of a version has to travel. */
export type Need = 'nothing' | 'metadata' | 'all';

export interface StageOptions {
  /** The staging folder; each batch is a folder in it. */
  folder: string;
  batch: { bytes: number; entries: number };
  /** The file system's time before anything was read, in nanoseconds since 1970. */
  moment: bigint;
  clock: Clock;
  signal: AbortSignal;
  need: (uid: Uid, digest: Digest, content: Digest | null) => Need;
  /** Every entry that was read whole, also when nothing of it has to travel. */
  onRead: (uid: Uid, known: KnownEntry, title: string) => void;
  onProblem: (problem: Problem) => void;
}

export interface Batch {
  folder: string;
  versions: Map<Uid, Digest>;
  /** Of its files. */
  bytes: number;
}

/**
 * How long an entry must have been left alone, in milliseconds: the datastore writes one property after
 * the other and then the content, so that what lies still while it is read may be half of a change.
 */
const SETTLED_MS = 1000;
/** An entry whose size is not what it says is taken as it is after so many times of that. */
const QUIET_ROUNDS = 5;
/** How long to work in one go before timers and signals get their turn, in milliseconds. */
const SLICE_MS = 20;

/** Stages the entries, batch by batch; the next one is begun when it is asked for. */
export async function* stageBatches(
  entries: Iterable<TreeEntry>,
  options: StageOptions,
): AsyncGenerator<Batch> {
  let number = 0;
  const open = (): Batch => {
    number += 1;
    const folder = batchFolder(options.folder, number);
    rmSync(folder, { recursive: true, force: true }); // of an earlier round of this run
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return { folder, versions: new Map(), bytes: 0 };
  };
  let batch = open();
  let restless: Restless[] = [];
  const pause = pacemaker(SLICE_MS);
  for (const entry of entries) {
    options.signal.throwIfAborted();
    const left = await stageEntry({ entry, rounds: ageInRounds(options.moment) }, batch, options);
    if (left) restless.push(left);
    if (isFull(batch, options)) {
      yield batch;
      batch = open();
    }
    await pause();
  }
  for (let round = 1; restless.length > 0 && round <= QUIET_ROUNDS; round += 1) {
    await options.clock.sleep(SETTLED_MS, options.signal);
    const still: Restless[] = [];
    for (const one of restless) {
      const left = await stageEntry({ entry: one.entry, rounds: sinceLast(one) }, batch, options);
      if (left) still.push(left);
      if (isFull(batch, options)) {
        yield batch;
        batch = open();
      }
    }
    restless = still;
  }
  for (const { entry } of restless) {
    const problem = `Journal entry ${entry.uid} is being written to all the time`;
    options.onProblem({ uid: entry.uid, problem });
  }
  if (batch.versions.size > 0) yield batch;
  else rmSync(batch.folder, { recursive: true, force: true });
}

/** Seen, and perhaps not settled: to be looked at again. */
interface Restless {
  entry: TreeEntry;
  signature: Signature;
  /** For how long it is known to be as it is, in units of `SETTLED_MS`. */
  rounds: number;
}

/** One look at an entry, and how long it has been left alone if it looks so. */
interface Look {
  entry: TreeEntry;
  rounds: (signature: Signature) => number;
}

/** By the file system's time, at the first look. */
const ageInRounds = (moment: bigint) => (signature: Signature) =>
  Math.max(0, Number(moment - newestMoment(signature)) / 1e6 / SETTLED_MS);

/** By our own, which a change in the future does not disturb. */
const sinceLast = (last: Restless) => (signature: Signature) =>
  signature === last.signature ? last.rounds + 1 : 0;

/** Returns the entry if it is to be looked at again, undefined when it is done. */
async function stageEntry(
  { entry, rounds }: Look,
  batch: Batch,
  options: StageOptions,
): Promise<Restless | undefined> {
  try {
    const version = await pinAndRead(entry, batch, options);
    const { doubt, signature } = version;
    const quiet = rounds(signature);
    if ((doubt === 'none' && quiet >= 1) || (doubt === 'wrong-size' && quiet >= QUIET_ROUNDS)) {
      accept(entry.uid, version, batch, options);
      return undefined;
    }
    dropFiles(batch, entry.uid);
    return { entry, signature, rounds: quiet };
  } catch (error) {
    dropFiles(batch, entry.uid);
    const problem = problemOf(entry, error);
    if (problem) options.onProblem(problem);
    return undefined;
  }
}

/** Links the content before reading it: whatever the datastore does, this content stays. */
function pinAndRead(entry: TreeEntry, batch: Batch, options: StageOptions): Promise<Version> {
  return readVersion(entry, options.signal, (path) => {
    const { content } = inBatch(batch.folder, entry.uid);
    linkOrCopy(path, content);
    return content;
  });
}

function accept(uid: Uid, version: Version, batch: Batch, options: StageOptions): void {
  const { digest, entry, metadata } = version;
  const content = entry.content?.digest ?? null;
  const files = inBatch(batch.folder, uid);
  const need = options.need(uid, digest, content);
  if (need !== 'all') rmSync(files.content, { force: true });
  if (need !== 'nothing') {
    writeFileSync(files.metadata, metadata);
    batch.versions.set(uid, digest);
    batch.bytes += metadata.length + (need === 'all' ? (entry.content?.size ?? 0) : 0);
  }
  const signature = lastingSignature(version.signature, options.moment);
  options.onRead(uid, { signature, digest, content }, propertyText(entry, 'title') ?? '');
}

function isFull(batch: Batch, { batch: limit }: StageOptions): boolean {
  return batch.bytes >= limit.bytes || batch.versions.size >= limit.entries;
}

function dropFiles(batch: Batch, uid: Uid): void {
  for (const path of Object.values(inBatch(batch.folder, uid))) rmSync(path, { force: true });
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (!isErrno(error, 'EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'ENOSYS')) throw error;
    copyFileSync(from, to, fsConstants.COPYFILE_FICLONE);
  }
}
