/** Moving between screens, and the way back. */
import type { Place, State } from './state.ts';

/** Places remembered for the Back button; the oldest are dropped. */
const TRAIL = 20;

/** The state at this place, with the present one added to the way back. */
export function goTo(state: State, place: Place): State {
  const same = JSON.stringify(place) === JSON.stringify(state.place);
  if (same) return { ...state, moved: true };
  const isOnce = state.place.type === 'welcome';
  const behind = isOnce ? state.trail : [...state.trail, state.place];
  const trail = place.type === 'status' ? [] : behind.slice(-TRAIL);
  return { ...state, place, trail, moved: true, visible: { first: 0, last: 0 }, ended: null };
}

/** The state at the place before; the first screen where there is none. */
export function goBack(state: State): State {
  const place = state.trail.at(-1) ?? { type: 'status' };
  const trail = state.trail.slice(0, -1);
  return { ...state, place, trail, visible: { first: 0, last: 0 }, moved: true, ended: null };
}
