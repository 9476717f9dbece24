/**
 * A backup from beginning to end: scan, stage, send, complete, confirm (A5–A8). What a killed run
 * left is used by the next one; nothing here has to be cleaned up by hand.
 */
import { rmSync } from 'node:fs';
import { DsError } from '../../shared/errors.ts';
import { type Digest, newRunId, type SnapshotName, type Uid } from '../../shared/ids.ts';
import { stateDigest } from '../../shared/journal/sums.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import { forEachConcurrently } from '../concurrently.ts';
import type { Context } from '../context.ts';
import type { Problem } from '../journal/problem.ts';
import { fileSystemMoment, type Scan, scanJournal } from '../journal/scan.ts';
import { inJournal } from '../paths.ts';
import { prepareProfile, takeLock } from '../profile.ts';
import { Meter } from '../progress.ts';
import { openSession, type Session } from '../school/session.ts';
import { type KnownEntry, openState, type State } from '../state.ts';
import { sendFolder } from '../wire/rsync.ts';
import { awaitOutcome, buildCompletion, complete, refused } from './completion.ts';
import { agreeOnQuietDay, learnQuietKey } from './quiet-day.ts';
import { type Batch, type Need, stageBatches } from './stage.ts';

export interface BackupSummary {
  snapshot: SnapshotName;
  sequence: number;
  /** In the snapshot. */
  entries: number;
  changed: number;
  removed: number;
  /** What went over the wire for the entries, in bytes. */
  sentBytes: number;
  /** Entries that could not be read; the snapshot keeps their last version. */
  problems: Problem[];
  /** Why the server keeps this backup aside until somebody decides (X5); null otherwise. */
  held: string | null;
}

/** One rsync waits for the line and the server's disk most of the time: two fill the gaps. */
const SENDING_AT_ONCE = 2;
/** Less than this is sent without asking first whether the base is right, which it nearly always is. */
const CHECK_ABOVE_BYTES = 4 * 1024 * 1024;
/** How often what the server misses is sent again, or a new base is taken. */
const MAX_ROUNDS = 3;

