/**
 * The model in the words of the bus: one state, why it waits, and the job in hand. Pure.
 */
import type { Progress } from '../progress.ts';
import { type Job, type Reason, rank, type Trouble } from './jobs.ts';
import { decide, type Model } from './machine.ts';
import { obstacles } from './obstacles.ts';

export type StateName =
  | 'safe'
  | 'due'
  | 'waiting'
  | 'asking'
  | 'queued'
  | 'sending'
  | 'confirming'
  | 'restoring'
  | 'paused';

export interface Standing {
  state: StateName;
  reasons: (Reason | 'done')[];
  /** The job at work, or the first in line. */
  job: Job | undefined;
  progress: Progress | null;
  queuePlace: number;
  /** By the uptime in milliseconds; 0 for none. */
  queuedUntilMs: number;
  trouble: Trouble | null;
}

/** What to tell. */
export function describe(model: Model): Standing {
  const { run } = decide(model);
  const live = model.jobs
    .filter(({ end }) => end === null)
    .sort((a, b) => rank(a) - rank(b) || a.id - b.id);
  const job = live.find(({ id }) => id === run) ?? live[0];
  const reasons = job ? obstacles(job, model.world) : [];
  const appointment = job?.wait && isQueue(job.wait.reason) ? job.wait : null;
  return {
    state: stateOf(model, job, run, reasons),
    reasons: job || model.due ? reasons : ['done'],
    job,
    progress: run === null ? null : (job?.progress ?? null),
    queuePlace: appointment?.place ?? 0,
    queuedUntilMs: appointment?.untilMs ?? 0,
    trouble: job?.trouble ?? lastTrouble(model),
  };
}

function stateOf(
  model: Model,
  job: Job | undefined,
  run: number | null,
  reasons: readonly Reason[],
): StateName {
  if (!job) return model.world.paused ? 'paused' : model.due ? 'due' : 'safe';
  if (run === null) {
    if (model.world.paused) return 'paused';
    return reasons.length === 1 && reasons[0] && isQueue(reasons[0]) ? 'queued' : 'waiting';
  }
  if (job.request.kind !== 'backup') return 'restoring';
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

/** Of the job that ended last, if it did not end well. */
function lastTrouble({ jobs }: Model): Trouble | null {
  return jobs.findLast(({ end }) => end !== null)?.trouble ?? null;
}

function isQueue(reason: Reason): boolean {
  return reason === 'queue' || reason === 'server-busy';
}
