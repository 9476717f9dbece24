/**
 * Takes completion files in, from their arrival to their outcome. inotify reports them while the
 * service runs, a sweep finds those of earlier times. One is claimed by moving it, and the claim is
 * removed only when its outcome is settled and on the disk. One ingest at a time, to spare the disk; but what
 * a laptop sent is read in turns with the others, and what fails again and again is given up.
 */
import { lstatSync, readdirSync, renameSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { asDsError, DsError } from '../../shared/errors.ts';
import { parseSerial, type RunId, type Serial, tryParse } from '../../shared/ids.ts';
import type { Outcome } from '../../shared/protocol/messages.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { fsyncFolderAside } from '../../shared/system/files-aside.ts';
import { lockFile } from '../../shared/system/lock.ts';
import { removeFolder } from '../../shared/system/remove-in-pieces.ts';
import type { Faults } from '../ground/faults.ts';
import { asServerError, reasonOf } from '../ground/system-errors.ts';
import { WatchedFolder, type WatchedFolderOptions } from '../ground/watched-folder.ts';
import type { Registrations } from '../registration/registration.ts';
import { inCompletion, inLaptop } from '../storage/paths.ts';
import { baseSnapshot, hasSums, mendSums, newestSnapshot, unlist } from '../storage/snapshots.ts';
import type { WorkQueue } from '../storage/work-queue.ts';
import { forgetAttempts, MAX_ATTEMPTS, readAttempts, writeAttempts } from './attempts.ts';
import { openCompletion } from './completion-file.ts';
import { FairTurns, type Turn } from './fair-turns.ts';
import { type Ingested, ingest, outcomeOf, type Sent } from './ingest.ts';
import type { IngestContext } from './ingest-context.ts';
import { Outcomes } from './outcomes.ts';
import { type Pace, paceOf, RUN_BUDGET, type RunBudget } from './pace.ts';
import { blameOf, isLaptopsFault, retryDelayMs } from './retry-schedule.ts';
import { giveBack, takeAway } from './taken.ts';

/** A session that still runs needs so long between receiving a completion file and handing it over, in milliseconds. */
const HAND_OVER_MS = 30_000;
/** A laptop that is still sending is logged once in so many looks: in a minute. */
const TOLD_WAITS = 30;

export interface IntakeOptions extends IngestContext {
  registrations: Registrations;
  workQueue: WorkQueue;
  faults?: Faults;
  /** RUN_BUDGET by default. */
  budget?: RunBudget;
  /** Called for a backup that was refused or held aside. */
  onFailure?: (serial: Serial) => void;
  /** As a WatchedFolder has it by default. */
  watching?: Pick<WatchedFolderOptions, 'everyMs' | 'oftenMs' | 'watch'>;
}

export class Intake implements AsyncDisposable {
  readonly #options: IntakeOptions;
  /** Laptops whose ingest is waiting for its turn, or running. */
  readonly #queue = new Set<Serial>();
  readonly #turns = new FairTurns();
  readonly #running = new Set<Promise<void>>();
  readonly #outcomes = new Outcomes((serial, { state }) => {
    if (state === 'refused' || state === 'held') this.#options.onFailure?.(serial);
  });
  /** Failures in a row of laptops that wait for another attempt. */
  readonly #failures = new Map<Serial, number>();
  /** How often in a row each was found still sending. */
  readonly #waits = new Map<Serial, number>();
  readonly #stop = new AbortController();
  #folder: WatchedFolder | undefined;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Takes in what waits, and keeps watching. */
  start(): void {
    const { paths, faults, watching } = this.#options;
    this.#folder = new WatchedFolder({
      ...{ folder: paths.completion, faults, ...watching },
      onName: (name) => this.#handed(name),
      onLook: () => this.#sweepAgain(),
    });
  }

  #handed(name: string): void {
    const { paths, faults } = this.#options;
    const serial = tryParse(parseSerial, name);
    if (!serial) return;
    try {
      if (exists(inCompletion(paths).waiting(serial))) this.#enqueue(serial);
    } catch (error) {
      faults?.note('completion', error); // the next sweep finds it
    }
  }

  #sweepAgain(): void {
    const { faults } = this.#options;
    try {
      this.#sweep();
      faults?.clear('completion');
    } catch (error) {
      faults?.note('completion', error);
    }
  }

  /** What became of a run, as far as this process and the newest snapshot know. */
  outcome(serial: Serial, run: RunId): Outcome {
    const known = this.#outcomes.get(serial, run);
    if (known) return known;
    // While it is ingested, a new snapshot is seen before its name is durable.
    if (this.#queue.has(serial)) return { state: 'ingesting' };
    const { paths } = this.#options;
    const newest = baseSnapshot(paths, serial);
    if (newest?.run !== run) return { state: 'unknown' };
    // Claimed by a service that was killed: its name may not be durable before the claim is done again.
    if (exists(inCompletion(paths).claimed(serial))) return { state: 'ingesting' };
    return outcomeOf(paths, newest);
  }

  /** Like outcome(), but waits up to `ms` milliseconds for one that is final. */
  async finalOutcome(serial: Serial, run: RunId, ms: number): Promise<Outcome> {
    const isFinal = () => !['unknown', 'ingesting'].includes(this.outcome(serial, run).state);
    await this.#outcomes.wait(serial, isFinal, ms);
    return this.outcome(serial, run);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#folder?.[Symbol.dispose]();
    this.#outcomes.close();
    await Promise.all(this.#running);
    await this.#options.workQueue.idle();
  }

  #sweep(): void {
    const { paths } = this.#options;
    const places = inCompletion(paths);
    const troubles = this.#rescueDrops();
    const names = [...readdirSync(places.claimedFolder), ...readdirSync(paths.completion)];
    const serials = names.flatMap((name) => tryParse(parseSerial, name) ?? []);
    const attempts = (serial: Serial) => readAttempts(paths, serial).attempts;
    const waiting = serials.map((serial) => ({ serial, attempts: attempts(serial) }));
    // What the service failed at, or ended with, comes last. What failed just now waits for its time.
    for (const { serial } of waiting.sort((a, b) => a.attempts - b.attempts)) {
      if (!this.#failures.has(serial)) this.#enqueue(serial);
    }
    if (troubles.length > 0) throw troubles[0];
  }

  /** Returns why some could not be: what is in the way of one laptop keeps nobody else waiting. */
  #rescueDrops(): unknown[] {
    const troubles: unknown[] = [];
    for (const name of readdirSync(inCompletion(this.#options.paths).dropFolder)) {
      try {
        this.#rescueDrop(name);
      } catch (error) {
        troubles.push(error);
      }
    }
    return troubles;
  }

  /** Of a session that was cut off between receiving a completion file and handing it over. */
  #rescueDrop(name: string): void {
    const serial = tryParse(parseSerial, name);
    if (!serial || !this.#options.registrations.get(serial)) return;
    const places = inCompletion(this.#options.paths);
    const received = join(places.drop(serial), serial);
    const stat = lstatSync(received, { throwIfNoEntry: false });
    // A session that is still running needs a moment between the two.
    const age = stat ? this.#options.clock.now().getTime() - stat.ctimeMs : 0;
    if (stat?.isFile() && Math.abs(age) > HAND_OVER_MS) {
      renameSync(received, places.waiting(serial));
      this.#enqueue(serial);
    }
  }

  #enqueue(serial: Serial): void {
    if (this.#stop.signal.aborted || this.#queue.has(serial)) return;
    this.#queue.add(serial);
    const work = this.#afterOthers(serial).then(() =>
      this.#turns.run(serial, (turn) => this.#take(serial, turn)),
    );
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }

  /** What the service ended with is not begun beside what is under way: it may end the service again. */
  async #afterOthers(serial: Serial): Promise<void> {
    const { attempts, reason } = readAttempts(this.#options.paths, serial);
    if (attempts > 0 && reason === undefined) await Promise.all(this.#running);
  }

  async #take(serial: Serial, turn: Turn): Promise<void> {
    if (this.#stop.signal.aborted) return;
    try {
      await this.#process(serial, turn);
      this.#failures.delete(serial);
      this.#waits.delete(serial);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#retryLater(serial, asDsError(error));
    }
    this.#queue.delete(serial);
    this.#outcomes.notify(serial);
  }

  #retryLater(serial: Serial, error: DsError): void {
    const { code } = error;
    const { clock, log } = this.#options;
    const failures = (this.#failures.get(serial) ?? 0) + (code === 'busy' ? 0 : 1);
    const delay = retryDelayMs(code, failures);
    const waits = code === 'busy' ? (this.#waits.get(serial) ?? 0) + 1 : 0;
    this.#waits.set(serial, waits);
    // The session that sent the completion file ends in a moment: nothing to tell.
    if (code !== 'busy' || waits % TOLD_WAITS === 0) {
      log.warn('ingest-failed', { serial, code, reason: reasonOf(error), againInMs: delay });
    }
    this.#failures.set(serial, failures);
    clock.sleep(delay, this.#stop.signal).then(
      () => this.#enqueue(serial),
      () => {}, // the service is stopping
    );
  }

  /** Claims and ingests what waits of one laptop, until nothing does. */
  async #process(serial: Serial, turn: Turn): Promise<void> {
    const { paths, env, log, registrations } = this.#options;
    const places = inCompletion(paths);
    const claimed = places.claimed(serial);
    while (exists(claimed) || exists(places.waiting(serial))) {
      if (!registrations.get(serial)) {
        log.warn('completion-of-unknown-laptop', { serial });
        for (const path of [claimed, places.waiting(serial)]) {
          await rm(path, { recursive: true, force: true });
        }
        forgetAttempts(paths, serial);
        return;
      }
      const { sessionLock } = inLaptop(paths, serial);
      await using _lock = await turn.aside(() => lockFile(sessionLock, { env, waitSeconds: 0 }));
      if (exists(places.waiting(serial))) {
        await rename(places.waiting(serial), claimed); // a newer one replaces one that got stuck
        forgetAttempts(paths, serial);
        await turn.aside(() => fsyncFolderAside(places.claimedFolder));
      }
      failpoint('ingest.claimed');
      // Taken by a service that was killed.
      await giveBack(this.#options, serial, this.#restOf(this.#paceOf(turn)));
      await this.#attempt(serial, claimed, turn);
      failpoint('ingest.recorded');
      await rm(claimed, { recursive: true });
      forgetAttempts(paths, serial);
    }
  }

  /** One attempt of a limited number. Throws what is not the laptop's fault. */
  async #attempt(serial: Serial, claimed: string, turn: Turn): Promise<void> {
    const { paths, log } = this.#options;
    const before = readAttempts(paths, serial);
    if (before.attempts >= MAX_ATTEMPTS) {
      const reason = before.reason ?? 'the service ended meanwhile';
      const message = `given up after ${before.attempts} attempts: ${reason}`;
      log.warn('completion-given-up', { serial, attempts: before.attempts, reason });
      if (before.run) {
        this.#outcomes.set(serial, before.run, { state: 'refused', code: 'internal', message });
      }
      return;
    }
    const attempt = { ...before, attempts: before.attempts + 1 };
    writeAttempts(paths, serial, attempt);
    try {
      await this.#ingestClaimed(serial, claimed, turn, (run) => {
        attempt.run = run;
      });
    } catch (error) {
      const { code, message: reason } = asDsError(error);
      const counts = blameOf(code) !== 'passing' && !this.#stop.signal.aborted;
      writeAttempts(paths, serial, counts ? { ...attempt, reason } : before);
      throw error;
    }
  }

  /** Throws what is not the laptop's fault; its completion file is then kept for another attempt. */
  async #ingestClaimed(
    serial: Serial,
    claimed: string,
    turn: Turn,
    onRun: (run: RunId) => void,
  ): Promise<void> {
    const { cap, log } = this.#options;
    const pace = this.#paceOf(turn);
    let run: RunId | undefined;
    let instance: string | undefined;
    try {
      const opened = await openCompletion(this.#options, serial, claimed, pace);
      const { arrival } = opened;
      ({ run, instance } = arrival.completion);
      onRun(run);
      const outcome =
        arrival.source === 'agent'
          ? await this.#ingestTaken(arrival, pace)
          : await ingest(this.#options, arrival, pace);
      if (arrival.source === 'original') await removeFolder(arrival.folder, pace.rest);
      if (outcome.state === 'done' || outcome.state === 'held') await opened.remember();
      else if (outcome.state === 'rebase' && arrival.source === 'original') throw baseMoved();
      else cap?.noteFailure(serial, instance);
      this.#outcomes.set(serial, run, outcome);
    } catch (cause) {
      const error = asServerError(cause);
      const { code, message, hint } = error;
      // A laptop has words of its own about a full disk only.
      const told = hint === undefined || code === 'server-full' ? message : `${message}; ${hint}`;
      if (code === 'damaged' && this.#mend(serial)) {
        return this.#ingestClaimed(serial, claimed, turn, onRun);
      }
      if (run && !this.#stop.signal.aborted) {
        this.#outcomes.set(serial, run, { state: 'refused', code, message: told });
      }
      const blame = blameOf(code);
      if (!isLaptopsFault(blame)) throw error;
      if (blame === 'wrong') cap?.noteFailure(serial, instance);
      log.warn('completion-refused', { serial, code, reason: message });
    }
  }

  #paceOf(turn: Turn): Pace {
    const { workQueue, budget = RUN_BUDGET } = this.#options;
    return paceOf(workQueue, turn, budget, this.#stop.signal);
  }

  /** For what is brought to its end also while the service stops. */
  #restOf({ rest }: Pace): Pace['rest'] {
    return async () => {
      if (!this.#stop.signal.aborted) await rest();
    };
  }

  /** Out of the reach of the laptop's sessions. */
  async #ingestTaken(arrival: Sent, pace: Pace): Promise<Ingested> {
    const { serial } = arrival;
    const folder = takeAway(this.#options, serial);
    try {
      return await ingest(this.#options, { ...arrival, folder }, pace);
    } finally {
      await giveBack(this.#options, serial, this.#restOf(pace));
    }
  }

  /**
   * Rewrites a damaged list of the base from its metadata files. If that is impossible, the next backup
   * builds on the snapshot before. Returns false when no list was damaged.
   */
  #mend(serial: Serial): boolean {
    const { paths, log } = this.#options;
    const bases = [baseSnapshot(paths, serial), newestSnapshot(paths, serial)];
    for (const base of bases) {
      if (!base || hasSums(base)) continue;
      const event = mendSums(base) ? 'sums-mended' : 'sums-lost';
      if (event === 'sums-lost') unlist(base);
      log.warn(event, { serial, name: base.name });
      return true;
    }
    return false;
  }
}

/** The mirror of an original client was compared with a base that is no longer the newest. */
function baseMoved(): DsError {
  return new DsError('busy', 'the newest snapshot changed meanwhile', { retry: true });
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
