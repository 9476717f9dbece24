/**
 * A child of the agent that does what needs memory: backups, restores, looking around at school. It
 * takes tasks from stdin, one after the other, and ends when stdin does, so that none outlives an
 * agent that was killed.
 */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Clock } from '../../shared/clock.ts';
import { asDsError, DsError } from '../../shared/errors.ts';
import type { Catalogue } from '../browse/catalogue.ts';
import type { Context } from '../context.ts';
import { explainFull } from '../laptop-full.ts';
import type { Progress } from '../progress.ts';
import type { Failure } from '../rules/retry.ts';
import { SharedSession } from '../school/shared-session.ts';
import { ServerBusy } from '../wire/admission.ts';
import { ACTS, type Desk } from './acts.ts';
import { formatLine, type Report, type Task } from './protocol.ts';

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
  const end = () => {
    tasks.close();
    input.destroy();
  };
  stop.signal.addEventListener('abort', end, { once: true });
  let report: (message: Report) => void = (message) => write(formatLine(message));
  let current = 0;
  const meter = new Throttle(options.clock, (progress) => report({ id: current, progress }));
  const context = options.makeContext({
    signal: stop.signal,
    onProgress: (progress) => meter.take(progress),
    warn: () => {},
    onServerTime: (serverTime) => report({ id: current, serverTime }),
  });
  await using lookaround = new SharedSession(context);
  let looking: Catalogue | undefined;
  const desk: Desk = {
    context,
    lookaround,
    looking: async () => {
      looking ??= new (await import('../browse/catalogue.ts')).Catalogue(context, lookaround);
      return looking;
    },
    journalChanged: () => looking?.forgetJournal(),
  };
  try {
    for await (const line of tasks) {
      const { id, act, params } = JSON.parse(line) as Task;
      current = id;
      const end = await perform(desk, id, act, params);
      meter.flush();
      report(end);
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

/** Reports the newest progress at most every so often, and each new phase at once. */
class Throttle {
  readonly #clock: Clock;
  readonly #report: (progress: Progress) => void;
  #lastMs = Number.NEGATIVE_INFINITY;
  #phase = '';
  #unsaid: Progress | undefined;

  constructor(clock: Clock, report: (progress: Progress) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  take(progress: Progress): void {
    const now = this.#clock.monotonicMs();
    this.#unsaid = progress;
    if (progress.phase === this.#phase && now - this.#lastMs < REPORT_MS) return;
    this.#phase = progress.phase;
    this.#lastMs = now;
    this.flush();
  }

  /** How far it came in the end. */
  flush(): void {
    if (this.#unsaid) this.#report(this.#unsaid);
    this.#unsaid = undefined;
  }
}
