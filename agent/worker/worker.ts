/**
 * A worker's own process: runs the tasks that come over the IPC channel one after the other, and ends
 * when the channel closes, so that none outlives an agent that was killed.
 */
import { on } from 'node:events';
import type { Clock } from '../../shared/clock.ts';
import { asDsError, DsError } from '../../shared/errors.ts';
import type { Context } from '../context.ts';
import { explainDatastore, explainFull } from '../laptop-full.ts';
import { freeBytes } from '../profile.ts';
import type { Progress } from '../progress.ts';
import type { Failure } from '../rules/retry.ts';
import { ServerBusy } from '../wire/busy.ts';
import { runAct } from './acts.ts';
import type { ParentPort, Report, Task } from './protocol.ts';
import { openWorkerContext, type WorkerContext } from './worker-context.ts';

export interface WorkerOptions {
  parent: ParentPort;
  clock: Clock;
  /** Ends everything; its reason is a DsError `cancelled`. */
  stop: AbortController;
  /** Settings and paths; the rest is the worker's own. */
  makeContext: (own: Pick<Context, 'signal' | 'onProgress' | 'warn' | 'onServerTime'>) => Context;
}

/** Minimum time between two reports of progress in the same phase, in milliseconds. */
const REPORT_MS = 200;

/** Works until the channel closes or `stop` fires. Throws `usage` when a person started it. */
export async function runWorker({
  parent,
  clock,
  stop,
  makeContext,
}: WorkerOptions): Promise<void> {
  if (!parent.connected) throw new DsError('usage', '"worker" is started by the agent only');
  const { signal } = stop;
  const onClosed = () => stop.abort(new DsError('cancelled', 'the agent is gone', { retry: true }));
  parent.once('disconnect', onClosed);
  const tasks = on(parent as NodeJS.Process, 'message', { signal });
  let current = 0;
  const meter = new Throttle(clock, (progress) => {
    void send(parent, { id: current, type: 'progress', progress });
  });
  const context = makeContext({
    signal,
    onProgress: (progress) => meter.take(progress),
    warn: (message) => void send(parent, { id: current, type: 'warning', message }),
    onServerTime: (ms) => void send(parent, { id: current, type: 'server-time', ms }),
  });
  await using worker = openWorkerContext(context, (news) => {
    void send(parent, { id: current, type: 'volume', news });
  });
  try {
    for await (const [{ id, act, params }] of tasks as AsyncIterable<[Task]>) {
      current = id;
      const end = await perform(worker, act, params);
      meter.flush();
      await send(parent, { id, ...end });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    if (parent.connected) parent.disconnect?.();
  }
}

type End = { type: 'result'; result: unknown } | { type: 'failure'; failure: Failure };

async function perform(worker: WorkerContext, act: string, params: unknown): Promise<End> {
  try {
    return { type: 'result', result: (await runAct(worker, act, params)) ?? null };
  } catch (cause) {
    const { signal, paths } = worker.context;
    const error = signal.aborted
      ? asDsError(signal.reason)
      : explainFull(explainDatastore(cause, () => freeBytes(paths.profile)));
    return { type: 'failure', failure: describe(error) };
  }
}

/** Resolves when it is sent, or cannot be sent because the agent is gone. */
function send(parent: ParentPort, report: Report): Promise<void> {
  if (!parent.connected) return Promise.resolve();
  return new Promise((resolve) => {
    parent.send?.(report, undefined, undefined, () => resolve());
  });
}

function describe(error: DsError): Failure {
  const { code, message, hint = '' } = error;
  if (!(error instanceof ServerBusy)) return { code, message, hint };
  const { retryAfterSeconds, place, why } = error.busy;
  return {
    ...{ code, message, hint, retryAfterSeconds },
    ...(place !== undefined && { place }),
    ...(why !== undefined && { why }),
  };
}

/** Reports the newest progress once per interval, and each new phase at once. */
class Throttle {
  readonly #clock: Clock;
  readonly #report: (progress: Progress) => void;
  #lastMs = Number.NEGATIVE_INFINITY;
  #phase = '';
  #pending: Progress | undefined;

  constructor(clock: Clock, report: (progress: Progress) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  take(progress: Progress): void {
    const now = this.#clock.monotonicMs();
    this.#pending = progress;
    if (progress.phase === this.#phase && now - this.#lastMs < REPORT_MS) return;
    this.#phase = progress.phase;
    this.#lastMs = now;
    this.flush();
  }

  /** Reports what was held back. */
  flush(): void {
    if (this.#pending) this.#report(this.#pending);
    this.#pending = undefined;
  }
}
