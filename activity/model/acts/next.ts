/**
 * The one function that changes the activity's state: an event in, the new state and the effects to
 * carry out outside. Pure.
 */
import { isOpen, type Job } from '../state/agent.ts';
import { settleAlert, withoutSettledQuestion } from '../state/alerts.ts';
import type { Event, Next } from '../state/event.ts';
import { withAnswer, withFailure } from '../state/known-answers.ts';
import type { State } from '../state/state.ts';
import { goBack, goTo } from '../state/trail.ts';
import { actOn } from './acts.ts';
import { agentChanged } from './agent-changed.ts';
import { finished } from './finished.ts';

export function next(state: State, event: Event): Next {
  switch (event.type) {
    case 'agent':
      return only(agentChanged(state, event.agent));
    case 'job':
      return only(jobChanged(state, event.path, event.job));
    case 'answer':
      return only(withAnswer(state, event.question, { value: event.value }));
    case 'no-answer':
      return only(withFailure(state, event.question, event.code));
    case 'tick':
      return tick(state, event.now);
    case 'go':
      return only(goTo(state, event.place));
    case 'back':
      return only(goBack(state));
    case 'seen':
      return only({ ...state, visible: { first: event.first, last: event.last } });
    case 'search':
      return only(search(state, event.text));
    case 'month':
    case 'choose':
      return only(chooseDay(state, event));
    case 'act':
      return actOn(state, event.act);
    case 'undo':
      return only({ ...state, alert: null, pinning: withoutUnpinned(state) });
    case 'answer-alert':
      return answerAlert(state, event.yes);
    case 'did':
    case 'refused':
      return only(finished(state, event));
    default:
      return event satisfies never;
  }
}

function only(state: State): Next {
  return { state, effects: [] };
}

function jobChanged(state: State, path: string, job: Job): State {
  const before = state.jobs[path];
  const jobs = { ...state.jobs, [path]: job };
  const since = { ...state.since, [path]: state.since[path] ?? state.now };
  const isResult = job.kind === 'restore' && !isOpen(job) && state.place.type === 'restoring';
  const ended = isResult ? job : state.ended;
  const expectedUntil = job.kind === 'restore' ? 0 : state.expectedUntil;
  const alert = withoutSettledQuestion(state.alert, jobs);
  const failure = failureAfter(state, job);
  const after = { ...state, jobs, since, ended, expectedUntil, alert, failure };
  if (!before || !isOpen(before) || isOpen(job)) return after;
  return finished(after, { type: 'job-ended', job });
}

/** A failed backup stays visible until one works; a cancelled one is no failure. */
function failureAfter({ failure }: State, { kind, state, problem }: Job): string {
  if (kind !== 'backup') return failure;
  if (state === 'failed') return problem.code;
  return state === 'done' || state === 'cancelled' ? '' : failure;
}

function tick(state: State, now: number): Next {
  const after = { ...state, now };
  const { alert } = state;
  if (!alert || alert.type === 'give-up' || now < alert.until) return only(after);
  return { state: { ...after, alert: null }, effects: settleAlert(alert) };
}

/** Searches the day that is shown, or the newest one from any other screen. */
function search(state: State, text: string): State {
  const { place } = state;
  if (place.type === 'entries') {
    if (place.search === text) return state;
    return { ...state, place: { ...place, search: text }, visible: { first: 0, last: 0 } };
  }
  if (text === '') return state;
  return goTo(state, { type: 'entries', of: '', snapshot: '', search: text });
}

function chooseDay(state: State, event: Extract<Event, { type: 'month' | 'choose' }>): State {
  const { place } = state;
  if (place.type !== 'when') return state;
  const change = event.type === 'month' ? { month: event.month } : { chosen: event.snapshot };
  return { ...state, place: { ...place, ...change } };
}

function answerAlert(state: State, yes: boolean): Next {
  const { alert } = state;
  const after = { ...state, alert: null };
  if (alert?.type !== 'give-up') return { state: after, effects: settleAlert(alert) };
  return { state: after, effects: yes ? [{ type: 'cancel', job: alert.job }] : [] };
}

function withoutUnpinned({ alert, pinning }: State): State['pinning'] {
  if (alert?.type !== 'unpinned') return pinning;
  return Object.fromEntries(Object.entries(pinning).filter(([uid]) => uid !== alert.uid));
}
