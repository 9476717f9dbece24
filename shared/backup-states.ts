/**
 * What the agent says of itself on the bus (PROTOCOL.md): its state, and why it is so. Pure: also for those that have
 * no bus.
 */

/** What the agent's `State` can be. */
export const STATES = [
  ...(['safe', 'due', 'waiting', 'asking', 'queued', 'sending', 'confirming'] as const),
  ...(['restoring', 'paused'] as const),
] as const;
export type StateName = (typeof STATES)[number];

/** Why a job is not running: what the laptop itself has in the way, in the order of judgement … */
const OBSTACLES = ['paused', 'suspend', 'battery', 'no-network'] as const;
/** … and then what it waits for, of which there is one at most: what the last attempt met, or its time. */
const WAITS = [
  ...(['no-server', 'not-registered', 'teacher', 'queue', 'server-busy', 'server-full'] as const),
  ...(['over-quota', 'other-run', 'untrusted-server', 'laptop-full', 'spread', 'problem'] as const),
] as const;

/**
 * What `Reasons` can contain, in the order in which the agent lists them: entries that are not safe though
 * the day is done, why a job is not running, and that none has to. A new one needs words in
 * `agent/cli/status-words.ts` and `activity/model/screens/reasons.ts` with its picture, and a line in PROTOCOL.md;
 * one for a refusal of the server's also a row in `agent/rules/retry.ts`.
 */
export const REASONS = ['entries', ...OBSTACLES, ...WAITS, 'done'] as const;
export type Reason = (typeof REASONS)[number];
/** Why a job is not running. */
export type JobReason = Exclude<Reason, 'entries' | 'done'>;

/**
 * A reason by what it means. `rest`: somebody stopped the day's backup, which goes on later by itself, or when it is
 * requested. On the bus it is `paused`, as when somebody has paused all work.
 */
export type ToldReason = Reason | 'rest';

/** For the bus: each reason once. */
export function busReasons(reasons: readonly ToldReason[]): Reason[] {
  return [...new Set(reasons.map((one) => (one === 'rest' ? 'paused' : one)))];
}

/** From the agent's `Reasons`, beside its `State`: all work is paused only in that state. */
export function toldReason(state: string, reason: string): string {
  return reason === 'paused' && state !== 'paused' ? ('rest' satisfies ToldReason) : reason;
}
