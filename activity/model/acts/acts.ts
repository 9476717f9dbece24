/**
 * What a gesture of the child leads to: a question first, a delay in which it can be undone, or,
 * for most, the effect at once.
 */
import { isOpen } from '../state/agent.ts';
import { settleAlert } from '../state/alerts.ts';
import type { Next } from '../state/event.ts';
import { allStale, withoutFailures } from '../state/known-answers.ts';
import { type Act, type Alert, EXPECT_S, type State } from '../state/state.ts';
import { goTo } from '../state/trail.ts';

/** A second press on the same entry within this many seconds belongs to the first. */
const DOUBLE_S = 0.4;
/** How long an unpinning can be undone, in seconds. */
const UNDO_S = 10;

export function actOn(state: State, act: Act): Next {
  switch (act.type) {
    case 'again':
      return again(state);
    case 'stop':
      return stop(state, act.job);
    case 'unpin':
    case 'pin':
      return pinOrUnpin(state, act);
    case 'offer':
    case 'take-back':
      return offerOrNot(state, act);
    case 'restore-all': {
      const place = { type: 'restoring', of: act.of, snapshot: act.snapshot } as const;
      // Back must not lead to the preview of a restore that has begun.
      const after = goTo({ ...state, place: { type: 'status' }, trail: [] }, place);
      const expectedUntil = state.now + EXPECT_S;
      return { state: { ...after, expectedUntil }, effects: [act] };
    }
    case 'forget':
      return { state: goTo(state, { type: 'status' }), effects: [act] };
    case 'dismiss':
      return { state: { ...state, failure: '' }, effects: [] };
    case 'back-up':
    case 'pause':
    case 'resume':
    case 'bring-back':
    case 'keep':
    case 'fetch':
    case 'web':
    case 'show-day':
    case 'hide-day':
      return { state, effects: [act] };
    default:
      return act satisfies never;
  }
}

/** Gestures that share a button: the second half of a double click would undo the first. */
function isDouble({ pressed, now }: State, uid: string): boolean {
  return pressed?.uid === uid && Math.abs(now - pressed.at) < DOUBLE_S;
}

function offerOrNot(state: State, act: Extract<Act, { type: 'offer' | 'take-back' }>): Next {
  if (isDouble(state, act.uid)) return { state, effects: [] };
  return { state: { ...state, pressed: { uid: act.uid, at: state.now } }, effects: [act] };
}

function pinOrUnpin(state: State, act: Extract<Act, { type: 'pin' | 'unpin' }>): Next {
  const { now, alert } = state;
  const { uid } = act;
  if (isDouble(state, uid)) return { state, effects: [] };
  const pinning = { ...state.pinning, [uid]: act.type === 'pin' };
  const after = { ...state, pinning, pressed: { uid, at: now } };
  if (act.type === 'pin') {
    // Cancels an unpinning that still waits for its undo: it would run after this pin.
    const isWaiting = alert?.type === 'unpinned' && alert.uid === uid;
    return { state: { ...after, alert: isWaiting ? null : alert }, effects: [act] };
  }
  const { title } = act;
  const unpinned: Alert = { type: 'unpinned', uid, title, until: now + UNDO_S };
  // Unpinning twice is one unpinning with a fresh time to undo it.
  const isSame = alert?.type === 'unpinned' && alert.uid === uid;
  return { state: { ...after, alert: unpinned }, effects: isSame ? [] : settleAlert(alert) };
}

/** "Try now": resumes what failed or was stopped, and reads again what could not be read. */
function again(state: State): Next {
  const answers = allStale(withoutFailures(state.answers));
  const after = { ...state, answers };
  if (state.place.type !== 'status' && state.place.type !== 'restoring') {
    return { state: after, effects: [] };
  }
  return { state: after, effects: [{ type: 'retry' }] };
}

/** Stops a job at once; a complete restore only after a question. */
function stop(state: State, path: string): Next {
  const job = state.jobs[path];
  if (job && !isOpen(job)) return { state, effects: [] };
  if (job?.kind !== 'restore') return { state, effects: [{ type: 'cancel', job: path }] };
  return {
    state: { ...state, alert: { type: 'give-up', job: path } },
    effects: settleAlert(state.alert),
  };
}
