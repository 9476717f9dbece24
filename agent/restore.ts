/**
 * Brings a snapshot, or one entry of it, back into the living Journal (A9, A10). It only adds: what
 * is there stays, and an older version comes beside it. Cancelled or killed, the next one goes on.
 */
import { existsSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { DsError } from '../shared/errors.ts';
import { failpoint } from '../shared/failpoint.ts';
import type { Digest, SnapshotName, Uid } from '../shared/ids.ts';
import { fileSystemMoment, type Problem, problemOf, scanJournal } from './changes.ts';
import type { Context } from './context.ts';
import { Datastore } from './datastore.ts';
import { datedEntry, isTornCopy, type Prepared, prepareEntry } from './datastore-entry.ts';
import { inJournal } from './paths.ts';
import { emptyFolder, prepareProfile, takeLock } from './profile.ts';
import { Meter } from './progress.ts';
import { type Fetched, type FetchedBatch, fetchBatches } from './restore-fetch.ts';
import { besideUid, type Plan, planRestore, type Step } from './restore-plan.ts';
import { openSession, type Session } from './session.ts';
import { type KnownEntry, openState, type State } from './state.ts';
import { lastingSignature, readVersion } from './version.ts';

export interface RestoreRequest {
  /** Undefined for the newest. */
  snapshot: SnapshotName | undefined;
  /** Only this one; undefined for all. */
  entry: Uid | undefined;
  wait: boolean;
}

export interface RestoreSummary {
  snapshot: SnapshotName;
  /** Came back under their own names; read again and compared. */
  restored: number;
  /** Came as a dated entry beside a different one; read again and compared. */
  beside: number;
  alreadyHere: number;
  receivedBytes: number;
  /** Did not come back, and why. */
  problems: Problem[];
  /** Came back with something that Sugar's datastore could not have kept. */
  repaired: Problem[];
}

/** Calls to the datastore at once: four bring 270 entries a second, one 172 (measured). */
const IN_FLIGHT = 4;
/** The datastore's optimizer may be at work on an entry just written: look again, after this, ms. */
const LOOKS = 6;
const BETWEEN_LOOKS_MS = 60;

export async function restore(context: Context, request: RestoreRequest): Promise<RestoreSummary> {
  prepareProfile(context);
  await using _lock = await takeLock(context);
  await using state = await openState(context.paths.state);
  await using datastore = new Datastore(context.env, context.signal);
  await datastore.count(); // starts it where it does not run, and makes an empty Journal
  await using session = await openSession(context, { purpose: 'restore', wait: request.wait });
  emptyFolder(context.paths.restore);
  try {
    return await new Restore(context, state, datastore, session).run(request);
  } finally {
    // After a stop the datastore may still want a file; the next restore empties the folder.
    if (!context.signal.aborted) rmSync(context.paths.restore, { recursive: true, force: true });
  }
}

class Restore {
  readonly #context: Context;
  readonly #state: State;
  readonly #datastore: Datastore;
  readonly #session: Session;
  readonly #meter: Meter;
  readonly #summary: Omit<RestoreSummary, 'snapshot'> = {
    restored: 0,
    beside: 0,
    alreadyHere: 0,
    receivedBytes: 0,
    problems: [],
    repaired: [],
  };

  constructor(context: Context, state: State, datastore: Datastore, session: Session) {
    this.#context = context;
    this.#state = state;
    this.#datastore = datastore;
    this.#session = session;
    this.#meter = new Meter(context.onProgress);
  }

  async run(request: RestoreRequest): Promise<RestoreSummary> {
    const snapshot = request.snapshot ?? (await this.#newest());
    const all = await this.#session.control.sums(snapshot);
    const wanted = request.entry === undefined ? all : pick(all, request.entry, snapshot);
    const whole = request.entry === undefined;
    const restored = whole ? await this.#state.beginRestore(snapshot, wanted.size) : new Map();
    this.#meter.phase('scanning');
    const local = await this.#readLocal();
    const first = planRestore({ wanted, local, restored, sizes: new Map() });
    const sizes = await this.#askSizes(snapshot, first);
    const plan = planRestore({ wanted, local, restored, sizes });
    this.#summary.alreadyHere = plan.alreadyHere.length;
    failpoint('restore.planned');
    this.#meter.phase('fetching');
    this.#meter.expect(plan.steps.length, plan.bytes);
    await this.#bringAll(snapshot, plan.steps, whole);
    if (whole && this.#summary.problems.length === 0) await this.#state.endRestore(snapshot);
    this.#meter.finish();
    return { snapshot, ...this.#summary };
  }

  async #newest(): Promise<SnapshotName> {
    const { newest } = await this.#session.control.state();
    if (newest) return newest.name;
    throw new DsError('not-found', 'the school server has no snapshot of this laptop', {
      hint: 'a new laptop is given the snapshots of an older one by a teacher',
    });
  }

  /** The versions of all local entries; what was read is remembered for the next backup. */
  async #readLocal(): Promise<Map<Uid, Digest | undefined>> {
    const { paths, signal } = this.#context;
    const scan = scanJournal(paths, this.#state.entries, () => fileSystemMoment(paths.restore));
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
  async #askSizes(snapshot: SnapshotName, { steps }: Plan): Promise<Map<Uid, number>> {
    const sizes = new Map<Uid, number>();
    const open = new Set(steps.map(({ uid }) => uid));
    if (open.size === 0) return sizes;
    for await (const page of this.#session.control.entries(snapshot)) {
      for (const { uid, bytes } of page) if (open.delete(uid)) sizes.set(uid, bytes);
      if (open.size === 0) break;
    }
    return sizes;
  }

  /** Puts batch after batch back while the next one is on its way. */
  async #bringAll(snapshot: SnapshotName, steps: readonly Step[], whole: boolean): Promise<void> {
    const batches = fetchBatches(this.#context, this.#session, snapshot, steps);
    let next = batches.next();
    try {
      for (;;) {
        const { value: batch, done } = await next;
        if (done) return;
        next = batches.next();
        next.catch(() => {}); // awaited in the next round, or below
        await this.#applyBatch(snapshot, batch, whole);
      }
    } catch (error) {
      await next.catch(() => {});
      throw error;
    }
  }

  async #applyBatch(snapshot: SnapshotName, batch: FetchedBatch, whole: boolean): Promise<void> {
    this.#summary.receivedBytes += batch.receivedBytes;
    this.#summary.problems.push(...batch.problems);
    const queue = batch.ready.values();
    let failed: unknown;
    const worker = async () => {
      for (const fetched of queue) {
        if (failed || this.#context.signal.aborted) return;
        try {
          const { uid, digest } = fetched.step;
          const came = await this.#applyOne(snapshot, fetched);
          if (came && whole) await this.#state.rememberRestored(snapshot, uid, digest);
        } catch (error) {
          failed ??= error;
        }
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
    if (failed) throw failed;
    this.#context.signal.throwIfAborted();
    rmSync(batch.folder, { recursive: true, force: true });
  }

  /** One entry; what only concerns this one is noted (false), and the others go on. */
  async #applyOne(snapshot: SnapshotName, fetched: Fetched): Promise<boolean> {
    const { uid, bytes } = fetched.step;
    let came = true;
    try {
      await this.#apply(snapshot, fetched);
    } catch (error) {
      const code = error instanceof DsError ? error.code : 'internal';
      if (!['datastore', 'damaged', 'bad-input', 'unreadable'].includes(code)) throw error;
      this.#summary.problems.push({ uid, problem: (error as DsError).message });
      came = false;
    }
    this.#meter.batch().done(1, bytes);
    return came;
  }

  async #apply(snapshot: SnapshotName, { step, entry, file }: Fetched): Promise<void> {
    const { uid, digest } = step;
    const seconds = Math.floor(this.#context.clock.now().getTime() / 1000);
    const own = prepareEntry(entry, uid, seconds);
    const place = await this.#placeOf(uid, own);
    if (place === 'here') {
      this.#summary.alreadyHere += 1;
    } else if (place === 'own') {
      await this.#put(uid, own, file);
      this.#summary.restored += 1;
      this.#noteRepairs(uid, own);
    } else {
      const dated = datedEntry(entry, snapshot.slice('datastore-'.length, 20));
      const name = besideUid(uid, digest);
      const beside = prepareEntry(dated, name, seconds);
      await this.#put(name, beside, file);
      this.#summary.beside += 1;
      this.#noteRepairs(uid, beside);
    }
  }

  /** Looks at the Journal as it is now: nothing in it is ever overwritten. */
  async #placeOf(uid: Uid, own: Prepared): Promise<'own' | 'beside' | 'here'> {
    const local = inJournal(this.#context.paths, uid);
    if (!existsSync(local.path)) return 'own';
    try {
      const { entry, digest } = await readVersion(local, this.#context.signal);
      if (digest === own.digest) return 'here';
      return isTornCopy(entry, own.expected) ? 'own' : 'beside';
    } catch (error) {
      return problemOf(local, error) ? 'beside' : 'own';
    }
  }

  /** Hands an entry to the datastore and reads it again. Throws `damaged` when it is another. */
  async #put(uid: Uid, prepared: Prepared, file: string): Promise<void> {
    failpoint('restore.applying');
    await this.#datastore.update(uid, prepared.properties, file);
    failpoint('restore.applied');
    const local = inJournal(this.#context.paths, uid);
    for (let look = 1; look <= LOOKS; look += 1) {
      const found = await readVersion(local, this.#context.signal).catch((error) => {
        problemOf(local, error);
        return undefined;
      });
      if (found?.digest === prepared.digest) return;
      await sleep(BETWEEN_LOOKS_MS);
    }
    throw new DsError('damaged', `entry ${uid} is not in the Journal as it was put there`);
  }

  #noteRepairs(uid: Uid, { repairs }: Prepared): void {
    for (const problem of repairs) this.#summary.repaired.push({ uid, problem });
  }
}

function pick(all: ReadonlyMap<Uid, Digest>, uid: Uid, snapshot: SnapshotName) {
  const digest = all.get(uid);
  if (digest) return new Map([[uid, digest]]);
  throw new DsError('not-found', `${snapshot} has no entry ${uid}`, {
    hint: `"ds-backup entries ${snapshot}" lists them`,
  });
}
