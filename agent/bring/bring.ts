/**
 * Brings the things of a takeaway into the living Journal, as a restore does: what is there stays, a different
 * version comes beside it, and each entry is compared with its digests before and after. Killed or cancelled,
 * the next run goes on. Needs no school server.
 */
import { createWriteStream, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DsError } from '../../shared/errors.ts';
import { type Digest, parseSnapshotName, snapshotMinute, type Uid } from '../../shared/ids.ts';
import { MAX_METADATA_BYTES } from '../../shared/journal/entry.ts';
import { MAX_ENTRIES } from '../../shared/journal/sums.ts';
import {
  checkHead,
  parseTakenEntries,
  TAKEAWAY,
  type TakenEntry,
} from '../../shared/journal/takeaway.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import type { Context } from '../context.ts';
import { Datastore } from '../journal/datastore.ts';
import { refuseFirstLayout } from '../journal/each-layout.ts';
import { readLocalVersions } from '../journal/local-versions.ts';
import { flushFileSystem } from '../journal/placement.ts';
import { removeStaleNames } from '../journal/sugar-optimizer.ts';
import { explainDatastore } from '../laptop-full.ts';
import { batchFolder, inBatch } from '../paths.ts';
import { emptyFolder, freeBytes, takeLock } from '../profile.ts';
import { Meter } from '../progress.ts';
import { DatastoreWriter } from '../restore/datastore-writer.ts';
import { type FetchedBatch, readVerified } from '../restore/fetch.ts';
import { type Counts, Outcomes } from '../restore/outcomes.ts';
import { nextBatch, planRestore, type Step } from '../restore/plan.ts';
import { openState } from '../state.ts';
import { prepareProfile } from '../workplace.ts';
import { ZipReader } from './zip-file.ts';

export interface BringOptions {
  /** Also what had been removed from the Journal before. */
  removed: boolean;
}

/** The largest list of a takeaway, in bytes: some hundred for each entry. */
const MAX_LIST_BYTES = 512 * MAX_ENTRIES;
const MAX_HEAD_BYTES = 1024 * 1024;

/** Throws `bad-input` for a file that is no takeaway; a damaged entry is a problem of this entry. */
export async function bring(
  context: Context,
  file: string,
  { removed }: BringOptions,
): Promise<Counts> {
  await using archive = await ZipReader.open(resolve(file));
  const taken = await readTaken(archive, removed);
  using _room = prepareProfile(context, 'own-room');
  await using _lock = await takeLock(context);
  const meter = new Meter(context.onProgress);
  await using state = await openState(context.paths.state);
  refuseFirstLayout(context.paths);
  await using datastore = new Datastore(context.env, context.signal);
  await datastore.count(); // starts it where it does not run, and makes an empty Journal
  removeStaleNames(context.paths);
  emptyFolder(context.paths.restore);
  try {
    meter.phase('scanning');
    const local = await readLocalVersions(context, state, context.paths.restore);
    const plan = planRestore({
      ...wantedOf(taken, archive),
      local,
      restored: new Map(),
      kept: NONE,
    });
    meter.phase('fetching');
    meter.expect(taken.size, plan.bytes);
    meter.batch().done(plan.alreadyHere.length, 0);
    const outcomes = new Outcomes(meter, undefined, plan.alreadyHere.length);
    const snapshot = parseSnapshotName(snapshotMinute(context.clock.now()));
    const target = { snapshot, toTop: false };
    const writer = new DatastoreWriter({ context, state, datastore, target, outcomes }, undefined);
    for await (const batch of extract(context, archive, taken, plan.steps)) {
      outcomes.counts.problems.push(...batch.problems);
      await writer.write(batch.folder, batch.ready);
      await flushFileSystem(context, context.paths.journal);
      rmSync(batch.folder, { recursive: true, force: true });
      failpoint('bring.batch');
    }
    await writer.finish();
    meter.finish();
    return outcomes.counts;
  } catch (error) {
    throw explainDatastore(error, () => freeBytes(context.paths.profile));
  } finally {
    // After a stop the datastore may still want a file; the next run empties the folder.
    if (!context.signal.aborted) rmSync(context.paths.restore, { recursive: true, force: true });
  }
}

/** What is at school only is in the archive: it counts as not here. */
const NONE: ReadonlyMap<Uid, Digest> = new Map();

async function readTaken(
  archive: ZipReader,
  removed: boolean,
): Promise<ReadonlyMap<Uid, TakenEntry>> {
  checkHead((await archive.read(TAKEAWAY.head, MAX_HEAD_BYTES)).toString('utf8'));
  const list = (await archive.read(TAKEAWAY.entries, MAX_LIST_BYTES)).toString('utf8');
  const entries = parseTakenEntries(list).filter(({ place }) => {
    return place === 'journal' || (removed && place === 'removed');
  });
  return new Map(entries.map((entry) => [entry.uid, entry]));
}

function wantedOf(taken: ReadonlyMap<Uid, TakenEntry>, archive: ZipReader) {
  const wanted = new Map([...taken].map(([uid, { digest }]) => [uid, digest]));
  const sizes = new Map(
    [...taken].map(([uid, { digest, file }]) => {
      const content = file === null ? 0 : (archive.sizeOf(file) ?? 0);
      return [uid, content + (archive.sizeOf(TAKEAWAY.metadata(digest)) ?? 0)];
    }),
  );
  return { wanted, sizes };
}

/** Takes the entries out of the archive, batch by batch, as far as there is room for them. */
async function* extract(
  context: Context,
  archive: ZipReader,
  taken: ReadonlyMap<Uid, TakenEntry>,
  steps: readonly Step[],
): AsyncGenerator<FetchedBatch> {
  const { paths, signal } = context;
  let from = 0;
  for (let number = 1; from < steps.length; number += 1) {
    const count = nextBatch(steps, from, number, freeBytes(paths.profile));
    const folder = batchFolder(paths.restore, number);
    emptyFolder(folder);
    const batch: FetchedBatch = { folder, ready: [], problems: [], receivedBytes: 0 };
    for (const step of steps.slice(from, from + count)) {
      signal.throwIfAborted();
      try {
        await takeOut(archive, taken.get(step.uid)?.file ?? null, step, folder);
        batch.ready.push(await readVerified(step, folder, signal));
      } catch (error) {
        if (!(error instanceof DsError)) throw error;
        batch.problems.push({ uid: step.uid, problem: error.message });
        for (const path of Object.values(inBatch(folder, step.uid))) rmSync(path, { force: true });
      }
    }
    yield batch;
    from += count;
  }
}

async function takeOut(
  archive: ZipReader,
  file: string | null,
  { uid, digest }: Step,
  folder: string,
): Promise<void> {
  const files = inBatch(folder, uid);
  const metadata = await archive.read(TAKEAWAY.metadata(digest), MAX_METADATA_BYTES);
  writeFileSync(files.metadata, metadata, { mode: 0o600 });
  if (file === null) return;
  await pipeline(
    Readable.from(archive.stream(file), { objectMode: false }),
    createWriteStream(files.content, { flags: 'wx', mode: 0o600 }),
  );
}
