/**
 * What an error of an ingest means: whether, and when, it is tried again. Pure.
 *
 * A laptop that is still sending is the ordinary case and is asked about every two seconds. Anything else
 * reads and hashes all that arrived once more, so a fault that stays (a `sync` that fails, a full disk) is
 * tried at longer and longer intervals.
 */
import type { ErrorCode } from '../../shared/errors.ts';

/**
 * - `wrong`: the laptop's fault, found by work. Its completion file is removed, and the run counts as failed.
 * - `not-yet`: the same for one that may come later; it cost no work, and so does not count as a failed run.
 * - `over-limit`: as `not-yet`, and what arrived is removed too: otherwise a faulty program would fill the disk.
 * - `passing`: neither the completion's fault nor work in vain. It is tried again, and the attempt does not count.
 * - `trouble`: it is tried again, so many times.
 */
export type Blame = 'wrong' | 'not-yet' | 'over-limit' | 'passing' | 'trouble';

const BLAME = {
  'bad-id': 'wrong',
  'bad-input': 'wrong',
  'pending-approval': 'not-yet',
  'over-quota': 'over-limit',
  'server-refused': 'over-limit',
  busy: 'passing',
  cancelled: 'passing',
  'server-full': 'passing',
  'server-trouble': 'passing',
  battery: 'trouble',
  config: 'trouble',
  damaged: 'trouble',
  datastore: 'trouble',
  internal: 'trouble',
  'key-taken': 'trouble',
  'laptop-full': 'trouble',
  'laptop-read-only': 'trouble',
  'missing-tool': 'trouble',
  'not-found': 'trouble',
  'not-registered': 'trouble',
  'only-copy': 'trouble',
  'program-failed': 'trouble',
  'server-busy': 'trouble',
  'server-unreachable': 'trouble',
  transfer: 'trouble',
  unreadable: 'trouble',
  'untrusted-server': 'trouble',
  usage: 'trouble',
} as const satisfies Record<ErrorCode, Blame>;

export function blameOf(code: ErrorCode): Blame {
  return BLAME[code];
}

/** Whether the completion file is removed: with any other error it is tried again. */
export function isLaptopsFault(blame: Blame): boolean {
  return blame === 'wrong' || blame === 'not-yet' || blame === 'over-limit';
}

/** While a transfer still runs, in milliseconds. */
const BUSY_MS = 2000;
/** After the first failure of another kind; doubled by each one that follows, in milliseconds. */
const FIRST_MS = 4000;
const LONGEST_MS = 30 * 60_000;

/** Milliseconds to wait after the n-th failure in a row (from 1 on) with this code. */
export function retryDelayMs(code: ErrorCode, failures: number): number {
  if (code === 'busy') return BUSY_MS;
  return Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS);
}
