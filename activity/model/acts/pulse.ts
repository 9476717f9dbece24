/** How often the activity looks at the clock: as seldom as possible, to spare the battery. */
import { isOpen } from '../state/agent.ts';
import type { State } from '../state/state.ts';

/** Seconds between ticks while something counts down, and while only "… ago" changes. */
const OFTEN_S = 1;
const SELDOM_S = 60;

/** Seconds from one tick to the next; undefined while nobody looks and nothing waits for its time. */
export function secondsBetweenTicks(state: State, watched: boolean): number | undefined {
  if (state.alert && state.alert.type !== 'give-up') return OFTEN_S;
  if (!watched) return undefined;
  const isAwaited = state.now < Math.max(state.expectedUntil, state.confirmedUntil);
  return isAwaited || Object.values(state.jobs).some(isOpen) ? OFTEN_S : SELDOM_S;
}
