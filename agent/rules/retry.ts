/**
 * What a failed attempt means for its job: how long to wait and why, or that the job has failed. All
 * retries of the agent's jobs are decided here; a command with `--direct --wait` is retried by its session.
 */
import type { ErrorCode } from '../../shared/errors.ts';
import { silenceSeconds } from '../backoff.ts';
import type { Job, Problem, Reason, Wait } from './jobs.ts';

/** A failure as the worker reports it. */
export interface Failure extends Problem {
  /** When the server wants to be asked again, in seconds. */
  retryAfterSeconds?: number;
  /** In the server's queue. */
  place?: number;
  /** The server's code for why it is busy. */
  why?: string;
}

export type Retry = { type: 'wait'; wait: Wait } | { type: 'give-up' };

const MINUTE_MS = 60_000;
/** After this many unanswered attempts in a row the laptop is probably not at school. */
const SILENCES = 5;
/** Then the server is tried this often, or when the network changes. */
const FAR_MS = 60 * MINUTE_MS;
/** Somebody has to do something first: a teacher, an admin or the child. */
const PEOPLE_MS = 30 * MINUTE_MS;
const OTHER_RUN_MS = 15 * MINUTE_MS;
/** Children of an agent that was killed end within seconds: try this often, with this pause. */
const DYING_TRIES = 5;
const DYING_MS = 2000;
/** Attempts for what a person asked for; she is told then. */
const PATIENT_TRIES = 3;

/** Codes that name the reason for the wait; all others are a `problem`. */
const REASONS: Partial<Record<ErrorCode, Reason>> = {
  'not-registered': 'not-registered',
  'pending-approval': 'teacher',
  'untrusted-server': 'untrusted-server',
  'server-full': 'server-full',
  'over-quota': 'over-quota',
  'laptop-full': 'laptop-full',
};

/**
 * Decides about a job whose last attempt failed. `nowMs` is the uptime of this boot; `job.failures`
 * includes this failure; `random` returns 0…1.
 */
export function decideRetry(
  job: Job,
  failure: Failure,
  nowMs: number,
  random: () => number,
): Retry {
  const { byHand, kind } = job.request;
  const wait = (reason: Reason, ms: number, place = 0): Retry => {
    return { type: 'wait', wait: { reason, untilMs: nowMs + Math.ceil(ms), place } };
  };
  switch (failure.code) {
    case 'server-busy': {
      const seconds = failure.retryAfterSeconds ?? silenceSeconds(job.failures, random);
      const reason = queueReason(failure.why, failure.place);
      return wait(reason, seconds * 1000, failure.place);
    }
    case 'server-unreachable':
    case 'transfer':
      if (byHand && job.failures >= PATIENT_TRIES) return { type: 'give-up' };
      if (job.failures >= SILENCES) return wait('no-server', FAR_MS * (1 + random()));
      return wait('no-server', silenceSeconds(job.failures, random) * 1000);
    case 'busy':
      if (job.failures <= DYING_TRIES) return wait('other-run', DYING_MS);
      return byHand && kind === 'backup' ? { type: 'give-up' } : wait('other-run', OTHER_RUN_MS);
    default:
      if (byHand || kind !== 'backup') return { type: 'give-up' };
      return wait(REASONS[failure.code] ?? 'problem', PEOPLE_MS * (1 + random()));
  }
}

function queueReason(why: string | undefined, place: number | undefined): Reason {
  if (why === 'disk-full') return 'server-full';
  return place ? 'queue' : 'server-busy';
}

/** Failures that say nothing about a pin itself: it is noted and sent when the school answers. */
const SEND_LATER: readonly ErrorCode[] = [
  ...(['server-unreachable', 'server-busy', 'transfer', 'not-registered'] as const),
  ...(['pending-approval', 'cancelled'] as const),
];

/** Whether a pin that failed so is to be noted and sent later. */
export function isSentLater(code: ErrorCode): boolean {
  return SEND_LATER.includes(code);
}
