/**
 * Something that was asked for has come to its end, well or not: what is told about it, and what is
 * to be read again.
 */
import { isOpen, type Job } from './agent.ts';
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
  if (effect.do === 'bring-back' || effect.do === 'keep' || effect.do === 'fetch') {
    // The answer is the path of its job, which may have ended already.
    const job = state.jobs[result];
    return job && !isOpen(job) ? state : tell(state, 'on-its-way');
  }
  if (effect.do === 'forget') return { ...state, answers: allStale(state.answers) };
  return state;
}

function refused(state: State, effect: Effect, code: string): State {
  const { pinning } = state;
  if (isNoLoss(state, effect, code)) return state;
  const isPin = effect.do === 'pin' || effect.do === 'unpin';
  const undone = isPin ? without(pinning, effect.uid) : pinning;
  const after = { ...state, pinning: undone, expectedUntil: 0 };
  return tell(
    effect.do === 'restore-all' ? notBegun(after, effect) : after,
    newsOf(code, effect.do === 'pin'),
  );
}

/** What was to be stopped had ended by itself; or nothing had failed that could be tried again. */
function isNoLoss({ jobs }: State, effect: Effect, code: string): boolean {
  if (effect.do === 'retry') return code === 'not-found';
  if (effect.do !== 'cancel' || effect.job === '') return false;
  const job = jobs[effect.job];
  return !job || !isOpen(job);
}

/** Nothing came of it: back to where it was asked for, unless there is one to show already. */
function notBegun(state: State, { of, snapshot }: { of: string; snapshot: string }): State {
  const isHere = (one: { of: string; snapshot: string }) =>
    one.of === of && one.snapshot === snapshot;
  const { place, agent, jobs } = state;
  const isOn = Object.values(jobs).some((job) => job.kind === 'restore' && isOpen(job));
  if (place.at !== 'restoring' || !isHere(place) || isOn) return state;
  if (agent.unfinished.some(isHere)) return state;
  return { ...state, place: { at: 'go', of, snapshot } };
}

function newsOf(code: string, isPin: boolean): News {
  switch (code) {
    case 'over-quota':
      return isPin ? 'pins-full' : 'not-yet';
    case 'laptop-full':
      return 'laptop-full';
    case 'server-unreachable':
    case 'transfer':
      return 'server-away';
    case 'not-registered':
    case 'pending-approval':
      return 'ask-teacher';
    case 'server-full':
      return 'school-full';
    case 'untrusted-server':
      return 'which-school';
    case 'battery':
      return 'plug-in';
    case 'only-copy':
      return 'only-at-school';
    case 'unreadable':
    case 'damaged':
    case 'datastore':
      return 'trouble';
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
  if (job.state === 'cancelled' || job.kind === 'restore') return after;
  if (job.state === 'failed') {
    const isPin = job.kind === 'pins';
    // Pinned on the screen since it was noted; which of them was refused, the school is asked.
    const told = isPin ? { ...after, pinning: undoable(state) } : after;
    return tell(told, newsOf(job.problem.code, isPin), job.currentTitle);
  }
  const what = newsOfSuccess(job);
  return what ? tell(after, what, job.currentTitle) : after;
}

function newsOfSuccess({ kind, summary }: Job): News | null {
  if (kind === 'keep') return 'kept';
  if (kind === 'fetch') return 'fetched';
  if (kind !== 'restore-entry') return null;
  // It ended, which is not to say that it came: the summary tells what was read back.
  const { restored = 0, beside = 0, alreadyHere = 0, problems = 0 } = summary;
  if (beside > 0) return 'came-beside';
  if (restored > 0) return 'came-back';
  if (problems > 0) return 'trouble';
  return alreadyHere > 0 ? 'here-already' : 'came-back';
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
