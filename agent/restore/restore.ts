/**
 * Brings a snapshot, or one entry of it, back into the living Journal (A9, A10). It only adds: what
 * is there stays, and an older version comes beside it. Cancelled or killed, the next one goes on.
 */
import { rmSync } from 'node:fs';
import { asDsError, DsError } from '../../shared/errors.ts';
import type { Digest, Serial, SnapshotName, Uid } from '../../shared/ids.ts';
import type { Versions } from '../../shared/journal/sums.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { forEachConcurrently } from '../concurrently.ts';
import type { Context } from '../context.ts';
import { Datastore } from '../journal/datastore.ts';
import { flushFileSystem } from '../journal/placement.ts';
import { problemOf } from '../journal/problem.ts';
import { lastingSignature, readVersion } from '../journal/read-entry.ts';
import { fileSystemMoment, scanJournal } from '../journal/scan.ts';
import { healIndex } from '../journal/sugar-index.ts';
import { emptyFolder, prepareProfile, takeLock } from '../profile.ts';
import { Meter } from '../progress.ts';
import { openSession, type Session } from '../school/session.ts';
import { type KnownEntry, type Origin, openState, type State } from '../state.ts';
import type { Source } from '../wire/rsync.ts';
import { type Fetched, type FetchedBatch, fetchBatches } from './fetch.ts';
import { type Placer, placerFor } from './place.ts';
import { type Plan, planRestore } from './plan.ts';
import { Tally } from './tally.ts';
import { Applier, type Counts } from './update.ts';

export interface RestoreRequest {
  /** Whose; undefined for this laptop's own. */
  of: Serial | undefined;
  /** Undefined for the newest. */
  snapshot: SnapshotName | undefined;
  /** Only this one; undefined for all. */
  entry: Uid | undefined;
  wait: boolean;
}

export interface RestoreSummary extends Counts {
  snapshot: SnapshotName;
}

/** What came before a stop is flushed, counted and shown within this; a stop takes two seconds (S3). */
const KEEP_AFTER_STOP_MS = 1200;
/** Calls to the datastore at once: four bring 270 entries a second, one 172 (measured). */
const IN_FLIGHT = 4;

export async function restore(context: Context, request: RestoreRequest): Promise<RestoreSummary> {
  prepareProfile(context);
  await using _lock = await takeLock(context);
  await using state = await openState(context.paths.state);
  await using datastore = new Datastore(context.env, context.signal);
  await datastore.count(); // starts it where it does not run, and makes an empty Journal
  await using session = await openSession(context, { purpose: 'restore', wait: request.wait });
  emptyFolder(context.paths.restore);
  try {
    const isSingle = request.entry !== undefined;
    return await new Restore(context, state, datastore, session, isSingle).run(request);
  } finally {
    // After a stop the datastore may still want a file; the next restore empties the folder.
    if (!context.signal.aborted) rmSync(context.paths.restore, { recursive: true, force: true });
  }
}

interface Found {
  source: Source;
  wanted: Versions;
  /** Of each, where that is known already. */
  bytes?: ReadonlyMap<Uid, number>;
}

class Restore {
  readonly #context: Context;
  readonly #state: State;
  readonly #datastore: Datastore;
  readonly #session: Session;
  readonly #meter: Meter;
  readonly #applier: Applier;
  #placer: Placer | undefined;

  constructor(
    context: Context,
    state: State,
    datastore: Datastore,
    session: Session,
    isSingle: boolean,
  ) {
    this.#context = context;
    this.#state = state;
    this.#datastore = datastore;
    this.#session = session;
    this.#meter = new Meter(context.onProgress);
    this.#applier = new Applier(context, datastore, { toTop: isSingle });
  }