/** Backs up the Journal. `wait` obeys the server's appointments instead of giving up. */
export async function backUp(context: Context, wait: boolean): Promise<BackupSummary> {
  prepareProfile(context);
  await using _lock = await takeLock(context);
  await using state = await openState(context.paths.state);
  if (state.indexDoubtful)
    await (await import('../journal/sugar-index.ts')).healIndex(context, state);
  const { staging } = context.paths;
  rmSync(staging, { recursive: true, force: true }); // of a run that was killed
  try {
    const backup = new Backup(context, state);
    let opening: Promise<Session> | undefined;
    const open = () => {
      opening ??= openSession(context, { purpose: 'backup', wait });
      opening.catch(() => {}); // awaited below; a failed scan comes first
      return opening;
    };
    if (!state.confirmed) void open();
    // What takes longest is begun at the first change: ssh shakes hands while the rest is looked at.
    const scan = await orHangUp(
      backup.scan(async () => void (await open())),
      () => opening,
    );
    if (!opening) {
      const quiet = await backup.quietDay(scan);
      if (quiet) return quiet;
    }
    await using session = await open();
    return await backup.run(session, scan);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** The scan; a failed one hangs up where a session is being opened meanwhile. */
async function orHangUp(
  scan: Promise<Scan>,
  opening: () => Promise<Session> | undefined,
): Promise<Scan> {
  try {
    return await scan;
  } catch (error) {
    const session = await opening()?.catch(() => undefined);
    await session?.[Symbol.asyncDispose]();
    throw error;
  }
}

/** What the Journal is like now, as far as it could be read. */
interface Reading {
  versions: Map<Uid, Digest>;
  problems: Problem[];
}

class Backup {
  readonly #context: Context;
  readonly #state: State;
  readonly #meter: Meter;
  #sentBytes = 0;
  #held: string | null = null;
  /** Entries whose content the server turned out not to have. */
  readonly #missing = new Set<Uid>();
  /** Those of them that it had once: they are damaged there. */
  readonly #lost = new Set<Uid>();
  /** Whether something in the server's newest snapshot is damaged. */
  #doubted = false;
  /** What is being written down while we go on. The database keeps the order. */
  #notes: Promise<void>[] = [];

  constructor(context: Context, state: State) {
    this.#context = context;
    this.#state = state;
    this.#meter = new Meter(context.onProgress);
  }

  async scan(onChange?: () => Promise<void>): Promise<Scan> {
    this.#meter.phase('scanning');
    const { paths } = this.#context;
    const moment = () => fileSystemMoment(paths.own);
    const scan = await scanJournal(paths, this.#state.entries, moment, onChange);
    failpoint('backup.scanned');
    this.#meter.phase('asking');
    return scan;
  }

  /** What a day without changes comes to; undefined when it is none, or the server wants more. */
  async quietDay(scan: Scan): Promise<BackupSummary | undefined> {
    const { confirmed, underWay } = this.#state;
    const { unchanged, toRead, problems } = scan;
    if (!confirmed || underWay || toRead.length > 0 || problems.length > 0) return undefined;
    if (stateDigest(unchanged) !== confirmed.state) return undefined;
    if (!(await agreeOnQuietDay(this.#context, confirmed))) return undefined;
    return this.#finish({ versions: new Map(unchanged), problems: [] }, 0, 0);
  }

  async run(session: Session, first: Scan): Promise<BackupSummary> {
    const state = this.#state;
    await this.#settleLastRun(session);
    let learnt = !state.confirmed;
    if (learnt) await this.#learnBase(session);
    let scan = first;
    for (let round = 0; round <= MAX_ROUNDS; round += 1) {
      const much = scan.toRead.reduce((sum, { bytes }) => sum + bytes, 0) > CHECK_ABOVE_BYTES;
      if (!learnt && much) {
        // One question before much is sent for nothing.
        await this.#checkBase(session);
        learnt = true;
      }
      const reading = await this.#send(session, scan);
      const done = await this.#conclude(session, reading);
      if (done) return done;
      scan = await this.scan();
    }
    throw neverAgrees();
  }

  /** Asks for the snapshot. Undefined when the Journal has to be looked at once more. */
  async #conclude(session: Session, reading: Reading): Promise<BackupSummary | undefined> {
    const state = this.#state;
    const base = state.confirmed;
    if (base && !this.#doubted && stateDigest(reading.versions) === base.state) {
      await this.#noted();
      const claim = { sequence: base.sequence, state: base.state };
      const agreed = await session.control.unchanged(claim);
      if (agreed) {
        this.#held = agreed.held;
        await learnQuietKey(this.#context, session.control);
        return this.#finish(reading, 0, 0);
      }
      await this.#learnBase(session);
      // Its newest snapshot indeed, and yet it wants more: it asks for that in its answer to a
      // completion file.
      const { sequence, state: now } = state.confirmed ?? {};
      this.#doubted = sequence === base.sequence && now === base.state;
      return undefined;
    }
    this.#meter.phase('confirming');
    const completion = buildCompletion(session.serial, newRunId(), base, reading.versions);
    await this.#noted();
    const outcome = await complete(this.#context, session, state, completion);
    switch (outcome.state) {
      case 'done':
      case 'held': {
        const { snapshot, sequence, digest } = outcome;
        await learnQuietKey(this.#context, session.control);
        session.connection.hangUp(); // nothing is left to say, and it takes a while
        await state.confirm({ snapshot, sequence, state: digest, versions: reading.versions });
        this.#held = outcome.state === 'held' ? outcome.reason : null;
        return this.#finish(reading, completion.changed.length, completion.removed.length);
      }
      case 'missing':
        for (const uid of outcome.missing) {
          this.#missing.add(uid);
          if (base?.versions.get(uid) === reading.versions.get(uid)) this.#lost.add(uid);
        }
        await state.forgetArrived(outcome.missing);
        break;
      case 'rebase':
        await this.#learnBase(session);
        break;
      case 'refused':
        await this.#forgetRefused(outcome.code);
        throw refused(outcome);
      default:
        outcome satisfies never;
    }
    await state.rememberRun(undefined);
    return undefined;
  }

  /** A run that was killed before it had its answer may have become a snapshot since. */
  async #settleLastRun(session: Session): Promise<void> {
    const state = this.#state;
    if (!state.underWay) return;
    const now = await session.control.outcome(state.underWay, 0);
    const outcome =
      now.state === 'ingesting' ? await awaitOutcome(this.#context, session, state.underWay) : now;
    if (outcome.state === 'done' || outcome.state === 'rebase') await this.#learnBase(session);
    else if (outcome.state === 'missing') await state.forgetArrived(outcome.missing);
    await state.rememberRun(undefined);
  }

  /** Takes the server's word for the base, whatever we believed before. */
  async #learnBase({ control }: Session): Promise<void> {
    const { base } = await control.state();
    await this.#state.forgetBase();
    if (!base) return;
    const { name: snapshot, sequence, state } = base;
    const versions = await control.sums(snapshot);
    if (stateDigest(versions) !== state) {
      throw new DsError('damaged', `the school server's list of ${snapshot} is damaged`);
    }
    await this.#state.confirm({ snapshot, sequence, state, versions });
  }

  async #checkBase(session: Session): Promise<void> {
    const { base: theirs } = await session.control.state();
    const base = this.#state.confirmed;
    if (theirs?.sequence === base?.sequence && theirs?.state === base?.state) return;
    await this.#learnBase(session);
  }

  /** Reads and sends what changed; the next batch is staged while others are on their way. */
  async #send(session: Session, scan: Scan): Promise<Reading> {
    const { config, paths, clock, signal } = this.#context;
    const read = new Map<Uid, KnownEntry>();
    const problems = [...scan.problems];
    const again = [...this.#missing].filter((uid) => scan.unchanged.has(uid));
    const toRead = [...scan.toRead.map(({ entry }) => entry), ...this.#unsent(scan, again)];
    const estimate = scan.toRead.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#meter.phase('sending');
    this.#meter.expect(toRead.length, estimate);
    const batches = stageBatches(toRead, {
      folder: paths.staging,
      batch: config.batch,
      moment: scan.moment || (toRead.length > 0 ? fileSystemMoment(paths.own) : 0n),
      clock,
      signal,
      need: (uid, digest, content) => {
        const need = this.#need(uid, digest, content);
        if (need === 'nothing') this.#meter.skip();
        return need;
      },
      onRead: (uid, known, title) => {
        read.set(uid, known);
        this.#meter.current(uid, title);
      },
      onProblem: (problem) => problems.push(problem),
    });
    await forEachConcurrently(batches, SENDING_AT_ONCE, (batch) => this.#sendBatch(session, batch));
    const versions = new Map(scan.unchanged);
    for (const uid of toRead.map((entry) => entry.uid)) versions.delete(uid);
    for (const [uid, { digest }] of read) versions.set(uid, digest);
    this.#keepUnreadable(versions, problems);
    const gone = [...this.#state.entries.keys()].filter((uid) => !versions.has(uid));
    this.#note(this.#state.rememberEntries(read, gone));
    return { versions, problems };
  }

  #note(writing: Promise<void>): void {
    writing.catch(() => {}); // #noted() tells
    this.#notes.push(writing);
  }

  async #noted(): Promise<void> {
    await Promise.all(this.#notes.splice(0));
  }

  async #sendBatch({ connection, control }: Session, batch: Batch): Promise<void> {
    failpoint('backup.staged');
    const { versions, bytes, folder } = batch;
    const meter = this.#meter.batch();
    const onFraction = (part: number) => {
      meter.bytes(Math.floor(part * bytes), Math.floor(part * versions.size));
    };
    await connection.ready();
    const sending = sendFolder(this.#context, connection, folder, onFraction);
    control.prepare(); // while rsync works
    const sent = await sending;
    failpoint('backup.batch-sent');
    this.#sentBytes += sent.bytes;
    // What did not arrive whole the server names when it is asked for the snapshot.
    if (sent.whole) this.#note(this.#state.rememberArrived(versions));
    meter.done(versions.size, bytes);
    rmSync(folder, { recursive: true });
  }

  #need(uid: Uid, digest: Digest, content: Digest | null): Need {
    const { confirmed, arrived, baseContents } = this.#state;
    if (this.#missing.has(uid)) return 'all';
    if (confirmed?.versions.get(uid) === digest || arrived.get(uid) === digest) return 'nothing';
    return content === null || baseContents.get(uid) === content ? 'metadata' : 'all';
  }

  /** Entries that look unchanged, but whose files are not on the server for this base. */
  #unsent(scan: Scan, again: Uid[]) {
    const { confirmed, arrived } = this.#state;
    const uids = new Set(again);
    for (const [uid, digest] of scan.unchanged) {
      const there = confirmed?.versions.get(uid) === digest || arrived.get(uid) === digest;
      if (!there) uids.add(uid);
    }
    return [...uids].map((uid) => inJournal(this.#context.paths, uid));
  }

  /** An entry that cannot be read keeps the version it has in the base, if the server has that. */
  #keepUnreadable(versions: Map<Uid, Digest>, problems: readonly Problem[]): void {
    for (const { uid } of problems) {
      const kept = !this.#lost.has(uid) && this.#state.confirmed?.versions.get(uid);
      if (kept) versions.set(uid, kept);
      else versions.delete(uid);
    }
  }

  /** A refusal over what we believe of the base ends that belief. */
  async #forgetRefused(code: string): Promise<void> {
    if (code === 'bad-input') await this.#state.forgetBase();
    else await this.#state.rememberRun(undefined);
  }

  #finish({ versions, problems }: Reading, changed: number, removed: number): BackupSummary {
    failpoint('backup.confirmed');
    writeFileDurably(this.#context.paths.done, '');
    this.#meter.finish();
    const base = this.#state.confirmed;
    if (!base) throw new DsError('internal', 'a confirmed backup without a snapshot');
    return {
      snapshot: base.snapshot,
      sequence: base.sequence,
      entries: versions.size,
      changed,
      removed,
      sentBytes: this.#sentBytes,
      problems,
      held: this.#held,
    };
  }
}

function neverAgrees(): DsError {
  return new DsError('transfer', 'the Journal and the school server do not come to an agreement', {
    hint: 'try again when nobody is working on this laptop',
    retry: true,
  });
}
