/**
 * What the child did, and what it means here: sometimes a question first, sometimes a wait in which
 * it can be undone, mostly the thing itself.
 */
import { isOpen } from './agent.ts';
import { allStale, goTo, type Next, settleAlert, withoutFailures } from './next.ts';
import type { Act, Alert, State } from './state.ts';

/** How long a restore is looked for that was asked for, in seconds: the agent may have to start. */
export const EXPECT_S = 20;
/** How long an unpinning can be taken back, in seconds. */
export const UNDO_S = 10;

export function actOn(state: State, act: Act): Next {
  switch (act.do) {
    case 'again':
      return again(state);
    case 'stop':
      return stop(state);
    case 'unpin': {
      const { uid, title } = act;
      const alert: Alert = { kind: 'unpinned', uid, title, until: state.now + UNDO_S };
      const pinning = { ...state.pinning, [uid]: false };
      return { state: { ...state, alert, pinning }, effects: settleAlert(state.alert) };
    }
    case 'pin': {
      const pinning = { ...state.pinning, [act.uid]: true };
      return { state: { ...state, pinning }, effects: [act] };
    }
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
function stop(state: State): Next {
  const restore = Object.values(state.jobs).find((job) => job.kind === 'restore' && isOpen(job));
  if (!restore) return { state, effects: [{ do: 'cancel' }] };
  const { of, snapshot } = restore;
  return {
    state: { ...state, alert: { kind: 'give-up', of, snapshot } },
    effects: settleAlert(state.alert),
  };
}
