/**
 * Describes the model for clients: one state, the reasons for waiting, and the current job.
 */
import type { StateName, ToldReason } from '../../shared/backup-states.ts';
import type { Progress } from '../progress.ts';
import { type Hindrance, type Job, type JobKind, liveJobs, type Problem } from './jobs.ts';
import { decide, type Model } from './machine.ts';
import { obstacles } from './obstacles.ts';

export interface Status {
  state: StateName;
  reasons: ToldReason[];
  /** The running job, or the first in line. */
  job: Job | undefined;
  /** Of the running job. */
  progress: Progress | null;
  /** In the server's queue; 0 for none. */
  queuePlace: number;
  /** By the uptime of this boot in milliseconds; 0 for none. */
  queuedUntilMs: number;
  problem: Problem | null;
}

/** Done for today is not safe while entries have a problem: `problems` of them. */
export function describeStatus(model: Model, problems = 0): Status {
  const { run } = decide(model);
  const live = liveJobs(model.jobs);
  const running = live.find(({ id }) => id === run);
  const job = running ?? live[0];
  const reasons = job ? obstacles(job, model.world) : [];
  const appointment = job?.wait && isQueue(job.wait.reason) ? job.wait : null;
  const state = stateOf(model, job, run, reasons);
  const isUnsafe = state === 'safe' && problems > 0;
  const told: ToldReason[] = job || model.due ? reasons : ['done'];
  return {
    state: isUnsafe ? 'due' : state,
    reasons: isUnsafe ? ['entries', ...told] : told,
    job,
    progress: running?.progress ?? null,
    queuePlace: appointment?.place ?? 0,
    queuedUntilMs: appointment?.untilMs ?? 0,
    problem: job?.problem ?? lastProblem(model),
  };
}

/** Jobs that bring something to the laptop, or keep it at school. */
const BRINGS: readonly JobKind[] = ['restore', 'restore-entry', 'keep', 'fetch'];

function stateOf(
  model: Model,
  job: Job | undefined,
  run: number | null,
  reasons: readonly Hindrance[],
): StateName {
  if (!job) return model.world.paused ? 'paused' : model.due ? 'due' : 'safe';
  if (run === null) {
    if (model.world.paused) return 'paused';
    // The wait is the last of the reasons: where it is the first, it is the only one.
    const [first] = reasons;
    return first && isQueue(first) ? 'queued' : 'waiting';
  }
  if (BRINGS.includes(job.request.kind)) return 'restoring';
  switch (job.progress?.phase) {
    case 'sending':
      return 'sending';
    case 'confirming':
    case 'done':
      return 'confirming';
    default:
      return 'asking';
  }
}

/** Of the last job in the list that has ended; null when that one went well. */
function lastProblem({ jobs }: Model): Problem | null {
  return jobs.findLast(({ end }) => end !== null)?.problem ?? null;
}

function isQueue(reason: Hindrance): boolean {
  return reason === 'queue' || reason === 'server-busy';
}
