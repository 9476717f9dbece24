/**
 * The agent's state machine, as two pure functions: `next` takes an event, `decide` returns which job
 * should run now; the caller starts and stops workers accordingly. A backup becomes due, waits for its
 * obstacles to go, asks the server, queues for its slot, sends, and waits for confirmation. Restores run
 * first, and a job that an obstacle stopped continues when the obstacle is gone.
 */
import type { Progress } from '../progress.ts';
import {
  type Hindrance,
  type Job,
  type JobEnd,
  liveJobs,
  newJob,
  type Request,
  type Wait,
} from './jobs.ts';
import { DOWN_HINT_MS, obstacles, type World } from './obstacles.ts';
import { decideRetry, type Failure } from './retry.ts';

export interface Model {
  /** Live ones by id; those that ended follow, in the order in which they did. */
  jobs: readonly Job[];
  nextId: number;
  world: World;
  /** Whether the day's backup is still to be made. */
  due: boolean;
  /** When the next backup becomes due; null while one is due or nobody knows. All times are uptimes in ms. */
  againAtMs: number | null;
  /** When to find out again whether a backup is due. */
  lookAtMs: number;
  /** The day's backup was cancelled by hand: it rests until then. */
  restUntilMs: number;
}

export type Event =
  | { type: 'world'; change: Partial<World> }
  /** The laptop joined a network, or another one. */
  | { type: 'network-joined'; wait: Wait | null }
  | { type: 'due'; due: boolean; againAtMs: number | null; wait: Wait | null }
  | { type: 'request'; request: Request }
  | { type: 'progress'; id: number; progress: Progress }
  | { type: 'done'; id: number; summary: Record<string, number> }
  | { type: 'failed'; id: number; failure: Failure; random: number }
  /** The worker ended because we stopped it. */
  | { type: 'stopped'; id: number }
  | { type: 'cancel'; id: number }
  | { type: 'forget'; id: number };

export function newModel(world: World): Model {
  // Nobody has looked yet: a backup may well be due.
  const due = { due: true, againAtMs: null, lookAtMs: lookTime(null, world.uptimeMs) };
  return { jobs: [], nextId: 1, world, ...due, restUntilMs: 0 };
}

/** Rest of the day's backup after somebody cancelled it, in milliseconds. */
const REST_MS = 3_600_000;
/** While the agent runs it looks at least this often whether a backup is due, in milliseconds … */
const LONGEST_LOOK_MS = 6 * 3_600_000;
/** … and not more often than this: waking up costs battery. */
const SHORTEST_LOOK_MS = 15 * 60_000;
/** Waits that end when a person asks or the network changes; a slot in the server's queue does not. */
const ENDS_AT_ONCE: readonly Hindrance[] = [
  'no-network',
  ...(['no-server', 'not-registered', 'teacher', 'other-run', 'untrusted-server'] as const),
  ...(['laptop-full', 'problem', 'spread', 'rest', 'server-full', 'over-quota'] as const),
];

/** Waits that another network does not end; any other reason came from a server that may not be there. */
const LASTING: readonly Hindrance[] = ['rest', 'spread'];

/** The model after an event. */
export function next(model: Model, event: Event): Model {
  return withEndedLast(model, apply(model, event));
}

function apply(model: Model, event: Event): Model {
  switch (event.type) {
    case 'world':
      return withWorld(model, event.change);
    case 'network-joined':
      return mapJobs(model, (job) => {
        if (!job.wait || LASTING.includes(job.wait.reason)) return job;
        return { ...job, failures: 0, wait: job.request.byHand ? null : event.wait };
      });
    case 'due': {
      const { due, againAtMs } = event;
      const lookAtMs = lookTime(againAtMs, model.world.uptimeMs);
      return withDailyBackup({ ...model, due, againAtMs, lookAtMs }, event.wait);
    }
    case 'request':
      return withRequest(model, event.request);
    case 'progress':
      return changeJob(model, event.id, (job) => withProgress(job, event.progress));
    case 'done':
      return finish(model, event.id, event.summary);
    case 'failed':
      return fail(model, event.id, event.failure, event.random);
    case 'stopped':
      return changeJob(model, event.id, (job) => ({ ...job, progress: null }));
    case 'cancel':
      return cancel(model, event.id);
    case 'forget':
      return { ...model, jobs: model.jobs.filter(({ id }) => id !== event.id) };
    default:
      return event satisfies never;
  }
}

function lookTime(againAtMs: number | null, nowMs: number): number {
  const wanted = againAtMs ?? Number.POSITIVE_INFINITY;
  return nowMs + Math.min(Math.max(wanted - nowMs, SHORTEST_LOOK_MS), LONGEST_LOOK_MS);
}

export interface Decision {
  /** The job that should run, if any; any other is to be stopped. */
  run: number | null;
  /** When a wait ends by itself, by the uptime in milliseconds; null for never. */
  wakeAtMs: number | null;
}

/** Which job should run now. */
export function decide({ jobs, world }: Model): Decision {
  const live = liveJobs(jobs);
  const ready = live.find((job) => obstacles(job, world).length === 0);
  const ends = live.flatMap(({ wait }) =>
    wait && wait.untilMs > world.uptimeMs ? [wait.untilMs] : [],
  );
  if (world.downSinceMs !== undefined && live.length > 0) {
    const askAtMs = world.downSinceMs + DOWN_HINT_MS;
    if (askAtMs > world.uptimeMs) ends.push(askAtMs);
  }
  return { run: ready?.id ?? null, wakeAtMs: ends.length > 0 ? Math.min(...ends) : null };
}

/** The live job that does the same, if there is one. */
export function jobFor(model: Model, request: Request): Job | undefined {
  return model.jobs.find((job) => job.end === null && isSame(job.request, request));
}

