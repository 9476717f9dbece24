/**
 * Restores a snapshot, or one entry of it, into the living Journal. A restore only adds: what is in
 * the Journal stays, and an older version comes beside it. Cancelled or killed, the next one goes on.
 */
import { rmSync } from 'node:fs';
import type { Digest, Serial, SnapshotName, Uid } from '../../shared/ids.ts';
import type { Versions } from '../../shared/journal/sums.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import type { Context } from '../context.ts';
import { Datastore } from '../journal/datastore.ts';
import { refuseFirstLayout } from '../journal/each-layout.ts';
import { keptVersions } from '../journal/kept-marks.ts';
import { readLocalVersions } from '../journal/local-versions.ts';
import { flushFileSystem } from '../journal/placement.ts';
import { removeStaleNames } from '../journal/sugar-optimizer.ts';
import { explainDatastore } from '../laptop-full.ts';
import { emptyFolder, freeBytes, takeLock } from '../profile.ts';
import { Meter } from '../progress.ts';
import { openSession, type Session } from '../school/session.ts';
import { type Origin, openState, type State } from '../state.ts';
import { prepareProfile } from '../workplace.ts';
import { type FetchedBatch, fetchBatches } from './fetch.ts';
import { makeWriter } from './make-writer.ts';
import { type Counts, Outcomes } from './outcomes.ts';
import { planRestore, type Step } from './plan.ts';
import { Tally } from './tally.ts';
import { askFacts, findWanted, newestSnapshot } from './wanted.ts';
import type { Writer } from './writer.ts';

export interface RestoreRequest {
  /** Whose; undefined for this laptop's own. */
  of: Serial | undefined;
  /** Undefined for the newest. */
  snapshot: SnapshotName | undefined;
  /** Only this one; undefined for all. */
  entry: Uid | undefined;
  /** Whether to wait for admission, or to give up with `server-busy`. */
  wait: boolean;
}

export interface RestoreSummary extends Counts {
  snapshot: SnapshotName;
  /** The one entry wanted is here, and its content only at school: nothing was done, fetch it back. */
  isKept: boolean;
}

/**
 * After a stop, what was written is flushed, counted and shown within this, in milliseconds: a stopped
 * run has to end within two seconds.
 */
const KEEP_AFTER_STOP_MS = 1200;

export async function restore(context: Context, request: RestoreRequest): Promise<RestoreSummary> {
  using _room = prepareProfile(context, 'own-room');
  await using _lock = await takeLock(context);
  await using state = await openState(context.paths.state);
  refuseFirstLayout(context.paths);
  await using datastore = new Datastore(context.env, context.signal);
  await datastore.count(); // starts it where it does not run, and makes an empty Journal
  removeStaleNames(context.paths);
  await using session = await openSession(context, { purpose: 'restore', wait: request.wait });
  emptyFolder(context.paths.restore);
  try {
    return await restoreFrom({ context, state, datastore, session }, request);
  } finally {
    // After a stop the datastore may still want a file; the next restore empties the folder.
    if (!context.signal.aborted) rmSync(context.paths.restore, { recursive: true, force: true });
  }
}

interface Run {
  context: Context;
  state: State;
  datastore: Datastore;
  session: Session;
}

async function restoreFrom(
  { context, state, datastore, session }: Run,
  { of, entry, ...request }: RestoreRequest,
): Promise<RestoreSummary> {
  const meter = new Meter(context.onProgress);
  const snapshot = request.snapshot ?? (await newestSnapshot(session, of));
  const origin: Origin = { of, snapshot };
  const { source, versions: wanted, facts } = await findWanted(session, origin, entry);
  const isComplete = entry === undefined;
  const restored = isComplete ? await state.beginRestore(origin, wanted.size) : new Map();
  meter.phase('scanning');
  const local = await readLocalVersions(context, state, context.paths.restore);
  const kept = keptVersions(context.paths);
  const before = { wanted, local, restored, kept };
  const { steps, alreadyHere } = planRestore({ ...before, sizes: new Map() });
  const isKept = entry !== undefined && steps.length === 0 && kept.has(entry);
  const tally = isComplete ? new Tally(context, state, origin) : undefined;
  await tally?.begin(restored, only(wanted, alreadyHere));
  const uids = steps.map(({ uid }) => uid);
  const known = facts ?? (await askFacts(session, origin, uids));
  const sizes = new Map([...known].map(([uid, { bytes }]) => [uid, bytes]));
  const plan = planRestore({ ...before, sizes });
  const ageOf = ({ uid }: Step) => -(known.get(uid)?.timestamp ?? 0);
  plan.steps.sort((a, b) => ageOf(a) - ageOf(b)); // what a child looks for comes first
  failpoint('restore.planned');
  meter.phase('fetching');
  meter.expect(wanted.size, plan.bytes);
  meter.batch().done(alreadyHere.length, 0);
  const outcomes = new Outcomes(meter, tally, alreadyHere.length);
  const target = { snapshot, toTop: !isComplete };
  const options = { context, state, datastore, target, outcomes };
  const writer = makeWriter(options, tally, plan.steps.length, local.size);
  try {
    const batches = fetchBatches(context, session, source, plan.steps, meter);
    await writeAll(batches, writer, outcomes);
    // Nothing is restored before Sugar shows it.
    outcomes.counts.problems.push(...(await writer.finish()).map(notShown));
    // A complete restore has waited for the disk batch by batch.
    if (!isComplete) await flushFileSystem(context, context.paths.journal);
  } catch (error) {
    const signal = AbortSignal.timeout(KEEP_AFTER_STOP_MS);
    await Promise.allSettled([tally?.settle(signal), writer.showWritten(signal)]);
    throw explainDatastore(error, () => freeBytes(context.paths.profile));
  }
  if (isComplete && outcomes.counts.problems.length === 0) await state.endRestore(origin);
  meter.finish();
  return { snapshot, isKept, ...outcomes.counts };
}

/** Writes batch after batch while the next one is being fetched. */
async function writeAll(
  batches: AsyncGenerator<FetchedBatch>,
  writer: Writer,
  { counts }: Outcomes,
): Promise<void> {
  let next = batches.next();
  try {
    for (;;) {
      const { value: batch, done } = await next;
      if (done) return;
      next = batches.next();
      next.catch(() => {}); // awaited in the next round, or below
      counts.receivedBytes += batch.receivedBytes;
      counts.problems.push(...batch.problems);
      await writer.write(batch.folder, batch.ready);
      rmSync(batch.folder, { recursive: true, force: true });
    }
  } catch (error) {
    await next.catch(() => {}); // the first failure is the one to tell
    throw error;
  }
}

function notShown(uid: Uid) {
  return { uid, problem: `Sugar does not show the entry ${uid}` };
}

function only(versions: Versions, uids: readonly Uid[]): Map<Uid, Digest> {
  const wanted = new Set(uids);
  return new Map([...versions].filter(([uid]) => wanted.has(uid)));
}
