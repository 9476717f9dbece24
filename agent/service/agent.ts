/**
 * The agent: turns what happens into events for the state machine, and starts and stops workers as it
 * decides. It has no rules of its own; those are in `agent/rules`.
 */
import { EventEmitter } from 'node:events';
import type { PinRow } from '../../shared/backup-bus.ts';
import type { Clock } from '../../shared/clock.ts';
import { DsError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Paths } from '../paths.ts';
import type { DueReason } from '../rules/due.ts';
import type { Job, Request, Wait } from '../rules/jobs.ts';
import {
  decide,
  type Event,
  isIdle,
  jobFor,
  lastUnfinished,
  type Model,
  newModel,
  next,
} from '../rules/machine.ts';
import type { Moment } from '../rules/moment.ts';
import { refusal, type World } from '../rules/obstacles.ts';
import { describeStatus, type Status } from '../rules/status.ts';
import type { ActName, ActParams, ActResult } from '../worker/acts.ts';
import { Worker, type WorkerProgram } from '../worker/process.ts';
import { ClassOffers } from './class-offers.ts';
import { CopyFinisher } from './copy-finisher.ts';
import { DayBook } from './day-book.ts';
import { JournalVolume, type VolumeView } from './journal-volume.ts';
import type { Memory, PinNote } from './memory.ts';
import { refusalToTell, sendOrNote, withNotes } from './pins.ts';
import { type Outcome, RunningJob } from './running-job.ts';

export interface AgentOptions {
  paths: Paths;
  program: WorkerProgram;
  clock: Clock;
  log: Log;
  /** Returns 0…1. */
  random: () => number;
  /** The day's backup starts at a random time within this, so that not all laptops start at once; in ms. */
  spreadMs: number;
}

/** What the laptop knows without asking the school server. */
export type Facts = ActResult<'facts'>;

/** Everything that clients are shown, as it is at this moment. */
export interface AgentView {
  model: Model;
  status: Status;
  memory: Memory;
  /** When the done file was touched, by the laptop's clock; undefined when there is none. */
  touchedMs: number | undefined;
  /** As last read; undefined before that. */
  facts: Facts | undefined;
  /** How long the running job has been transferring, in milliseconds. */
  movingMs: number;
  volume: VolumeView;
  /** The present: the model's uptime is that of its last event. */
  now: Moment;
}

/**
 * `change` comes after anything, `end` with a job that ended, `stopped` when a worker that was stopped has
 * recorded how far it came.
 */
interface Events {
  change: [];
  end: [Job];
  stopped: [];
}

/** How long jobs that ended stay visible, in milliseconds. */
const KEPT_MS = 5 * 60_000;

const FETCH: Request = { kind: 'fetch', byHand: false, of: '', snapshot: '', entry: '' };
const NOTED = { byHand: false, of: '', snapshot: '', entry: '' };
const OFFERS: Request = { kind: 'offers', ...NOTED };
const PINS: Request = { kind: 'pins', ...NOTED };

export class Agent extends EventEmitter<Events> implements AsyncDisposable {
  readonly #options: AgentOptions;
  readonly #book: DayBook;
  #model: Model;
  #dueReason: DueReason | undefined;
  #facts: Facts | undefined;
  #running: RunningJob | undefined;
  /** Shows what a stopped restore has brought; the next job waits for its end. */
  #showing: Worker | undefined;
  /** For questions, which are no jobs. */
  #side: Worker | undefined;
  /** The day that is shown in the Journal. */
  readonly volume: JournalVolume;
  /** Copies that were made from it. */
  readonly copies: CopyFinisher;
  /** What is said to be for the class in the Journal itself. */
  readonly offers: ClassOffers;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;
  #isStarted = false;

