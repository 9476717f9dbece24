/**
 * A backup from beginning to end: scan, stage, send, complete, confirm. What a killed run left is used
 * by the next one; nothing has to be cleaned up by hand.
 */
import { asDsError, DsError } from '../../shared/errors.ts';
import { newRunId, type SnapshotName, type Uid } from '../../shared/ids.ts';
import { stateDigest } from '../../shared/journal/sums.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import { readBootId } from '../boot.ts';
import type { Context } from '../context.ts';
import type { Problem } from '../journal/problem.ts';
import { recheckSince } from '../journal/recheck.ts';
import { fileSystemMoment, requireJournal, type Scan, scanJournal } from '../journal/scan.ts';
import { takeLock } from '../profile.ts';
import { Meter } from '../progress.ts';
import type { Session } from '../school/session.ts';
import { type Confirmed, openState, type State } from '../state.ts';
import { ifWritable, openStaging, openWorkplace } from '../workplace.ts';
import { checkBase, learnBase, settleLastRun } from './base.ts';
import { buildCompletion, complete } from './completion.ts';
import { isReported, reportNotSafe } from './not-safe.ts';
import { OpeningSession } from './opening-session.ts';
import { afterOutcome } from './outcome.ts';
import { PendingWrites } from './pending-writes.ts';
import { agreeOnQuietDay, learnQuietKey } from './quiet-day.ts';
import { type Reading, Sender } from './send.ts';
import { type OnLost, whileLeaseLives } from './try-again.ts';

export interface BackupSummary {
  snapshot: SnapshotName;
  sequence: number;
  /** In the snapshot. */
  entries: number;
  changed: number;
  removed: number;
  /** What went over the wire for the entries, in bytes. */
  sentBytes: number;
  /** Entries that could not be read, which keep their last version, or not all of which could be kept. */
  problems: Problem[];
  /** Why the server keeps this backup aside until somebody decides; null otherwise. */
  held: string | null;
}

/** How often what the server misses is sent again, or a new base is taken. */
const MAX_ROUNDS = 3;

/** Backs up the Journal. `wait`: whether to wait for admission, or to give up with `server-busy`. */
export async function backUp(caller: Context, wait: boolean): Promise<BackupSummary> {
  using workplace = openWorkplace(caller);
  const { context } = workplace;
  await using _lock = await takeLock(context);
  await using state = await openState(context.paths.state, () => {
    context.warn(
      'what this laptop remembers cannot be kept: the next backup reads everything again',
    );
  });
  if (state.indexDoubtful) {
    await (await import('../journal/sugar-index.ts')).healIndex(context, state);
  }
  return await whileLeaseLives(context, async (onLost) => {
    using staging = openStaging(context);
    return await attempt(staging.context, state, wait, onLost);
  });
}

async function attempt(
  context: Context,
  state: State,
  wait: boolean,
  onLost: OnLost,
): Promise<BackupSummary> {
  await using opening = new OpeningSession(context, wait);
  try {
    const backup = new Backup(context, state);
    if (!state.confirmed) {
      requireJournal(context.paths); // before a laptop is registered that has none
      void opening.begin();
    }
    // What takes longest is begun at the first change.
    const scan = await backup.scan(async () => void (await opening.begin()));
    const quiet = opening.hasBegun ? undefined : await backup.quietDay(scan);
    return quiet ?? (await backup.run(await opening.begin(), scan));
  } catch (error) {
    if (asDsError(error).retry && (await opening.isLost())) onLost();
    throw error;
  }
}

class Backup {
  readonly #context: Context;
  readonly #state: State;
  readonly #meter: Meter;
  readonly #writes = new PendingWrites();
  readonly #gaps = { missing: new Set<Uid>(), lost: new Set<Uid>() };
  readonly #sender: Sender;
  /** The server has our base as its newest snapshot, and yet does not call it complete. */
  #isBaseDoubted = false;

  constructor(context: Context, state: State) {
    this.#context = context;
    this.#state = state;
    this.#meter = new Meter(context.onProgress);
    this.#sender = new Sender({
      ...{ context, state, meter: this.#meter },
      ...{ writes: this.#writes, gaps: this.#gaps },
    });
  }

  async scan(onChange?: () => Promise<void>): Promise<Scan> {
    this.#meter.phase('scanning');
    const { paths, signal, freshness } = this.#context;
    const moment = () => fileSystemMoment(paths.probe);
    const state = this.#state;
    const recheck = recheckSince(state.lastReading, readBootId(), signal);
    const scan = await scanJournal(paths, state.entries, moment, onChange, recheck, freshness);
    await state.rememberEntries(scan.reread, []);
    failpoint('backup.scanned');
    this.#meter.phase('asking');
    return scan;
  }

