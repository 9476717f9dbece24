/**
 * A child of the agent that does what needs memory: backups, restores, looking around at school. It
 * takes tasks from stdin, one after the other, and ends when stdin does, so that none outlives an
 * agent that was killed.
 */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Clock } from '../shared/clock.ts';
import { asDsError, DsError } from '../shared/errors.ts';
import { ServerBusy } from './admission.ts';
import type { Context } from './context.ts';
import { explainFull } from './full.ts';
import { Lookaround } from './lookaround.ts';
import type { Looking } from './looking.ts';
import type { Progress } from './progress.ts';
import type { Failure } from './service/setback.ts';
import { ACTS, type Desk } from './worker-acts.ts';
import { formatLine, type Report, type Task } from './worker-protocol.ts';

export interface WorkerOptions {
  input: Readable;
  write: (text: string) => void;
  clock: Clock;
  /** Ends everything; its reason is a DsError `cancelled`. */
  stop: AbortController;
  /** Settings and places, the rest being the worker's. */
  makeContext: (own: Pick<Context, 'signal' | 'onProgress' | 'warn' | 'onServerTime'>) => Context;
}

/** Progress is reported no more often than this, in milliseconds. */
const REPORT_MS = 200;

/** Works until the input ends. */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { input, write, stop } = options;
  const tasks = createInterface({ input });
  const closed = () => stop.abort(new DsError('cancelled', 'the agent is gone', { retry: true }));
  input.once('end', closed).once('error', closed);
  let report: (message: Report) => void = (message) => write(formatLine(message));
  let current = 0;
  const meter = throttled(options.clock, (progress) => report({ id: current, progress }));
  const context = options.makeContext({
    signal: stop.signal,
    onProgress: meter,
    warn: () => {},
    onServerTime: (serverTime) => report({ id: current, serverTime }),
  });
  await using lookaround = new Lookaround(context);
  let looking: Looking | undefined;
  const desk: Desk = {
    context,
    lookaround,
    looking: async () => {
      looking ??= new (await import('./looking.ts')).Looking(context, lookaround);
      return looking;
    },
  };
  try {
    for await (const line of tasks) {
      const { id, act, params } = JSON.parse(line) as Task;
      current = id;
      report(await perform(desk, id, act, params));
    }
  } finally {
    report = () => {};
  }
}

async function perform(
  desk: Desk,
  id: number,
  act: string,
  params: Task['params'],
): Promise<Report> {
  try {
    const known = Object.hasOwn(ACTS, act) ? ACTS[act] : undefined;
    if (!known) throw new DsError('internal', `there is no act "${act}"`);
    return { id, result: (await known(desk, params)) ?? null };
  } catch (cause) {
    const { signal } = desk.context;
    const error = signal.aborted ? asDsError(signal.reason) : explainFull(cause);
    return { id, failure: describe(error) };
  }
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

/** The newest progress, at most every so often, and each new phase at once. */
function throttled(clock: Clock, report: (progress: Progress) => void) {
  let lastMs = Number.NEGATIVE_INFINITY;
  let phase = '';
  return (progress: Progress) => {
    const now = clock.monotonicMs();
    if (progress.phase === phase && now - lastMs < REPORT_MS) return;
    phase = progress.phase;
    lastMs = now;
    report(progress);
  };
}
