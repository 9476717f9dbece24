/**
 * What an attempt that came to nothing means for its job: wait for how long and why, or give up. The one
 * place where the agent decides about trying again.
 */
import type { ErrorCode } from '../../shared/errors.ts';
import { silenceSeconds } from '../backoff.ts';
import type { Job, Reason, Trouble, Wait } from './jobs.ts';

/** What the worker reports of a failure. */
export interface Failure extends Trouble {
  /** Where the server named a time, in seconds. */
  retryAfterSeconds?: number;
  place?: number;
  /** The server's word for why. */
  why?: string;
}

export type Setback = { is: 'wait'; wait: Wait } | { is: 'failed' };

const MINUTE_MS = 60_000;
/** After this many silences in a row the server is not near; the network has to change first. */
const SILENCES = 5;
const FAR_MS = 60 * MINUTE_MS;
/** A teacher, an admin or a child has to do something first: look again after this. */
const PEOPLE_MS = 30 * MINUTE_MS;
const OTHER_RUN_MS = 15 * MINUTE_MS;
/** What an agent that was killed had under way ends within seconds: so often, and this long between. */
const DYING_TRIES = 5;
const DYING_MS = 2000;
/** A request of a person's is not tried for ever. */
const PATIENT_TRIES = 3;

/** Codes where waiting helps nobody who waits for an answer. */
const REASONS: Partial<Record<ErrorCode, Reason>> = {
  'not-registered': 'not-registered',
  'pending-approval': 'teacher',
  'untrusted-server': 'untrusted-server',
  'server-full': 'server-full',
  'over-quota': 'over-quota',
  'laptop-full': 'laptop-full',
};

/** `nowMs` is the uptime of this boot; `job.failures` already counts this one. */
export function judgeFailure(
  job: Job,
  failure: Failure,
  nowMs: number,
  random: () => number,
): Setback {
  const { byHand, kind } = job.request;
  const wait = (reason: Reason, ms: number, place = 0): Setback => {
    return { is: 'wait', wait: { reason, untilMs: nowMs + Math.ceil(ms), place } };
  };
  switch (failure.code) {
    case 'server-busy': {
      const seconds = failure.retryAfterSeconds ?? silenceSeconds(job.failures, random);
      const reason = queueReason(failure.why, failure.place);
      return wait(reason, seconds * 1000, failure.place);
    }
    case 'server-unreachable':
    case 'transfer':
      if (byHand && job.failures >= PATIENT_TRIES) return { is: 'failed' };
      if (job.failures >= SILENCES) return wait('no-server', FAR_MS * (1 + random()));
      return wait('no-server', silenceSeconds(job.failures, random) * 1000);
    case 'busy':
      if (job.failures <= DYING_TRIES) return wait('other-run', DYING_MS);
      return byHand && kind === 'backup' ? { is: 'failed' } : wait('other-run', OTHER_RUN_MS);
    default: {
      const reason = REASONS[failure.code];
      if (byHand || kind !== 'backup') return { is: 'failed' };
      return wait(reason ?? 'problem', PEOPLE_MS * (1 + random()));
    }
  }
}

function queueReason(why: string | undefined, place: number | undefined): Reason {
  if (why === 'disk-full') return 'server-full';
  return place ? 'queue' : 'server-busy';
}
