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
import type { Clock } from '../shared/clock.ts';
import { propertyText } from '../shared/entry.ts';
import { isErrno } from '../shared/errors.ts';
import type { Digest, Uid } from '../shared/ids.ts';
import { newestMoment, type TreeEntry } from '../shared/journal-tree.ts';
import { pacemaker } from '../shared/pacemaker.ts';
import { type Problem, problemOf } from './changes.ts';
import { batchFolder, inBatch } from './paths.ts';
import type { KnownEntry } from './state.ts';
import { lastingSignature, readVersion, type Version } from './version.ts';

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

/** How often an entry that is being written to is read, and how long to wait between, in ms. */
const TRIES = 4;
const BETWEEN_TRIES_MS = 150;
/** An entry whose size is not what it says is taken as it is after this quiet time, in ms. */
const QUIET_MS = 5000;
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
  const restless: { entry: TreeEntry; version: Version }[] = [];
  const pause = pacemaker(SLICE_MS);
  for (const entry of entries) {
    options.signal.throwIfAborted();
    const version = await stageEntry(entry, batch, options);
    if (version) restless.push({ entry, version });
    if (isFull(batch, options)) {
      yield batch;
      batch = open();
    }
    await pause();
  }
  if (restless.length > 0) await options.clock.sleep(QUIET_MS, options.signal);
  for (const { entry, version } of restless) {
    await stageRestless(entry, version, batch, options);
    if (isFull(batch, options)) {
      yield batch;
      batch = open();
    }
  }
  if (batch.versions.size > 0) yield batch;
  else rmSync(batch.folder, { recursive: true, force: true });
}

/** Returns a version that is to be looked at once more later; undefined when the entry is done. */
async function stageEntry(
  entry: TreeEntry,
  batch: Batch,
  options: StageOptions,
): Promise<Version | undefined> {
  for (let tries = 1; ; tries += 1) {
    let version: Version;
    try {
      version = await pinAndRead(entry, batch, options);
    } catch (error) {
      dropFiles(batch, entry.uid);
      const problem = problemOf(entry, error);
      if (problem) options.onProblem(problem);
      return undefined;
    }
    const quiet = options.moment - newestMoment(version.signature) >= BigInt(QUIET_MS) * 1_000_000n;
    if (version.doubt === 'none' || (version.doubt === 'wrong-size' && quiet)) {
      accept(entry.uid, version, batch, options);
      return undefined;
    }
    dropFiles(batch, entry.uid);
    if (tries === TRIES) return version;
    await options.clock.sleep(BETWEEN_TRIES_MS, options.signal);
  }
}

async function stageRestless(
  entry: TreeEntry,
  before: Version,
  batch: Batch,
  options: StageOptions,
): Promise<void> {
  try {
    const version = await pinAndRead(entry, batch, options);
    const same = version.signature === before.signature;
    if (version.doubt === 'none' || (version.doubt === 'wrong-size' && same)) {
      return accept(entry.uid, version, batch, options);
    }
    const problem = `Journal entry ${entry.uid} is being written to all the time`;
    options.onProblem({ uid: entry.uid, problem });
  } catch (error) {
    const problem = problemOf(entry, error);
    if (problem) options.onProblem(problem);
  }
  dropFiles(batch, entry.uid);
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
