/**
 * The agent: feeds what happens to the state machine and brings about what it decides. Holds no rules of
 * its own; those are in machine.ts, obstacles.ts, setback.ts and due.ts.
 */
import { EventEmitter } from 'node:events';
import type { Clock } from '../../shared/clock.ts';
import { DsError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Facts } from '../browse/facts.ts';
import type { Paths } from '../paths.ts';
import type { Due } from '../rules/due.ts';
import type { Job, Request, Wait } from '../rules/jobs.ts';
import {
  decide,
  type Event,
  isIdle,
  jobFor,
  type Model,
  newModel,
  next,
} from '../rules/machine.ts';
import { BATTERY_BY_HAND, type World } from '../rules/obstacles.ts';
import { describe, type Standing } from '../rules/status.ts';
import { Worker, type WorkerProgram } from '../worker/process.ts';
import { DayBook } from './day-book.ts';
import { type Memory, type PinNote, type Refusal, refusalToTell } from './memory.ts';
import { AtWork, type Outcome } from './running-job.ts';

export interface AgentOptions {
  paths: Paths;
  program: WorkerProgram;
  clock: Clock;
  log: Log;
  random: () => number;
  /** The day's backup begins at a random moment within this, in milliseconds (A4). */
  spreadMs: number;
}

/**
 * What those who watch are told: `change` after anything, `end` with a job that ended, `stopped` when
 * the work on one that was stopped is over and has noted how far it came.
 */
interface Events {
  change: [];
  end: [Job];
  stopped: [];
}

/** While it runs it looks at least so often whether a backup is due, in milliseconds. */
const LONGEST_SLEEP_MS = 6 * 3_600_000;
/** And not more often than this (A2). */
const SHORTEST_LOOK_MS = 15 * 60_000;
/** How long jobs that ended can be looked at, in milliseconds. */
const KEPT_MS = 5 * 60_000;

export class Agent extends EventEmitter<Events> implements AsyncDisposable {
  readonly #options: AgentOptions;
  readonly #book: DayBook;
  #model: Model;
  #due: Due | undefined;
  #facts: Facts | undefined;
  #atWork: AtWork | undefined;
  /** For looking around. */
  #side: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;
  #isStarted = false;

