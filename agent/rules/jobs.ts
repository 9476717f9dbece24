/**
 * Jobs: what the agent was asked to do and how far it is, in the words of PROTOCOL.md, "On the laptop's
 * bus"; and the order in which they run.
 */
import type { JobReason, ToldReason } from '../../shared/backup-states.ts';
import type { ErrorCode } from '../../shared/errors.ts';
import type { Progress } from '../progress.ts';

export type JobKind = 'backup' | 'restore' | 'restore-entry' | 'keep' | 'fetch' | 'pins' | 'offers';

export interface Request {
  kind: JobKind;
  /** A person asked for it; otherwise it is the day's backup, or noted pins or offers. */
  byHand: boolean;
  /** The serial of the laptop whose snapshots it concerns; empty for this one. */
  of: string;
  /** Empty for the newest, or where it does not matter. */
  snapshot: string;
  /** The uid of one entry; empty for a whole snapshot. */
  entry: string;
}

/** Why an attempt failed, for clients. */
export interface Problem {
  code: ErrorCode;
  message: string;
  hint: string;
}

/** Why a job is not running. */
export type Hindrance = JobReason | Extract<ToldReason, 'rest'>;

/** A wait that ends by itself. */
export interface Wait {
  reason: Hindrance;
  /** By the uptime of this boot, in milliseconds. */
  untilMs: number;
  /** In the server's queue, 1 being next; 0 where the server does not say. */
  place: number;
}

export type JobEnd = 'done' | 'cancelled' | 'failed';

export interface Job {
  id: number;
  request: Request;
  /** How it ended; null while it is live. */
  end: JobEnd | null;
  wait: Wait | null;
  /** Consecutive failed attempts. */
  failures: number;
  progress: Progress | null;
  problem: Problem | null;
  summary: Record<string, number>;
}

export function newJob(id: number, request: Request): Job {
  const nothing = { end: null, wait: null, failures: 0, progress: null, problem: null };
  return { id, request, ...nothing, summary: {} };
}

/** The jobs that have not ended, in the order in which they run. */
export function liveJobs(jobs: readonly Job[]): Job[] {
  return jobs
    .filter(({ end }) => end === null)
    .sort((a, b) => priority(a) - priority(b) || a.id - b.id);
}

/**
 * Lower runs first: single entries, whole restores, pins and offers, a backup that a person asked for, the day's
 * backup. A child waits for the first two.
 */
function priority({ request: { kind, byHand } }: Job): number {
  switch (kind) {
    case 'restore-entry':
    case 'keep':
    case 'fetch':
      return 0;
    case 'restore':
      return 1;
    case 'pins':
    case 'offers':
      return 2;
    case 'backup':
      return byHand ? 3 : 4;
    default:
      return kind satisfies never;
  }
}
