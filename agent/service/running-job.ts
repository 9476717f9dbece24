/**
 * One job at work: its worker, how long it has been moving, and how it ended.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { Progress } from '../progress.ts';
import type { Job, JobKind } from '../rules/jobs.ts';
import type { Failure } from '../rules/retry.ts';
import { Worker, WorkerFailure, type WorkerProgram } from '../worker/process.ts';

export interface Listener {
  onProgress: (progress: Progress) => void;
  onServerTime: (ms: number) => void;
}

export type Outcome = { is: 'done'; result: unknown } | { is: 'stopped' } | Failed;
type Failed = { is: 'failed'; failure: Failure };

export interface AtWorkOptions {
  program: WorkerProgram;
  clock: Clock;
  log: Log;
}

/** What a worker is asked for. */
const ACT: Record<JobKind, string> = {
  backup: 'backup',
  restore: 'restore',
  'restore-entry': 'restore',
  keep: 'keep',
  fetch: 'fetch',
  pins: 'pin',
};

export class AtWork {
  readonly id: number;
  /** Resolves when the worker is gone. */
  readonly outcome: Promise<Outcome>;
  readonly #clock: Clock;
  readonly #worker: Worker;
  #movingSinceMs = 0;
  #isStopping = false;

  constructor(
    job: Job,
    params: object,
    { program, clock, log }: AtWorkOptions,
    listener: Listener,
  ) {
    const { kind, byHand } = job.request;
    this.id = job.id;
    this.#clock = clock;
    this.#worker = new Worker(program, log, kind === 'backup' && !byHand);
    this.outcome = this.#run(kind, params, listener);
  }

  /** Since its bytes or entries began to move, in milliseconds. */
  get movingMs(): number {
    return this.#movingSinceMs > 0 ? this.#clock.monotonicMs() - this.#movingSinceMs : 0;
  }

  /** Ends it; what is done is kept. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#worker[Symbol.asyncDispose]();
    await this.outcome;
  }

  async #run(kind: JobKind, params: object, listener: Listener): Promise<Outcome> {
    const onProgress = (progress: Progress) => {
      const isMoving = progress.bytesDone + progress.entriesDone > 0;
      if (isMoving) this.#movingSinceMs ||= this.#clock.monotonicMs();
      listener.onProgress(progress);
    };
    try {
      const result = await this.#worker.ask(ACT[kind], params, { ...listener, onProgress });
      return { is: 'done', result };
    } catch (error) {
      return this.#isStopping ? { is: 'stopped' } : { is: 'failed', failure: failureOf(error) };
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