  constructor(options: AgentOptions) {
    super();
    const { paths, clock, log } = options;
    this.#options = options;
    this.#book = new DayBook(paths, clock, log);
    this.#model = newModel({
      ...{ power: 'unknown', network: 'unknown', suspending: false },
      paused: this.memory.paused,
      uptimeMs: this.#book.now().uptimeMs,
    });
  }

  /** Takes up what was left, and looks whether a backup is due. */
  start(): void {
    for (const request of this.memory.requests) {
      // A backup that nobody asked for ends where none is due; one that was asked for goes on.
      const byHand = request.kind === 'backup';
      this.#take({ is: 'request', request: { ...request, byHand } });
    }
    if (this.memory.pinNotes.length > 0) this.#take({ is: 'request', request: PINS });
    this.#isStarted = true;
    this.lookAgain();
  }

  get model(): Model {
    return this.#model;
  }

  get standing(): Standing {
    return describe(this.#model);
  }

  get memory(): Memory {
    return this.#book.memory;
  }

  get due(): Due | undefined {
    return this.#due;
  }

  /** What the laptop knows by itself, as last read. */
  get facts(): Facts | undefined {
    return this.#facts;
  }

  /** How long the job under way has been moving, in milliseconds; 0 for not at all. */
  get movingMs(): number {
    return this.#atWork?.movingMs ?? 0;
  }

  /** Whether it may end: nothing is due, asked for, or to be sent. */
  get isIdle(): boolean {
    return isIdle(this.#model) && !this.#atWork;
  }

  /** Something about the laptop changed. */
  world(change: Partial<World>): void {
    this.#take({ is: 'world', change });
    if (change.suspending === false) this.lookAgain();
  }

  /** The laptop came into a network, or into another one. */
  networkCame(): void {
    this.#take({ is: 'network-came', wait: this.#spread() });
    this.lookAgain();
  }

  /** Takes a request; its job. Throws `battery` when a person has to plug in first (A3). */
  request(request: Request): Job {
    const { power } = this.#model.world;
    if (typeof power === 'object' && power.percent < BATTERY_BY_HAND) {
      throw new DsError('battery', `the battery is at ${Math.floor(power.percent)} %`, {
        hint: 'plug the laptop in and try again',
      });
    }
    this.#take({ is: 'request', request });
    const job = jobFor(this.#model, request);
    if (!job) throw new DsError('internal', 'a request without a job');
    return job;
  }

  cancel(id: number): void {
    this.#take({ is: 'cancel', id });
  }

  pause(paused: boolean): void {
    this.#book.notePause(paused);
    this.#take({ is: 'world', change: { paused } });
  }

  /** Notes a pin or an unpin, to be sent when the school is near (A11). */
  notePin(note: PinNote): void {
    this.#book.notePin(note);
    this.#take({ is: 'request', request: PINS });
  }

  /** Looks whether a backup is due: when the day, the network or the Journal changed. */
  lookAgain(): void {
    const due = this.#book.judge();
    if (due.reason !== this.#due?.reason) {
      this.#options.log.info('due', { due: due.due, reason: due.reason });
    }
    this.#due = due;
    const wait = this.#book.appointment() ?? this.#spread();
    this.#take({ is: 'due', due: due.due, wait });
  }

  /** Asks a worker for what is no job: looking around, the laptop's own facts. */
  ask(act: string, params: object = {}): Promise<unknown> {
    if (!this.#side || this.#side.isClosing) {
      this.#side = new Worker(this.#options.program, this.#options.log, false);
    }
    return this.#side.ask(act, params, { onServerTime: (ms) => this.#book.hear(ms) });
  }

  /** Gives back the memory of the worker for looking around, unless somebody waits for it. */
  rest(): void {
    if (this.#side?.isFree) this.#side.close();
  }

  /** Reads what the laptop knows by itself anew. */
  async refreshFacts(): Promise<void> {
    this.#facts = (await this.ask('facts')) as Facts;
    this.emit('change');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#timer);
    await Promise.all([this.#atWork?.stop(), this.#side?.[Symbol.asyncDispose]()]);
  }

  #take(event: Event): void {
    if (this.#isOver) return;
    const { jobs } = this.#model;
    const { uptimeMs } = this.#book.now();
    const world = { ...this.#model.world, uptimeMs };
    this.#model = next({ ...this.#model, world }, event);
    for (const job of this.#model.jobs) {
      const isNews = job.end && !jobs.find(({ id }) => id === job.id)?.end;
      if (isNews) this.#noteEnd(job);
    }
    // Until what was left is taken up, it is not to be forgotten.
    if (this.#isStarted) this.#book.noteJobs(this.#model.jobs);
    this.#bringAbout();
    this.emit('change');
  }

  #noteEnd(job: Job): void {
    this.#options.log.info('end', { job: job.id, kind: job.request.kind, end: job.end });
    setTimeout(() => this.#take({ is: 'forget', id: job.id }), KEPT_MS).unref();
    this.emit('end', job);
  }

  #bringAbout(): void {
    const { run, wakeAtMs } = decide(this.#model);
    const job = this.#model.jobs.find(({ id }) => id === run);
    if (this.#atWork && this.#atWork.id !== run) void this.#atWork.stop();
    if (!this.#atWork && job) this.#begin(job);
    clearTimeout(this.#timer);
    if (this.isIdle) return;
    const wait = wakeAtMs === null ? LONGEST_SLEEP_MS : wakeAtMs - this.#model.world.uptimeMs;
    const look = Math.max(this.#due?.againInMs ?? LONGEST_SLEEP_MS, SHORTEST_LOOK_MS);
    const wake = () => (wait <= look ? this.#take({ is: 'world', change: {} }) : this.lookAgain());
    this.#timer = setTimeout(wake, Math.min(wait, look, LONGEST_SLEEP_MS) + 1);
  }

  #begin(job: Job): void {
    const { id, request } = job;
    const notes = this.memory.pinNotes;
    const params = request.kind === 'pins' ? { notes } : request;
    this.#options.log.info('begin', { job: id, kind: request.kind, byHand: request.byHand });
    const atWork = new AtWork(job, params, this.#options, {
      onServerTime: (ms) => this.#book.hear(ms),
      onProgress: (progress) => this.#take({ is: 'progress', id, progress }),
    });
    this.#atWork = atWork;
    void atWork.outcome.then((outcome) => {
      this.#atWork = undefined;
      this.#conclude(job, outcome, notes);
    });
  }

  #conclude({ id, request: { kind } }: Job, outcome: Outcome, notes: readonly PinNote[]): void {
    switch (outcome.is) {
      case 'stopped':
        this.#take({ is: 'stopped', id });
        if (!this.#isOver) this.emit('stopped');
        return;
      case 'failed': {
        const { failure } = outcome;
        const { code, message, retryAfterSeconds } = failure;
        this.#options.log.info('setback', { job: id, code, message, retryAfterSeconds });
        return void this.#take({ is: 'failed', id, failure, random: this.#options.random() });
      }
      case 'done': {
        const { summary = {}, held = '', refused = [] } = (outcome.result ?? {}) as Ending;
        if (kind === 'backup') this.#book.noteBackup(held);
        if (kind === 'pins') this.#book.forgetPins(notes);
        const failure = refusalToTell(refused, notes);
        if (failure) this.#take({ is: 'failed', id, failure, random: 0 });
        else this.#take({ is: 'done', id, summary });
        if (kind === 'backup') this.lookAgain();
        // Noted while the others were sent.
        if (this.memory.pinNotes.length > 0) this.#take({ is: 'request', request: PINS });
        return;
      }
      default:
        outcome satisfies never;
    }
  }

  /** By chance, so that a school that comes in together does not ask together. */
  #spread(): Wait | null {
    const ms = this.#options.random() * this.#options.spreadMs;
    if (ms <= 0) return null;
    return { reason: 'spread', untilMs: this.#book.now().uptimeMs + ms, place: 0 };
  }
}

interface Ending {
  summary?: Job['summary'];
  held?: string;
  refused?: readonly Refusal[];
}

const PINS: Request = { kind: 'pins', byHand: false, of: '', snapshot: '', entry: '' };