  constructor(options: AgentOptions) {
    super();
    const { paths, clock, log } = options;
    this.#options = options;
    this.#book = new DayBook(paths, clock, log);
    this.volume = new JournalVolume(options, {
      onChange: () => this.emit('change'),
      onCopies: () => this.copies.soon(),
      onServerTime: (ms) => this.#book.hear(ms),
    });
    this.copies = new CopyFinisher({
      ...{ paths, log, volume: this.volume },
      finish: () => this.ask('finish-copies', {}),
      fetch: (entry) => this.#take({ type: 'request', request: { ...FETCH, entry } }),
      onRest: () => this.emit('change'),
    });
    this.offers = new ClassOffers({
      book: this.#book,
      send: (entries) => this.ask('send-offers', { entries }),
      takeBack: (entry) => this.ask('take-back', { entry }),
      sendSoon: () => this.#take({ type: 'request', request: OFFERS }),
      backUpSoon: () => this.#backUpSoon(),
      settled: async () => {
        if (this.#running?.kind === 'offers') await this.#running.outcome;
      },
    });
    this.#model = newModel({
      ...{ power: 'unknown', network: 'unknown', suspending: false },
      paused: this.#book.memory.paused,
      uptimeMs: this.#book.now().uptimeMs,
    });
  }

  /** Takes up the requests of an earlier run, and finds out whether a backup is due. */
  start(): void {
    const { requests, pinNotes } = this.#book.memory;
    for (const request of requests) {
      // The day's backup returns by itself when it is due; one that a person asked for continues.
      const byHand = request.kind === 'backup';
      this.#take({ type: 'request', request: { ...request, byHand } });
    }
    if (pinNotes.length > 0) this.#take({ type: 'request', request: PINS });
    this.offers.sendNoted();
    this.#isStarted = true;
    void this.volume.heal().then(() => this.copies.soon());
    this.lookAgain();
  }

  get view(): AgentView {
    const { movingMs = 0 } = this.#running ?? {};
    const facts = this.#facts;
    const status = describeStatus(this.#model, facts?.problems);
    const { memory, touchedMs } = this.#book;
    const now = this.#book.now();
    const volume = this.volume.view;
    return { model: this.#model, status, memory, touchedMs, facts, movingMs, volume, now };
  }

  /** Whether it may end: nothing is due, requested, or running. */
  get isIdle(): boolean {
    const isBusy = this.#running || this.#showing || this.copies.isBusy || this.volume.isOpen;
    return isIdle(this.#model) && !isBusy;
  }

  /** Takes note of a change of the laptop's state. */
  setWorld(change: Partial<World>): void {
    this.#take({ type: 'world', change });
    // A call that waits for a mount can keep a laptop from going to sleep.
    if (change.suspending || change.network === 'down') void this.volume.close();
    if (change.suspending === false) this.lookAgain();
  }

  /** The laptop joined a network, or another one. */
  joinedNetwork(): void {
    this.#take({ type: 'network-joined', wait: this.#spread() });
    this.lookAgain();
  }

  /** Takes a request and returns its job. Throws `battery` when the laptop has to be plugged in first. */
  request(request: Request): Job {
    const refused = refusal(this.#model.world);
    if (refused) throw refused;
    this.#take({ type: 'request', request });
    const job = jobFor(this.#model, request);
    if (!job) throw new DsError('internal', 'a request without a job');
    return job;
  }

  /** Requests again what failed or was cancelled last. Throws `not-found` when there is nothing. */
  retry(): Job {
    // Pins that the school refused are not sent again.
    const hasPins = this.#book.memory.pinNotes.length > 0;
    const last = lastUnfinished(this.#model, hasPins);
    if (!last) throw new DsError('not-found', 'nothing failed and nothing was cancelled');
    return this.request({ ...last.request, byHand: true });
  }

  /** Cancels a job; without an id the running one, or the first in line. */
  cancel(id: number | undefined = describeStatus(this.#model).job?.id): void {
    if (id !== undefined) this.#take({ type: 'cancel', id });
  }

  pause(paused: boolean): void {
    this.#book.notePause(paused);
    this.#take({ type: 'world', change: { paused } });
  }

  /** Pins or unpins now, or notes it for later. Throws what the school refused. */
  async pin(note: PinNote): Promise<'done' | 'later'> {
    const isOffline = this.#model.world.network === 'down';
    const send = (one: PinNote) => this.ask('send-pins', { notes: [one] });
    const when = await sendOrNote(note, isOffline, send);
    if (when === 'later') {
      // What the school will refuse is refused while the child looks on.
      if (note.snapshot === null) await this.ask('check-unpin', { entry: note.uid });
      this.#book.notePin(note);
      this.#take({ type: 'request', request: PINS });
    }
    return when;
  }

  /** All pins, with the notes applied, and the bytes they use and may use. */
  async listPins(): Promise<{ pins: PinRow[]; bytes: number; limit: number }> {
    const { pins, bytes, limit } = await this.ask('pins', {});
    return { pins: withNotes(pins, this.#book.memory.pinNotes), bytes, limit };
  }

  /** Finds out whether a backup is due. */
  lookAgain(): void {
    const { due, reason, againAtMs } = this.#book.judge();
    if (reason !== this.#dueReason) this.#options.log.info('due', { due, reason });
    this.#dueReason = reason;
    const wait = this.#book.appointment() ?? this.#spread();
    this.#take({ type: 'due', due, againAtMs, wait });
  }

  /** Runs an act that is no job in a worker that stays for more questions. */
  ask<Name extends ActName>(act: Name, params: ActParams<Name>): Promise<ActResult<Name>> {
    if (!this.#side || this.#side.isClosing) {
      this.#side = new Worker(this.#options.program, this.#options.log, false);
    }
    return this.#side.ask(act, params, { onServerTime: (ms) => this.#book.hear(ms) });
  }

  /** Ends the worker for questions, and frees its memory, unless it has a task. */
  rest(): void {
    if (this.#side?.isFree) this.#side.close();
  }

  /** Reads what the laptop knows by itself again. */
  async refreshFacts(): Promise<void> {
    this.#facts = await this.ask('facts', {});
    this.emit('change');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.copies[Symbol.dispose]();
    const workers = [this.#side, this.#showing, this.volume];
    const ends = workers.map((worker) => worker?.[Symbol.asyncDispose]());
    await Promise.all([this.#running?.stop(), ...ends]);
  }

  #take(event: Event): void {
    if (this.#isOver) return;
    const { jobs } = this.#model;
    const { uptimeMs } = this.#book.now();
    const world = { ...this.#model.world, uptimeMs };
    this.#model = next({ ...this.#model, world }, event);
    for (const job of this.#model.jobs) {
      const isNew = job.end && !jobs.find(({ id }) => id === job.id)?.end;
      if (isNew) this.#onEnd(job);
    }
    // Before all earlier requests are taken up, writing would lose those that are left.
    if (this.#isStarted) this.#book.noteJobs(this.#model.jobs);
    this.#act();
    this.emit('change');
  }

  #onEnd(job: Job): void {
    this.#options.log.info('end', { job: job.id, kind: job.request.kind, end: job.end });
    setTimeout(() => this.#take({ type: 'forget', id: job.id }), KEPT_MS).unref();
    this.emit('end', job);
  }

  /** Starts and stops what the model says, and sets the timer for the next change by itself. */
  #act(): void {
    const { run, wakeAtMs } = decide(this.#model);
    const job = this.#model.jobs.find(({ id }) => id === run);
    if (this.#running && this.#running.id !== run) void this.#running.stop();
    if (!this.#running && job) {
      if (this.#showing) void this.#showing[Symbol.asyncDispose]();
      else this.#begin(job);
    }
    clearTimeout(this.#timer);
    const { lookAtMs, world } = this.#model;
    const isLook = wakeAtMs === null || lookAtMs < wakeAtMs;
    const atMs = isLook ? lookAtMs : wakeAtMs;
    const wake = () => (isLook ? this.lookAgain() : this.#take({ type: 'world', change: {} }));
    this.#timer = setTimeout(wake, Math.max(0, atMs - world.uptimeMs) + 1);
  }

  #begin(job: Job): void {
    const { id, request } = job;
    this.#options.log.info('begin', { job: id, kind: request.kind, byHand: request.byHand });
    const offers = request.kind === 'offers' ? this.#book.takeOffers() : [];
    const notes = { pins: this.#book.memory.pinNotes, offers };
    const running = new RunningJob(job, notes, this.#options, {
      onServerTime: (ms) => this.#book.hear(ms),
      onProgress: (progress) => this.#take({ type: 'progress', id, progress }),
    });
    this.#running = running;
    void running.outcome.then((outcome) => {
      this.#running = undefined;
      const isCutOff = outcome.type === 'stopped' || outcome.type === 'failed';
      if (isCutOff && job.request.kind === 'restore') void this.#showRestored();
      this.#conclude(job, outcome);
    });
  }

  #conclude({ id, request: { kind } }: Job, outcome: Outcome): void {
    switch (outcome.type) {
      case 'stopped':
        this.#take({ type: 'stopped', id });
        if (!this.#isOver) this.emit('stopped');
        return;
      case 'failed': {
        const { failure } = outcome;
        const { code, message, retryAfterSeconds } = failure;
        this.#options.log.info('attempt-failed', { job: id, code, message, retryAfterSeconds });
        this.#take({ type: 'failed', id, failure, random: this.#options.random() });
        return;
      }
      case 'pins-sent': {
        this.#book.forgetPins(outcome.notes);
        const failure = refusalToTell(outcome.refused, outcome.notes);
        if (failure) this.#take({ type: 'failed', id, failure, random: 0 });
        else this.#take({ type: 'done', id, summary: {} });
        // Noted while these were sent.
        if (this.#book.memory.pinNotes.length > 0) this.#take({ type: 'request', request: PINS });
        return;
      }
      case 'offers-sent': {
        const [failure] = outcome.sent.refused;
        this.offers.wereSent(outcome.sent);
        if (failure) this.#take({ type: 'failed', id, failure, random: 0 });
        else this.#take({ type: 'done', id, summary: {} });
        this.offers.sendRest(outcome.sent);
        return;
      }
      case 'done':
        if (kind === 'backup') this.#book.noteBackup(outcome.result.details.held ?? '');
        this.#take({ type: 'done', id, summary: outcome.result.summary });
        if (kind === 'backup') this.lookAgain();
        if (kind === 'backup') this.offers.sendNoted();
        return;
      default:
        outcome satisfies never;
    }
  }

  /** As if a person had asked, but nobody looks on who could plug the laptop in: below her limit it waits for power. */
  #backUpSoon(): void {
    this.#take({ type: 'request', request: { kind: 'backup', ...NOTED, byHand: true } });
  }

  /** A stop takes two seconds at most, a new index of Sugar's may take longer. */
  async #showRestored(): Promise<void> {
    if (this.#isOver || this.#showing) return;
    const worker = new Worker(this.#options.program, this.#options.log, false);
    this.#showing = worker;
    const failed = ({ message }: Error) => this.#options.log.warn('not-shown', { reason: message });
    await worker.ask('show-restored', {}).catch(failed);
    worker.close();
    await worker.ended;
    this.#showing = undefined;
    if (!this.#isOver) this.#act();
  }

  /** A random wait, so that the laptops of a school that is switched on do not all ask at once. */
  #spread(): Wait | null {
    const ms = this.#options.random() * this.#options.spreadMs;
    if (ms <= 0) return null;
    return { reason: 'spread', untilMs: this.#book.now().uptimeMs + ms, place: 0 };
  }
}