/** What failed or was cancelled last; jobs that send pins count only while there are pins to send. */
export function lastUnfinished({ jobs }: Model, hasPins: boolean): Job | undefined {
  return jobs.findLast(({ end, request: { kind } }) => {
    if (kind === 'offers') return false; // what was refused is not offered again
    return (end === 'failed' || end === 'cancelled') && (kind !== 'pins' || hasPins);
  });
}

/** Whether nothing is left to do. */
export function isIdle({ jobs, due }: Model): boolean {
  return !due && jobs.every(({ end }) => end !== null);
}

function withWorld(model: Model, change: Partial<World>): Model {
  const { network, uptimeMs, ...before } = model.world;
  const world: World = { ...before, network, uptimeMs, ...change };
  if (change.network === undefined || change.network === network) return { ...model, world };
  if (change.network === 'down') {
    return { ...model, world: { ...world, downSinceMs: world.uptimeMs } };
  }
  const { downSinceMs: _, ...up } = world;
  return mapJobs({ ...model, world: up }, (job) => {
    return job.wait?.reason === 'no-network' ? { ...job, wait: null } : job;
  });
}

function withRequest(model: Model, request: Request): Model {
  const same = jobFor(model, request);
  if (!same) return addJob(model, request, null);
  return changeJob(model, same.id, (job) => {
    const wait = job.wait && ENDS_AT_ONCE.includes(job.wait.reason) ? null : job.wait;
    const byHand = job.request.byHand || request.byHand;
    return { ...job, request: { ...job.request, byHand }, failures: 0, wait };
  });
}

/** Adds the day's backup when it becomes due, and ends one that is no longer needed. */
function withDailyBackup(model: Model, wait: Wait | null): Model {
  const live = model.jobs.filter((job) => job.end === null && job.request.kind === 'backup');
  if (model.due && live.length === 0) {
    const request: Request = { kind: 'backup', byHand: false, of: '', snapshot: '', entry: '' };
    const rest = model.restUntilMs > model.world.uptimeMs;
    const resting: Wait = { reason: 'rest', untilMs: model.restUntilMs, place: 0 };
    return addJob(model, request, rest ? resting : wait);
  }
  if (model.due) return model;
  return mapJobs(model, (job) => {
    const needless = live.includes(job) && !job.request.byHand && job.progress === null;
    return needless ? ended(job, 'done') : job;
  });
}

function finish(model: Model, id: number, summary: Record<string, number>): Model {
  const isBackup = model.jobs.some((job) => job.id === id && job.request.kind === 'backup');
  const finished = changeJob(model, id, (job) => {
    return { ...ended(job, 'done'), problem: null, summary };
  });
  return isBackup ? { ...finished, due: false } : finished;
}

function fail(model: Model, id: number, failure: Failure, random: number): Model {
  const failed = changeJob(model, id, (job) => {
    const { code, message, hint } = failure;
    const failures = job.failures + 1;
    const tried: Job = { ...job, failures, progress: null, problem: { code, message, hint } };
    const retry = decideRetry(tried, failure, model.world, random);
    if (retry.type === 'give-up') return ended(tried, 'failed');
    // A server that is busy is no problem: what was one before is shown on.
    const problem = code === 'server-busy' ? job.problem : tried.problem;
    return { ...tried, problem, failures: retry.counts ? failures : 0, wait: retry.wait };
  });
  const { request, end } = failed.jobs.find((job) => job.id === id) ?? {};
  const isWaitedFor = request?.kind === 'backup' && failure.code === 'pending-approval';
  if (end !== 'failed' || !isWaitedFor || !failed.due) return failed;
  // Who asked is told; the day's backup asks on, for a teacher may be typing the digits.
  return fail(withDailyBackup(failed, null), failed.nextId, failure, random);
}

function cancel(model: Model, id: number): Model {
  const job = model.jobs.find((one) => one.id === id && one.end === null);
  if (!job) return model;
  const cancelled = changeJob(model, id, (one) => ended(one, 'cancelled'));
  if (job.request.kind !== 'backup') return cancelled;
  const rested = { ...cancelled, restUntilMs: model.world.uptimeMs + REST_MS };
  return withDailyBackup(rested, null);
}

function addJob(model: Model, request: Request, wait: Wait | null): Model {
  const job = { ...newJob(model.nextId, request), wait };
  return { ...model, jobs: [...model.jobs, job], nextId: model.nextId + 1 };
}

/** Only transferred bytes prove that the server is there. */
function withProgress(job: Job, progress: Progress): Job {
  const failures = progress.bytesDone > 0 ? 0 : job.failures;
  return { ...job, failures, progress };
}

function isSame(a: Request, b: Request): boolean {
  return a.kind === b.kind && a.of === b.of && a.snapshot === b.snapshot && a.entry === b.entry;
}

function changeJob(model: Model, id: number, change: (job: Job) => Job): Model {
  return mapJobs(model, (job) => (job.id === id && job.end === null ? change(job) : job));
}

function mapJobs(model: Model, change: (job: Job) => Job): Model {
  return { ...model, jobs: model.jobs.map(change) };
}

function ended(job: Job, end: JobEnd): Job {
  return { ...job, end, wait: null };
}

/** Moves the jobs that ended just now behind all others. */
function withEndedLast(before: Model, after: Model): Model {
  const wasLive = new Set(liveJobs(before.jobs).map(({ id }) => id));
  const isNew = ({ id, end }: Job) => end !== null && wasLive.has(id);
  const others = after.jobs.filter((job) => !isNew(job));
  return { ...after, jobs: [...others, ...after.jobs.filter(isNew)] };
}
