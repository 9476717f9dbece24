/**
 * What the child did, and what it means here: sometimes a question first, sometimes a wait in which
 * it can be undone, mostly the thing itself.
 */
import { isOpen } from './agent.ts';
import { allStale, goTo, type Next, settleAlert, withoutFailures } from './next.ts';
import type { Act, Alert, State } from './state.ts';

/** A second press of the same gesture within this is part of the first, in seconds. */
const DOUBLE_S = 0.4;
/** How long a restore is looked for that was asked for, in seconds: the agent may have to start. */
export const EXPECT_S = 20;
/** How long an unpinning can be taken back, in seconds. */
export const UNDO_S = 10;

export function actOn(state: State, act: Act): Next {
  switch (act.do) {
    case 'again':
      return again(state);
    case 'stop':
      return stop(state, act.job);
    case 'unpin':
    case 'pin':
      return pinOrUnpin(state, act);
    case 'restore-all': {
      const place = { at: 'restoring', of: act.of, snapshot: act.snapshot } as const;
      // There is no way back to "go": it has gone.
      const after = goTo({ ...state, place: { at: 'status' }, trail: [] }, place);
      const expectedUntil = state.now + EXPECT_S;
      return { state: { ...after, expectedUntil }, effects: [act] };
    }
    case 'forget':
      return { state: goTo(state, { at: 'status' }), effects: [act] };
    case 'back-up':
    case 'pause':
    case 'resume':
    case 'bring-back':
    case 'keep':
    case 'fetch':
    case 'web':
      return { state, effects: [act] };
    default:
      return act satisfies never;
  }
}

/** One button is both in turn: the second half of a double click would undo the first. */
function pinOrUnpin(state: State, act: Extract<Act, { do: 'pin' | 'unpin' }>): Next {
  const { pressed, now, alert } = state;
  const { uid } = act;
  const isDouble = pressed?.uid === uid && Math.abs(now - pressed.at) < DOUBLE_S;
  if (isDouble) return { state, effects: [] };
  const pinning = { ...state.pinning, [uid]: act.do === 'pin' };
  const after = { ...state, pinning, pressed: { uid, at: now } };
  if (act.do === 'pin') {
    // The unpinning that still waited is not wanted any more, or it would come after the pin.
    const isWaiting = alert?.kind === 'unpinned' && alert.uid === uid;
    return { state: { ...after, alert: isWaiting ? null : alert }, effects: [act] };
  }
  const { title } = act;
  const unpinned: Alert = { kind: 'unpinned', uid, title, until: now + UNDO_S };
  // Unpinned once more, it is one unpinning with a new time to undo it.
  const isSame = alert?.kind === 'unpinned' && alert.uid === uid;
  return { state: { ...after, alert: unpinned }, effects: isSame ? [] : settleAlert(alert) };
}

/** Try now: what failed or was stopped goes on, what could not be read is read again. */
function again(state: State): Next {
  const answers = allStale(withoutFailures(state.answers));
  const after = { ...state, answers };
  if (state.place.at !== 'status' && state.place.at !== 'restoring') {
    return { state: after, effects: [] };
  }
  return { state: after, effects: [{ do: 'retry' }] };
}

/** A running complete restore is given up only after a question (rule 7); anything else at once. */
function stop(state: State, path: string): Next {
  const job = state.jobs[path];
  if (job && !isOpen(job)) return { state, effects: [] };
  if (job?.kind !== 'restore') return { state, effects: [{ do: 'cancel', job: path }] };
  return {
    state: { ...state, alert: { kind: 'give-up', job: path } },
    effects: settleAlert(state.alert),
  };
}
