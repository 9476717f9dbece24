/**
 * Something that was asked for has come to its end, well or not: what is told about it, and what is
 * to be read again.
 */
import type { Job } from './agent.ts';
import { allStale } from './next.ts';
import type { Effect, News, State } from './state.ts';

/** How long news stays, in seconds. */
const NEWS_S = 6;

export type Ending =
  | { on: 'did'; effect: Effect; result: string }
  | { on: 'refused'; effect: Effect; code: string }
  | { on: 'job-ended'; job: Job };

export function finished(state: State, ending: Ending): State {
  switch (ending.on) {
    case 'did':
      return did(state, ending.effect, ending.result);
    case 'refused':
      return refused(state, ending.effect, ending.code);
    case 'job-ended':
      return jobEnded(state, ending.job);
    default:
      return ending satisfies never;
  }
}

function did(state: State, effect: Effect, result: string): State {
  const later = result === 'later';
  if (effect.do === 'pin') {
    const after = { ...state, answers: allStale(state.answers, ['pins', 'page', 'details']) };
    return tell(after, later ? 'pinned-later' : 'pinned');
  }
  if (effect.do === 'unpin') {
    const answers = allStale(state.answers, ['pins', 'page', 'details']);
    return later ? tell({ ...state, answers }, 'unpinned-later') : { ...state, answers };
  }
  if (effect.do === 'forget') return { ...state, answers: allStale(state.answers) };
  return state;
}

function refused(state: State, effect: Effect, code: string): State {
  const { pinning } = state;
  const isPin = effect.do === 'pin' || effect.do === 'unpin';
  const undone = isPin ? without(pinning, effect.uid) : pinning;
  return tell({ ...state, pinning: undone }, newsOf(code, effect.do === 'pin'));
}

function newsOf(code: string, isPin: boolean): News {
  switch (code) {
    case 'over-quota':
      return isPin ? 'pins-full' : 'not-yet';
    case 'laptop-full':
      return 'laptop-full';
    case 'server-unreachable':
    case 'not-registered':
    case 'pending-approval':
      return 'server-away';
    case 'busy':
    case 'server-busy':
      return 'not-now';
    default:
      return 'not-yet';
  }
}

function jobEnded(state: State, job: Job): State {
  // A complete restore has a screen of its own for its result.
  const touched = job.kind === 'backup' ? undefined : allStale(state.answers);
  const after = { ...state, answers: touched ?? state.answers };
  if (job.state === 'cancelled' || job.kind === 'backup' || job.kind === 'restore') return after;
  if (job.state === 'failed') {
    const isPin = job.kind === 'pins';
    // Pinned on the screen since it was noted; which of them was refused, the school is asked.
    const told = isPin ? { ...after, pinning: undoable(state) } : after;
    return tell(told, newsOf(job.problem.code, isPin), job.currentTitle);
  }
  const news: Record<string, News> = {
    'restore-entry': 'came-back',
    keep: 'kept',
    fetch: 'fetched',
  };
  const what = news[job.kind];
  return what ? tell(after, what, job.currentTitle) : after;
}

/** Of what is shown as pinned or not: what still can be undone, and is not sent yet. */
function undoable({ alert }: State): State['pinning'] {
  return alert?.kind === 'unpinned' ? { [alert.uid]: false } : {};
}

/** News never takes the place of a question or of an undo. */
function tell(state: State, what: News, title = ''): State {
  if (state.alert && state.alert.kind !== 'news') return state;
  return { ...state, alert: { kind: 'news', what, title, until: state.now + NEWS_S } };
}

function without(record: State['pinning'], key: string): State['pinning'] {
  const { [key]: _, ...rest } = record;
  return rest;
}
