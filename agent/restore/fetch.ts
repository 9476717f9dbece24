/**
 * Fetches entries of a snapshot, one batch ahead of the one being written, and passes on only those whose
 * digests agree.
 */
import { chmodSync, lstatSync, readFileSync, rmSync } from 'node:fs';
import { DsError } from '../../shared/errors.ts';
import {
  decodeEntry,
  digestFile,
  digestOf,
  type Entry,
  MAX_METADATA_BYTES,
} from '../../shared/journal/entry.ts';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import type { Context } from '../context.ts';
import type { Problem } from '../journal/problem.ts';
import { batchFolder, inBatch } from '../paths.ts';
import { emptyFolder, freeBytes } from '../profile.ts';
import type { BatchMeter, Meter } from '../progress.ts';
import type { Session } from '../school/session.ts';
import { fetchFiles, type Source } from '../wire/rsync.ts';
import { nextBatch, type Step } from './plan.ts';

/** As activities write it; the school's copies are read-only. */
const CONTENT_MODE = 0o644;

export interface Fetched {
  step: Step;
  entry: Entry;
  /** The content's file; empty for an entry that has none. */
  file: string;
}

export interface FetchedBatch {
  folder: string;
  ready: Fetched[];
  problems: Problem[];
  receivedBytes: number;
}

/** Fetches all steps, batch by batch; the next one is begun when it is asked for. */
export async function* fetchBatches(
  context: Context,
  session: Session,
  source: Source,
  steps: readonly Step[],
  meter: Meter,
): AsyncGenerator<FetchedBatch> {
  let from = 0;
  for (let number = 1; from < steps.length; number += 1) {
    const count = nextBatch(steps, from, number, freeBytes(context.paths.profile));
    const folder = batchFolder(context.paths.restore, number);
    emptyFolder(folder);
    const batch = steps.slice(from, from + count);
    yield await fetchBatch(context, session, source, batch, folder, meter.batch());
    from += count;
  }
}

/** Fetches these entries into an empty folder. */
export async function fetchBatch(
  context: Context,
  session: Session,
  source: Source,
  steps: readonly Step[],
  folder: string,
  meter: BatchMeter,
): Promise<FetchedBatch> {
  const batch: FetchedBatch = { folder, ready: [], problems: [], receivedBytes: 0 };
  let wanted = steps;
  const total = steps.reduce((sum, step) => sum + step.bytes, 0);
  // The other half counts when it is in the Journal.
  const onFraction = (part: number) => meter.bytes(Math.floor((part * total) / 2));
  // What arrived damaged is fetched once more: the connection may have damaged it.
  for (const last of [false, true]) {
    if (wanted.length === 0) break;
    const names = wanted.flatMap(({ uid }) => [`${uid}${METADATA_SUFFIX}`, uid]);
    const { bytes } = await fetchFiles(
      context,
      session.connection,
      source,
      names,
      folder,
      onFraction,
    );
    batch.receivedBytes += bytes;
    const damaged: Step[] = [];
    for (const step of wanted) {
      try {
        batch.ready.push(await readVerified(step, folder, context.signal));
      } catch (error) {
        if (!(error instanceof DsError)) throw error;
        if (last) batch.problems.push({ uid: step.uid, problem: error.message });
        damaged.push(step);
        for (const path of Object.values(inBatch(folder, step.uid))) rmSync(path, { force: true });
      }
    }
    wanted = damaged;
  }
  meter.done(0, Math.floor(total / 2));
  failpoint('restore.fetched');
  return batch;
}

/** Reads a fetched entry and compares it with its digests. Throws `damaged` or `bad-input`. */
export async function readVerified(
  step: Step,
  folder: string,
  signal: AbortSignal,
): Promise<Fetched> {
  const files = inBatch(folder, step.uid);
  const bytes = readArrived(folder, step);
  rmSync(files.metadata);
  const entry = decodeEntry(bytes);
  if (!entry.content) return { step, entry, file: '' };
  if (!isPlainFile(files.content)) throw damaged(step, 'its content did not arrive');
  const content = await digestFile(files.content, signal);
  if (content.digest !== entry.content.digest || content.size !== entry.content.size) {
    throw damaged(step, 'its content is damaged');
  }
  chmodSync(files.content, CONTENT_MODE);
  return { step, entry, file: files.content };
}

/** The properties of a fetched entry, as bytes. Throws `damaged` where they are not what is wanted. */
export function readArrived(folder: string, wanted: Pick<Step, 'uid' | 'digest'>): Buffer {
  const { metadata } = inBatch(folder, wanted.uid);
  if (!isPlainFile(metadata)) throw damaged(wanted, 'its properties did not arrive');
  if (lstatSync(metadata).size > MAX_METADATA_BYTES) {
    throw damaged(wanted, 'its properties are too large');
  }
  const bytes = readFileSync(metadata);
  if (digestOf(bytes) !== wanted.digest) throw damaged(wanted, 'its properties are damaged');
  return bytes;
}

function isPlainFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function damaged({ uid }: Pick<Step, 'uid'>, why: string): DsError {
  return new DsError('damaged', `entry ${uid} on the school server: ${why}`);
}
