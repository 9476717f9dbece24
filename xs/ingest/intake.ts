/**
 * Completion files, from their arrival to their outcome (X4). They are seen by inotify while the
 * service runs and by a sweep when it starts; one is claimed by moving it, and the claim is removed
 * only when its outcome stands. One ingest at a time: the disk is slow, and it is not in a hurry.
 */
import {
  type FSWatcher,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  watch,
} from 'node:fs';
import { join } from 'node:path';
import { asDsError, DsError, isErrno } from '../../shared/errors.ts';
import { parseSerial, type RunId, type Serial, tryParse } from '../../shared/ids.ts';
import { digestOf } from '../../shared/journal/entry.ts';
import {
  MAX_COMPLETION_BYTES,
  type Outcome,
  parseCompletion,
} from '../../shared/protocol/messages.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { fsyncFolder } from '../../shared/system/files.ts';
import { lockFile } from '../../shared/system/lock.ts';
import { foldOriginal } from '../legacy/original.ts';
import type { Registrations } from '../registration/registration.ts';
import { inCompletion, inLaptop } from '../storage/paths.ts';
import {
  baseSnapshot,
  mendSums,
  newestSnapshot,
  readSums,
  type Snapshot,
} from '../storage/snapshots.ts';
import type { Turns } from '../storage/work-queue.ts';
import type { Arrival } from './arrival.ts';
import { type IngestContext, ingest, outcomeOf } from './ingest.ts';

/** How often to try again while a laptop's transfer still runs, in milliseconds. */
const LOCKED_RETRY_MS = 2000;
/** A second sweep for events that inotify lost (its queue is finite), in milliseconds. */
const SWEEP_MS = 60_000;

export interface IntakeOptions extends IngestContext {
  registrations: Registrations;
  turns: Turns;
}

