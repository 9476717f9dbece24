/** Which of the agent's jobs a screen is about, and when its time left is shown. */
import { isOpen, type Job } from '../state/agent.ts';
import type { State } from '../state/state.ts';

/** The time left is shown only after this many seconds, when the estimate is worth something. */
export const TELL_TIME_AFTER_S = 20;

/** The running job, or the one whose turn is next: as in the agent, what a child waits for first. */
export function openJob(state: State): Job | undefined {
  const open = Object.values(state.jobs).filter(isOpen);
  const rank = ({ kind }: Job) => ['restore', 'pins', 'offers', 'backup'].indexOf(kind);
  const [first] = open.toSorted((a, b) => rank(a) - rank(b));
  return open.find(({ state }) => state === 'running') ?? first;
}
