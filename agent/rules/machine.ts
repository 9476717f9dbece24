/**
 * The agent's state machine, pure: what happened comes in, and `decide` says what should be going on
 * now. Whoever calls it brings about the difference. A backup is due → waiting (for what?) → asking →
 * queued until the server's time → sending → confirming → done; a restore goes before it, and whatever
 * is stopped by an obstacle goes on from there when it is gone.
 */
import type { Progress } from '../progress.ts';
import { type Job, newJob, type Reason, type Request, rank, type Wait } from './jobs.ts';
import { obstacles, type World } from './obstacles.ts';
import { type Failure, judgeFailure } from './retry.ts';

export interface Model {
  jobs: readonly Job[];
  nextId: number;
  world: World;
  /** Whether the day's backup is still to be made. */
  due: boolean;
  /** The day's backup was cancelled by hand: leave it until then, by the uptime in milliseconds. */
  restUntilMs: number;
}

export type Event =
  | { is: 'world'; change: Partial<World> }
  /** The laptop came into a network, or into another one. */
  | { is: 'network-came'; wait: Wait | null }
  | { is: 'due'; due: boolean; wait: Wait | null }
  | { is: 'request'; request: Request }
  | { is: 'progress'; id: number; progress: Progress }
  | { is: 'done'; id: number; summary: Record<string, number> }
  | { is: 'failed'; id: number; failure: Failure; random: number }
  /** The worker ended because we stopped it. */
  | { is: 'stopped'; id: number }
  | { is: 'cancel'; id: number }
  | { is: 'forget'; id: number };

export function newModel(world: World): Model {
  // Until somebody has looked, a backup may well be due.
  return { jobs: [], nextId: 1, world, due: true, restUntilMs: 0 };
}

/** After a cancelled day's backup, in milliseconds. */
const REST_MS = 3_600_000;
/** Waits that a person's "now" or a new network ends; an appointment stays one. */
const ENDS_AT_ONCE: readonly Reason[] = [
  ...(['no-server', 'not-registered', 'teacher', 'other-run', 'untrusted-server'] as const),
  ...(['laptop-full', 'problem', 'spread', 'paused', 'server-full', 'over-quota'] as const),
];

/** What the world looks like after an event. */
export function next(model: Model, event: Event): Model {
  switch (event.is) {
    case 'world':
      return { ...model, world: { ...model.world, ...event.change } };
    case 'network-came':
      return mapJobs(model, (job) => {
        if (job.end || job.wait?.reason !== 'no-server') return job;
        return { ...job, failures: 0, wait: job.request.byHand ? null : event.wait };
      });
    case 'due':
      return withDailyBackup({ ...model, due: event.due }, event.wait);
    case 'request':
      return withRequest(model, event.request);
    case 'progress':
      return changeJob(model, event.id, (job) => move(job, event.progress));
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

export interface Decision {
  /** The job to be at work, if any; whatever else is at work is to be stopped. */
  run: number | null;
  /** When something may change by itself, by the uptime in milliseconds; null for never. */
  wakeAtMs: number | null;
}

/** What should be going on. */
export function decide({ jobs, world }: Model): Decision {
  const live = jobs
    .filter(({ end }) => end === null)
    .sort((a, b) => rank(a) - rank(b) || a.id - b.id);
  const ready = live.find((job) => obstacles(job, world).length === 0);
  const ends = live.flatMap(({ wait }) =>
    wait && wait.untilMs > world.uptimeMs ? [wait.untilMs] : [],
  );
  return { run: ready?.id ?? null, wakeAtMs: ends.length > 0 ? Math.min(...ends) : null };
}

/** The id of the live job that does this already, if there is one. */
export function jobFor(model: Model, request: Request): Job | undefined {
  return model.jobs.find((job) => job.end === null && isSame(job.request, request));
}

/** Whether nothing is left that somebody or something waits for. */
export function isIdle({ jobs, due }: Model): boolean {
  return !due && jobs.every(({ end }) => end !== null);
}

function withRequest(model: Model, request: Request): Model {
  const same = jobFor(model, request);
  if (!same) return addJob(model, request, null);
  return changeJob(model, same.id, (job) => {
    const wait = job.wait && ENDS_AT_ONCE.includes(job.wait.reason) ? null : job.wait;
    return { ...job, request: { ...job.request, byHand: true }, failures: 0, wait };
  });
}

/** The day's backup is there exactly while it is due. */
function withDailyBackup(model: Model, wait: Wait | null): Model {
  const live = model.jobs.filter((job) => job.end === null && job.request.kind === 'backup');
  if (model.due && live.length === 0) {
    const request: Request = { kind: 'backup', byHand: false, of: '', snapshot: '', entry: '' };
    const rest = model.restUntilMs > model.world.uptimeMs;
    const resting: Wait = { reason: 'paused', untilMs: model.restUntilMs, place: 0 };
    return addJob(model, request, rest ? resting : wait);
  }
  if (model.due) return model;
  return mapJobs(model, (job) => {
    const needless = live.includes(job) && !job.request.byHand && job.progress === null;
    return needless ? { ...job, end: 'done' } : job;
  });
}

function finish(model: Model, id: number, summary: Record<string, number>): Model {
  const done = model.jobs.find((job) => job.id === id);
  const isBackup = done?.request.kind === 'backup';
  const ended = mapJobs(model, (job) => {
    const alsoDone = isBackup && job.request.kind === 'backup';
    if (job.end !== null || (job.id !== id && !alsoDone)) return job;
    return { ...job, end: 'done', wait: null, trouble: null, summary };
  });
  return isBackup ? { ...ended, due: false } : ended;
}

function fail(model: Model, id: number, failure: Failure, random: number): Model {
  return changeJob(model, id, (job) => {
    const { code, message, hint } = failure;
    const failures = job.failures + 1;
    const tried: Job = { ...job, failures, progress: null, trouble: { code, message, hint } };
    const setback = judgeFailure(tried, failure, model.world.uptimeMs, () => random);
    if (setback.is === 'failed') return { ...tried, end: 'failed', wait: null };
    // Being told a time is no failure: the server is there and keeps our place.
    const counted = failure.code === 'server-busy' ? 0 : failures;
    const trouble = failure.code === 'server-busy' ? job.trouble : tried.trouble;
    return { ...tried, failures: counted, trouble, wait: setback.wait };
  });
}

function cancel(model: Model, id: number): Model {
  const job = model.jobs.find((one) => one.id === id && one.end === null);
  if (!job) return model;
  const cancelled = changeJob(model, id, (one) => ({ ...one, end: 'cancelled', wait: null }));
  if (job.request.kind !== 'backup') return cancelled;
  const rested = { ...cancelled, restUntilMs: model.world.uptimeMs + REST_MS };
  return withDailyBackup(rested, null);
}

function addJob(model: Model, request: Request, wait: Wait | null): Model {
  const job = { ...newJob(model.nextId, request), wait };
  return { ...model, jobs: [...model.jobs, job], nextId: model.nextId + 1 };
}

/** Only what moved something shows that the server is there. */
function move(job: Job, progress: Progress): Job {
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
