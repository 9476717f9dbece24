/**
 * What the agent is asked to do, and how far it is with it. Words of PROTOCOL.md, "On the laptop's bus".
 */
import type { ErrorCode } from '../../shared/errors.ts';
import type { Progress } from '../progress.ts';

export type JobKind = 'backup' | 'restore' | 'restore-entry' | 'keep' | 'fetch' | 'pins';

export interface Request {
  kind: JobKind;
  /** A person asked for it; otherwise it is the day's backup, or something left over. */
  byHand: boolean;
  /** The laptop whose snapshots it is about; empty for this one. */
  of: string;
  /** Empty for the newest, or where it does not matter. */
  snapshot: string;
  /** Empty for a whole one. */
  entry: string;
}

export interface Trouble {
  code: ErrorCode;
  message: string;
  hint: string;
}

/** Why a job is not at work, the weightiest first. */
export type Reason =
  | 'paused'
  | 'suspend'
  | 'battery'
  | 'no-network'
  | 'no-server'
  | 'not-registered'
  | 'teacher'
  | 'queue'
  | 'server-busy'
  | 'server-full'
  | 'over-quota'
  | 'other-run'
  | 'untrusted-server'
  | 'laptop-full'
  | 'spread'
  | 'problem';

/** A wait that ends by itself, by the uptime of this boot in milliseconds. */
export interface Wait {
  reason: Reason;
  untilMs: number;
  /** In the server's queue, 1 being next; 0 where it does not tell. */
  place: number;
}

export type JobEnd = 'done' | 'cancelled' | 'failed';

export interface Job {
  id: number;
  request: Request;
  /** Ended, or still to be done. */
  end: JobEnd | null;
  wait: Wait | null;
  /** Attempts in a row that came to nothing. */
  failures: number;
  progress: Progress | null;
  trouble: Trouble | null;
  summary: Record<string, number>;
}

export function newJob(id: number, request: Request): Job {
  const nothing = { end: null, wait: null, failures: 0, progress: null, trouble: null };
  return { id, request, ...nothing, summary: {} };
}

/** Restores and single requests go before backups, and what a person asked for before the rest. */
export function rank({ request: { kind, byHand } }: Job): number {
  if (kind === 'backup') return byHand ? 3 : 4;
  if (kind === 'pins') return 2;
  return kind === 'restore' ? 1 : 0;
}
