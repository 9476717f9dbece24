/** The one alert at the top of the screen: when it appears, and what it leaves to be done. */
import { isOpen } from './agent.ts';
import type { Alert, Effect, News, State } from './state.ts';

/** How long good news stays, in seconds. */
const NEWS_S = 6;

/** What did not work: it stays until the child has read it, or the same thing worked. */
const FAILURES: readonly News[] = [
  ...([
    'trouble',
    'only-at-school',
    'plug-in',
    'ask-teacher',
    'school-full',
    'school-trouble',
    'which-school',
  ] as const),
  ...(['pins-full', 'server-away', 'laptop-full', 'not-yet', 'not-offered'] as const),
];

/** Shows this news. It never replaces a question or an undo, nor the failure of another entry. */
export function tell(state: State, what: News, title = ''): State {
  const { alert, now } = state;
  const isFailure = FAILURES.includes(what);
  if (alert && alert.type !== 'news') return state;
  if (alert && showsFailure(alert) && alert.title !== title && !isFailure) return state;
  const until = isFailure ? Number.POSITIVE_INFINITY : now + NEWS_S;
  return { ...state, alert: { type: 'news', what, title, until } };
}

/** The same without the failure of the thing with this title, which has worked since. */
export function withoutFailure(alert: Alert | null, title: string): Alert | null {
  return alert && showsFailure(alert) && alert.title === title ? null : alert;
}

function showsFailure(alert: Alert): alert is Extract<Alert, { type: 'news' }> {
  return alert.type === 'news' && FAILURES.includes(alert.what);
}

/** What an alert still has to do when another replaces it or its time is over. */
export function settleAlert(alert: Alert | null): Effect[] {
  return alert?.type === 'unpinned' ? [{ type: 'unpin', uid: alert.uid }] : [];
}

/** Drops the question whether to give up a restore once that restore has ended. */
export function withoutSettledQuestion(alert: Alert | null, jobs: State['jobs']): Alert | null {
  if (alert?.type !== 'give-up') return alert;
  const job = jobs[alert.job];
  return job && isOpen(job) ? alert : null;
}
