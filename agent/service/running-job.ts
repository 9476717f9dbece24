/**
 * The job at work: its worker, how long it has been transferring, and how it ended.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { Progress } from '../progress.ts';
import type { Job, JobKind } from '../rules/jobs.ts';
import type { Failure } from '../rules/retry.ts';
import type { JobResult } from '../worker/acts.ts';
import { Worker, WorkerFailure, type WorkerProgram } from '../worker/process.ts';
import type { SentOffers } from '../worker/send-offers.ts';
import type { RefusedPin } from '../worker/send-pins.ts';
import type { PinNote } from './memory.ts';

export interface JobListener {
  onProgress: (progress: Progress) => void;
  /** In milliseconds since 1970. */
  onServerTime: (ms: number) => void;
}

/** What was noted to be sent later. */
export interface Notes {
  pins: readonly PinNote[];
  offers: readonly string[];
}

export type Outcome =
  | { type: 'done'; result: JobResult }
  /** Pins that were sent; some may have been refused. */
  | { type: 'pins-sent'; notes: readonly PinNote[]; refused: readonly RefusedPin[] }
  | { type: 'offers-sent'; sent: SentOffers }
  | { type: 'stopped' }
  | { type: 'failed'; failure: Failure };

export interface RunningJobOptions {
  program: WorkerProgram;
  clock: Clock;
  log: Log;
}

export class RunningJob {
  readonly id: number;
  readonly kind: JobKind;
  /** Resolves when the worker has ended. */
  readonly outcome: Promise<Outcome>;
  readonly #clock: Clock;
  readonly #worker: Worker;
  #movingSinceMs: number | undefined;
  #isStopping = false;

  /** Starts the job's worker; `notes` are what jobs of the kinds `pins` and `offers` send. */
  constructor(
    { id, request }: Job,
    notes: Notes,
    { program, clock, log }: RunningJobOptions,
    listener: JobListener,
  ) {
    this.id = id;
    this.kind = request.kind;
    this.#clock = clock;
    this.#worker = new Worker(program, log, request.kind === 'backup' && !request.byHand);
    const onProgress = (progress: Progress) => {
      const isMoving = progress.bytesDone + progress.entriesDone > 0;
      if (isMoving) this.#movingSinceMs ??= clock.monotonicMs();
      listener.onProgress(progress);
    };
    this.outcome = this.#run(request, notes, { ...listener, onProgress });
  }

  /** Since the first byte or entry was transferred, in milliseconds; 0 before that. */
  get movingMs(): number {
    const since = this.#movingSinceMs;
    return since === undefined ? 0 : this.#clock.monotonicMs() - since;
  }

  /** Stops it; what was transferred is kept. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#worker[Symbol.asyncDispose]();
    await this.outcome;
  }

  async #run(request: Job['request'], notes: Notes, listener: JobListener): Promise<Outcome> {
    const { kind, of, snapshot, entry } = request;
    try {
      if (kind === 'pins') {
        const refused = await this.#worker.ask('send-pins', { notes: [...notes.pins] }, listener);
        return { type: 'pins-sent', notes: notes.pins, refused };
      }
      if (kind === 'offers') {
        const sent = await this.#worker.ask(
          'send-offers',
          { entries: [...notes.offers] },
          listener,
        );
        return { type: 'offers-sent', sent };
      }
      const result = await this.#worker.ask(kind, { of, snapshot, entry }, listener);
      return { type: 'done', result };
    } catch (error) {
      return this.#isStopping ? { type: 'stopped' } : { type: 'failed', failure: failureOf(error) };
    } finally {
      this.#worker.close();
      await this.#worker.ended;
    }
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof WorkerFailure) return error.failure;
  return { code: 'internal', message: String(error), hint: '' };
}