  async run(request: RestoreRequest): Promise<RestoreSummary> {
    const { of } = request;
    const snapshot = request.snapshot ?? (await this.#newest(of));
    const origin: Origin = { of, snapshot };
    const { source, wanted, bytes } = await this.#find(origin, request.entry);
    const whole = request.entry === undefined;
    const restored: Versions = whole
      ? await this.#state.beginRestore(origin, wanted.size)
      : new Map();
    this.#meter.phase('scanning');
    const local = await this.#readLocal();
    const first = planRestore({ wanted, local, restored, sizes: new Map() });
    const tally = new Tally(this.#context, this.#state, origin);
    if (whole) await tally.begin(restored, only(wanted, first.alreadyHere));
    const sizes = bytes ?? (await this.#askSizes(origin, first));
    const plan = planRestore({ wanted, local, restored, sizes });
    this.#applier.counts.alreadyHere = plan.alreadyHere.length;
    failpoint('restore.planned');
    this.#meter.phase('fetching');
    this.#meter.expect(wanted.size, plan.bytes);
    this.#meter.batch().done(plan.alreadyHere.length, 0);
    this.#placer = placerFor(this.#context, this.#state, this.#datastore, this.#applier, tally, {
      ...{ single: !whole, steps: plan.steps.length, local: local.size },
    });
    try {
      const batches = fetchBatches(this.#context, this.#session, source, plan.steps, this.#meter);
      await this.#bringAll(origin, batches, whole ? tally : undefined);
      await this.#showAll();
      // A complete one has waited for the disk batch by batch.
      if (!whole) await flushFileSystem(this.#context, this.#context.paths.journal);
    } catch (error) {
      const signal = AbortSignal.timeout(KEEP_AFTER_STOP_MS);
      const counted = whole ? tally.settle(signal) : undefined;
      await Promise.allSettled([counted, this.#placer?.showWhatCame(signal)]);
      throw error;
    }
    if (whole && this.#applier.counts.problems.length === 0) await this.#state.endRestore(origin);
    this.#meter.finish();
    return { snapshot, ...this.#applier.counts };
  }

  /** What is wanted, and where it is: where cleanup took the snapshot, in the pin made from it (X8). */
  async #find(origin: Origin, entry: Uid | undefined): Promise<Found> {
    const { control, serial } = this.#session;
    const { of, snapshot } = origin;
    try {
      const all = await control.sums(snapshot, of);
      return { source: origin, wanted: entry === undefined ? all : pick(all, entry, snapshot) };
    } catch (error) {
      const isOwn = of === undefined || of === serial;
      if (asDsError(error).code !== 'not-found' || entry === undefined || !isOwn) throw error;
      const { pins } = await control.pins();
      const pin = pins.find((one) => one.uid === entry && one.snapshot === snapshot);
      if (!pin) throw error;
      return {
        source: { of: undefined, pin },
        wanted: new Map([[entry, pin.digest]]),
        bytes: new Map([[entry, pin.bytes]]),
      };
    }
  }

  async #newest(of: Serial | undefined): Promise<SnapshotName> {
    const [newest] = await this.#session.control.snapshots(of);
    if (newest) return newest.name;
    if (of !== undefined) {
      throw new DsError('not-found', `the school server has no snapshot of laptop ${of} for us`);
    }
    throw new DsError('not-found', 'the school server has no snapshot of this laptop', {
      hint: 'a new laptop is given the snapshots of an older one by a teacher',
    });
  }

  /** The versions of all local entries; what was read is remembered for the next backup. */
  async #readLocal(): Promise<Map<Uid, Digest | undefined>> {
    const { paths, signal } = this.#context;
    const scan = await scanJournal(paths, this.#state.entries, () =>
      fileSystemMoment(paths.restore),
    );
    const local = new Map<Uid, Digest | undefined>(scan.unchanged);
    for (const { uid } of scan.problems) local.set(uid, undefined);
    const read = new Map<Uid, KnownEntry>();
    for (const { entry } of scan.toRead) {
      signal.throwIfAborted();
      try {
        const { signature, digest, entry: found, doubt } = await readVersion(entry, signal);
        local.set(entry.uid, digest);
        if (doubt !== 'none') continue;
        const lasting = lastingSignature(signature, scan.moment);
        const content = found.content?.digest ?? null;
        read.set(entry.uid, { signature: lasting, digest, content });
      } catch (error) {
        if (problemOf(entry, error)) local.set(entry.uid, undefined);
      }
    }
    await this.#state.rememberEntries(read, []);
    return local;
  }

  /** What the entries to bring take. One request for every 500 entries of the snapshot. */
  async #askSizes({ of, snapshot }: Origin, { steps }: Plan): Promise<Map<Uid, number>> {
    const sizes = new Map<Uid, number>();
    const open = new Set(steps.map(({ uid }) => uid));
    if (open.size === 0) return sizes;
    for await (const page of this.#session.control.entries(snapshot, of)) {
      for (const { uid, bytes } of page) if (open.delete(uid)) sizes.set(uid, bytes);
      if (open.size === 0) break;
    }
    return sizes;
  }

  /** Puts batch after batch back while the next one is on its way. */
  async #bringAll(
    origin: Origin,
    batches: AsyncGenerator<FetchedBatch>,
    tally?: Tally,
  ): Promise<void> {
    let next = batches.next();
    try {
      for (;;) {
        const { value: batch, done } = await next;
        if (done) return;
        next = batches.next();
        next.catch(() => {}); // awaited in the next round, or below
        await this.#applyBatch(origin, batch, tally);
      }
    } catch (error) {
      await next.catch(() => {});
      throw error;
    }
  }

  async #applyBatch(origin: Origin, batch: FetchedBatch, tally?: Tally): Promise<void> {
    const { counts } = this.#applier;
    counts.receivedBytes += batch.receivedBytes;
    counts.problems.push(...batch.problems);
    const placer = this.#placer;
    const done = ({ step }: Fetched, back: boolean) => {
      this.#meter.batch().done(back ? 1 : 0, Math.ceil(step.bytes / 2));
    };
    const left = placer ? await placer.place(origin, batch, done) : batch.ready;
    await forEachConcurrently(left, IN_FLIGHT, async (fetched) => {
      this.#context.signal.throwIfAborted();
      const { uid, digest } = fetched.step;
      const came = await this.#applier.update(origin.snapshot, fetched);
      if (came) tally?.note(uid, digest);
      done(fetched, came);
    });
    this.#context.signal.throwIfAborted();
    if (!placer) await tally?.settle(); // a placer does it before it shows the next batch
    rmSync(batch.folder, { recursive: true, force: true });
  }

  /** Nothing is back before Sugar shows it. */
  async #showAll(): Promise<void> {
    if (!this.#placer) return healIndex(this.#context, this.#state);
    for (const uid of await this.#placer.finish()) {
      this.#applier.counts.problems.push({ uid, problem: `Sugar does not show the entry ${uid}` });
    }
  }
}

function only(versions: Versions, uids: readonly Uid[]): Map<Uid, Digest> {
  const wanted = new Set(uids);
  return new Map([...versions].filter(([uid]) => wanted.has(uid)));
}

function pick(all: ReadonlyMap<Uid, Digest>, uid: Uid, snapshot: SnapshotName) {
  const digest = all.get(uid);
  if (digest) return new Map([[uid, digest]]);
  throw new DsError('not-found', `${snapshot} has no entry ${uid}`, {
    hint: `"ds-backup entries ${snapshot}" lists them`,
  });
}
