/**
 * What a failed attempt means for its job: how long to wait and why, or that the job has failed. All
 * retries of the agent's jobs are decided here; a command with `--direct --wait` is retried by its session.
 * (Waits that no failure caused, such as the random one at the start, come with their events.)
 */
import type { JobReason } from '../../shared/backup-states.ts';
import type { ErrorCode } from '../../shared/errors.ts';
import { isRefusal, type Refusal } from '../../shared/protocol/refusals.ts';
import { silenceSeconds } from '../backoff.ts';
import type { Job, Problem, Wait } from './jobs.ts';
import { DOWN_HINT_MS, type World } from './obstacles.ts';
import { fateOfOffer, fateOfPin } from './pin-fate.ts';

/** A failure as the worker reports it. */
export interface Failure extends Problem {
  /** When the server wants to be asked again, in seconds. */
  retryAfterSeconds?: number;
  /** In the server's queue. */
  place?: number;
  /** The server's code for why it is busy. */
  why?: string;
}

export type Retry =
  /** `counts` is false where nothing was tried in earnest: the job's failures start at 0 again. */
  { type: 'wait'; wait: Wait; counts: boolean } | { type: 'give-up' };

const MINUTE_MS = 60_000;
/** After this many unanswered attempts in a row the laptop is probably not at school. */
const SILENCES = 5;
/** Then the server is tried this often, or when the network changes. */
const FAR_MS = 60 * MINUTE_MS;
/** Somebody has to do something first: a teacher, an admin or the child. */
const PEOPLE_MS = 30 * MINUTE_MS;
/**
 * A teacher who approves a laptop has it at hand, and the child looks at the digits until that is noticed:
 * the first wait, which doubles up to that for people. So the digits stay as long again as they were there.
 */
const APPROVAL_MS = 15_000;
const OTHER_RUN_MS = 15 * MINUTE_MS;
/** Children of an agent that was killed end within seconds: try this often, with this pause. */
const DYING_TRIES = 5;
const DYING_MS = 2000;
/** Attempts for what a person asked for; after the last the job fails and she is told. */
const PATIENT_TRIES = 3;

/** Those of which it matters how often they were met, or when to come back. */
type Judged = 'server-busy' | 'server-unreachable' | 'transfer' | 'busy' | 'pending-approval';

/** All other codes → why the job waits for people. */
const REASONS: Readonly<Record<Exclude<ErrorCode, Judged>, JobReason>> = {
  'not-registered': 'not-registered',
  'untrusted-server': 'untrusted-server',
  'server-full': 'server-full',
  'over-quota': 'over-quota',
  'laptop-full': 'laptop-full',
  'server-trouble': 'problem',
  'server-refused': 'problem',
  'key-taken': 'problem',
  'only-copy': 'problem',
  'not-found': 'problem',
  'bad-id': 'problem',
  'bad-input': 'problem',
  'laptop-read-only': 'problem',
  'program-failed': 'problem',
  'missing-tool': 'problem',
  damaged: 'problem',
  unreadable: 'problem',
  datastore: 'problem',
  battery: 'problem',
  config: 'problem',
  usage: 'problem',
  cancelled: 'problem',
  internal: 'problem',
};

/** The server's words for why it is busy; one that is not known here is taken for a full queue. */
const REFUSALS: Readonly<Record<Refusal, JobReason>> = {
  'all-slots-taken': 'queue',
  'others-first': 'queue',
  'server-loaded': 'queue',
  'access-point-busy': 'queue',
  'address-busy': 'server-busy',
  'disk-full': 'server-full',
};

/**
 * Decides about a job whose last attempt failed. `job.failures` includes this failure; `random` is 0…1.
 */
export function decideRetry(
  job: Job,
  failure: Failure,
  { network, uptimeMs }: Pick<World, 'network' | 'uptimeMs'>,
  random: number,
): Retry {
  const { byHand, kind } = job.request;
  const wait = (reason: JobReason, ms: number, place = 0, counts = true): Retry => {
    return { type: 'wait', wait: { reason, untilMs: uptimeMs + Math.ceil(ms), place }, counts };
  };
  switch (failure.code) {
    case 'server-busy': {
      const seconds = failure.retryAfterSeconds ?? silenceSeconds(job.failures, () => random);
      const reason = refusalReason(failure.why, failure.place);
      // The server answers, and keeps our place in its queue.
      return wait(reason, seconds * 1000, failure.place, false);
    }
    case 'server-unreachable':
    case 'transfer':
      // The monitor said so, and was right.
      if (network === 'down') return wait('no-network', DOWN_HINT_MS * (1 + random), 0, false);
      if (byHand && job.failures >= PATIENT_TRIES) return { type: 'give-up' };
      if (job.failures >= SILENCES) return wait('no-server', FAR_MS * (1 + random));
      return wait('no-server', silenceSeconds(job.failures, () => random) * 1000);
    case 'busy':
      if (job.failures <= DYING_TRIES) return wait('other-run', DYING_MS);
      return byHand && kind === 'backup' ? { type: 'give-up' } : wait('other-run', OTHER_RUN_MS);
    case 'pending-approval': {
      if (!waitsForPeople(job, failure)) return { type: 'give-up' };
      const ms = Math.min(PEOPLE_MS, APPROVAL_MS * 2 ** (job.failures - 1));
      return wait('teacher', ms * (1 + random));
    }
    default:
      if (!waitsForPeople(job, failure)) return { type: 'give-up' };
      return wait(REASONS[failure.code], PEOPLE_MS * (1 + random));
  }
}

/** The day's backup, and pins and offers that were noted: nobody looks on who could be told. */
function waitsForPeople({ request: { byHand, kind } }: Job, { code }: Failure): boolean {
  if (byHand) return false;
  if (kind === 'pins') return fateOfPin(code) === 'later';
  if (kind === 'offers') return fateOfOffer(code) === 'later';
  return kind === 'backup';
}

/** Without a place, as from another server of the protocol, nobody's turn comes: it is busy. */
function refusalReason(why: string | undefined, place: number | undefined): JobReason {
  const reason = isRefusal(why) ? REFUSALS[why] : 'queue';
  return reason === 'queue' && !place ? 'server-busy' : reason;
}
