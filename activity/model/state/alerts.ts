/** The one alert at the top of the screen: when it appears, and what it leaves to be done. */
import { isOpen } from './agent.ts';
import type { Alert, Effect, News, State } from './state.ts';

/** How long news stays, in seconds. */
const NEWS_S = 6;

/** Shows this news; it never replaces a question or an undo. */
export function tell(state: State, what: News, title = ''): State {
  if (state.alert && state.alert.type !== 'news') return state;
  return { ...state, alert: { type: 'news', what, title, until: state.now + NEWS_S } };
}

/** What an alert still has to do when another replaces it or its time is over. */
export function settleAlert(alert: Alert | null): Effect[] {
  return alert?.type === 'unpinned' ? [{ type: 'unpin', uid: alert.uid }] : [];
}

/** What has to be done before the activity closes: nobody can undo it any more. */
export function lastEffects(state: State): Effect[] {
  return settleAlert(state.alert);
}

/** Drops the question whether to give up a restore once that restore has ended. */
export function withoutSettledQuestion(alert: Alert | null, jobs: State['jobs']): Alert | null {
  if (alert?.type !== 'give-up') return alert;
  const job = jobs[alert.job];
  return job && isOpen(job) ? alert : null;
}
