/**
 * How soon the passing of time shows: a laptop on battery is not woken each second for nothing.
 */
import { isOpen } from './agent.ts';
import type { State } from './state.ts';

/** While something is counted down or its time left is told, and where only "… ago" grows old. */
const OFTEN_S = 1;
const SELDOM_S = 60;

/** Seconds from one tick to the next; undefined while nobody looks and nothing waits for its time. */
export function secondsBetweenTicks(state: State, watched: boolean): number | undefined {
  if (state.alert && state.alert.kind !== 'give-up') return OFTEN_S;
  if (!watched) return undefined;
  const isAwaited = state.now < Math.max(state.expectedUntil, state.confirmedUntil);
  return isAwaited || Object.values(state.jobs).some(isOpen) ? OFTEN_S : SELDOM_S;
}