export class Intake implements AsyncDisposable {
  readonly #options: IntakeOptions;
  readonly #queue = new Set<Serial>();
  readonly #outcomes = new Map<Serial, { run: RunId; outcome: Outcome }>();
  /** Who waits for a laptop's outcome. */
  readonly #listeners = new Map<Serial, Set<() => void>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #watcher: FSWatcher | undefined;
  #stopped = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Takes in what waits, and keeps watching. */
  start(): void {
    const { paths } = this.#options;
    this.#watcher = watch(paths.completion, (_event, name) => {
      const serial = tryParse(parseSerial, name);
      if (serial) this.#enqueue(serial);
    });
    this.#sweep();
    const timer = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#timers.add(timer);
  }

  /** What became of a run, as far as this process and the newest snapshot know. */
  outcome(serial: Serial, run: RunId): Outcome {
    const known = this.#outcomes.get(serial);
    if (known?.run === run) return known.outcome;
    const newest = baseSnapshot(this.#options.paths, serial);
    if (newest?.run === run) return outcomeOf(this.#options.paths, newest);
    return this.#queue.has(serial) ? { state: 'ingesting' } : { state: 'unknown' };
  }

  /** Like outcome(), but waits up to `ms` for one that is final. */
  async finalOutcome(serial: Serial, run: RunId, ms: number): Promise<Outcome> {
    const isFinal = () => !['unknown', 'ingesting'].includes(this.outcome(serial, run).state);
    await new Promise<void>((resolve) => {
      const listeners = this.#listeners.get(serial) ?? new Set();
      this.#listeners.set(serial, listeners);
      const finish = () => {
        listeners.delete(check);
        if (listeners.size === 0) this.#listeners.delete(serial);
        clearTimeout(timer);
        resolve();
      };
      const check = () => {
        if (isFinal() || this.#stopped) finish();
      };
      const timer = setTimeout(finish, ms);
      listeners.add(check);
      check();
    });
    return this.outcome(serial, run);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#watcher?.close();
    for (const timer of this.#timers) clearTimeout(timer);
    for (const serial of this.#listeners.keys()) this.#notify(serial);
    await this.#options.turns.idle();
  }

  #sweep(): void {
    const { paths } = this.#options;
    const places = inCompletion(paths);
    for (const name of readdirSync(places.claimedFolder)) this.#enqueueName(name);
    for (const name of readdirSync(places.dropFolder)) this.#rescueDrop(name);
    for (const name of readdirSync(paths.completion)) this.#enqueueName(name);
  }

  /** A session that was cut off between receiving a completion file and handing it over. */
  #rescueDrop(name: string): void {
    const serial = tryParse(parseSerial, name);
    if (!serial || !this.#options.registrations.get(serial)) return;
    const places = inCompletion(this.#options.paths);
    const received = join(places.drop(serial), serial);
    const stat = lstatSync(received, { throwIfNoEntry: false });
    // The session itself needs a moment between the two.
    const age = stat ? this.#options.clock.now().getTime() - stat.ctimeMs : 0;
    if (stat?.isFile() && Math.abs(age) > SWEEP_MS / 2) {
      renameSync(received, places.waiting(serial));
      this.#enqueue(serial);
    }
  }

  #enqueueName(name: string): void {
    const serial = tryParse(parseSerial, name);
    if (serial) this.#enqueue(serial);
  }

  #enqueue(serial: Serial): void {
    if (this.#stopped || this.#queue.has(serial)) return;
    this.#queue.add(serial);
    void this.#options.turns.run(() => this.#take(serial));
  }

  async #take(serial: Serial): Promise<void> {
    if (this.#stopped) return;
    try {
      await this.#process(serial);
      this.#queue.delete(serial);
    } catch (error) {
      const known = asDsError(error);
      this.#options.log.warn('ingest-failed', { serial, code: known.code, reason: known.message });
      this.#queue.delete(serial);
      if (known.retry) this.#later(serial);
    }
    this.#notify(serial);
  }

  #later(serial: Serial): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#enqueue(serial);
    }, LOCKED_RETRY_MS);
    this.#timers.add(timer);
  }

  /** Claims and ingests what waits of one laptop, until nothing does. */
  async #process(serial: Serial): Promise<void> {
    const { paths, env, log, registrations } = this.#options;
    const places = inCompletion(paths);
    const claimed = places.claimed(serial);
    while (exists(claimed) || exists(places.waiting(serial))) {
      if (!registrations.get(serial)) {
        log.warn('completion-of-stranger', { serial });
        for (const path of [claimed, places.waiting(serial)]) {
          rmSync(path, { recursive: true, force: true });
        }
        return;
      }
      await using _held = await lockFile(inLaptop(paths, serial).sessionLock, {
        env,
        waitSeconds: 0,
      });
      if (exists(places.waiting(serial))) {
        renameSync(places.waiting(serial), claimed); // a newer one replaces one that got stuck
        fsyncFolder(places.claimedFolder);
      }
      failpoint('ingest.claimed');
      await this.#ingestClaimed(serial, claimed);
      failpoint('ingest.recorded');
      rmSync(claimed, { recursive: true });
    }
  }

  /** Throws what is not the laptop's fault; its completion file is then kept for another try. */
  async #ingestClaimed(serial: Serial, claimed: string): Promise<void> {
    let run: RunId | undefined;
    try {
      const opened = await this.#open(serial, claimed);
      run = opened.arrival.completion.run;
      const outcome = await ingest(this.#options, opened.arrival);
      if (outcome.state === 'done' || outcome.state === 'held') opened.remember();
      if (opened.arrival.source === 'original') {
        rmSync(opened.arrival.folder, { recursive: true, force: true });
      }
      this.#settle(serial, run, outcome);
    } catch (cause) {
      const error = explain(cause);
      const { code, message } = error;
      if (code === 'damaged' && this.#mend(serial)) return this.#ingestClaimed(serial, claimed);
      if (run) this.#settle(serial, run, { state: 'refused', code, message });
      if (!['bad-input', 'bad-id', 'server-refused', 'over-quota'].includes(code)) throw error;
      this.#options.log.warn('completion-refused', { serial, code, reason: message });
    }
  }

  /** A list that is damaged can be made anew, once; true when there was one and it is whole now. */
  #mend(serial: Serial): boolean {
    const { paths, log } = this.#options;
    const bases = [baseSnapshot(paths, serial), newestSnapshot(paths, serial)];
    for (const base of bases) {
      if (!base || isSealed(base) || !mendSums(base)) continue;
      log.warn('sums-mended', { serial, name: base.name });
      return true;
    }
    return false;
  }

  /** What a completion file is about. */
  async #open(
    serial: Serial,
    claimed: string,
  ): Promise<{ arrival: Arrival; remember: () => void }> {
    const { paths } = this.#options;
    const stat = lstatSync(claimed, { bigint: true });
    if (!stat.isFile()) throw new DsError('bad-input', 'the completion file is no plain file');
    if (stat.size === 0n) {
      // The same file is the same run, also for a service that starts again.
      const run = digestOf(`${serial} ${stat.mtimeNs} ${stat.ino}`).slice(0, 32) as RunId;
      const base = baseSnapshot(paths, serial);
      const { completion, folder, remember } = await foldOriginal(this.#options, serial, base, run);
      return { arrival: { serial, completion, folder, source: 'original' }, remember };
    }
    if (stat.size > MAX_COMPLETION_BYTES) {
      throw new DsError('bad-input', `a completion file of ${stat.size} bytes is too large`);
    }
    const completion = parseCompletion(readFileSync(claimed));
    if (completion.serial !== serial) {
      throw new DsError('bad-input', `the completion file of ${serial} is about another laptop`);
    }
    const folder = inLaptop(paths, serial).incoming;
    return { arrival: { serial, completion, folder, source: 'agent' }, remember: () => {} };
  }

  #settle(serial: Serial, run: RunId, outcome: Outcome): void {
    this.#outcomes.set(serial, { run, outcome });
    this.#notify(serial); // what is still to do here, nobody has to wait for
  }

  #notify(serial: Serial): void {
    for (const listener of [...(this.#listeners.get(serial) ?? [])]) listener();
  }
}

/** Node's words for a full disk, in ours. */
function explain(cause: unknown): DsError {
  if (isErrno(cause, 'ENOSPC', 'EDQUOT')) {
    const hint = 'a teacher has to make room on the server; nothing that was safe is lost';
    return new DsError('server-full', 'the disk of the school server is full', { hint, cause });
  }
  return asDsError(cause);
}

function isSealed(snapshot: Snapshot): boolean {
  try {
    readSums(snapshot);
    return true;
  } catch {
    return false;
  }
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