  /** The summary of a day without changes; undefined when there are some, or the server disagrees. */
  async quietDay(scan: Scan): Promise<BackupSummary | undefined> {
    const { confirmed, underWay } = this.#state;
    const { unchanged, toRead, problems } = scan;
    if (!confirmed || underWay || toRead.length > 0 || problems.length > 0) return undefined;
    if (stateDigest(unchanged) !== confirmed.state) return undefined;
    const reading = { versions: new Map(unchanged), problems: this.#state.problems };
    if (!isReported(this.#context, this.#state, reading)) return undefined;
    if (!(await agreeOnQuietDay(this.#context, confirmed))) return undefined;
    return this.#finish(reading);
  }

  /** Sends and asks for the snapshot until laptop and server agree. */
  async run(session: Session, first: Scan): Promise<BackupSummary> {
    const state = this.#state;
    await settleLastRun(this.#context, session, state);
    // One question before anything is sent: is it our server, and what does it have of us?
    await checkBase(session, state);
    let scan = first;
    for (let round = 0; round <= MAX_ROUNDS; round += 1) {
      const reading = await this.#sender.send(session, scan);
      await this.#writes.settle();
      const base = state.confirmed;
      const isUnchanged = stateDigest(reading.versions) === base?.state && !this.#isBaseDoubted;
      const done =
        base && isUnchanged
          ? await this.#claimQuietDay(session, reading, base)
          : await this.#complete(session, reading);
      if (done) return done;
      scan = await this.scan();
    }
    throw neverAgrees();
  }

  /** Undefined when the server does not agree that its newest snapshot is the Journal as it is. */
  async #claimQuietDay(
    session: Session,
    reading: Reading,
    base: Confirmed,
  ): Promise<BackupSummary | undefined> {
    const claim = { sequence: base.sequence, state: base.state };
    const agreed = await session.control.claimQuietDay(claim);
    if (agreed) {
      await this.#settle(session, reading);
      return this.#finish(reading, { held: agreed.held });
    }
    await learnBase(session, this.#state);
    // The server has this very base: it says what it misses in its answer to a completion file.
    const { sequence, state } = this.#state.confirmed ?? {};
    this.#isBaseDoubted = sequence === base.sequence && state === base.state;
    return undefined;
  }

  /** Asks for the snapshot. Undefined when the Journal has to be scanned and sent once more. */
  async #complete(session: Session, reading: Reading): Promise<BackupSummary | undefined> {
    const state = this.#state;
    const base = state.confirmed;
    this.#meter.phase('confirming');
    const completion = buildCompletion(session, newRunId(), base, reading.versions);
    const outcome = await complete(this.#context, session, state, completion);
    const next = afterOutcome(outcome, base, reading.versions);
    switch (next.type) {
      case 'confirm': {
        await this.#settle(session, reading);
        session.connection.beginClose(); // nothing is left to say, and it takes a while
        await state.confirm(next.confirmed);
        const { changed, removed } = completion;
        const counts = { changed: changed.length, removed: removed.length };
        return this.#finish(reading, { ...counts, held: next.held });
      }
      case 'send-missing':
        for (const uid of next.missing) this.#gaps.missing.add(uid);
        for (const uid of next.lost) this.#gaps.lost.add(uid);
        await state.forgetArrived(next.missing);
        break;
      case 'learn-base':
        await learnBase(session, state);
        break;
      case 'give-up':
        if (next.forgetBase) await state.forgetBase();
        else await state.rememberRun(undefined);
        throw next.error;
      default:
        next satisfies never;
    }
    await state.rememberRun(undefined);
    return undefined;
  }

  /** What is said when the server has the backup, and may be said again another day. */
  async #settle({ control }: Session, reading: Reading): Promise<void> {
    await learnQuietKey(this.#context, control);
    await reportNotSafe(this.#context, control, this.#state, reading);
  }

  async #finish(
    { versions, problems }: Reading,
    result: Partial<Pick<BackupSummary, 'changed' | 'removed' | 'held'>> = {},
  ): Promise<BackupSummary> {
    failpoint('backup.confirmed');
    const { done, probe } = this.#context.paths;
    ifWritable(this.#context, () => writeFileDurably(done, ''));
    const moment = fileSystemMoment(probe); // our links to the contents are gone by now
    await this.#state.rememberReading({ boot: readBootId(), moment });
    this.#meter.finish();
    const base = this.#state.confirmed;
    if (!base) throw new DsError('internal', 'a confirmed backup without a snapshot');
    return {
      snapshot: base.snapshot,
      sequence: base.sequence,
      entries: versions.size,
      ...{ changed: 0, removed: 0, held: null },
      sentBytes: this.#sender.sentBytes,
      problems,
      ...result,
    };
  }
}

function neverAgrees(): DsError {
  return new DsError('transfer', 'the Journal and the school server cannot agree on a backup', {
    hint: 'try again when nobody is working on this laptop',
    retry: true,
  });
}
