/**
 * A request has ended, well or not: which news the child is shown, and which answers are out of date.
 */
import type { ErrorCode } from '../../../shared/errors.ts';
import { isOpen, type Job } from '../state/agent.ts';
import { tell, withoutFailure } from '../state/alerts.ts';
import { allStale } from '../state/known-answers.ts';
import type { Effect, News, State } from '../state/state.ts';

export type Ending =
  | { type: 'did'; effect: Effect; result: string }
  | { type: 'refused'; effect: Effect; code: string }
  | { type: 'job-ended'; job: Job };

export function finished(state: State, ending: Ending): State {
  switch (ending.type) {
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
  if (effect.type === 'pin') {
    const after = { ...state, answers: allStale(state.answers, ['pins', 'page', 'details']) };
    return tell(after, later ? 'pinned-later' : 'pinned');
  }
  if (effect.type === 'unpin') {
    const answers = allStale(state.answers, ['pins', 'page', 'details']);
    return later ? tell({ ...state, answers }, 'unpinned-later') : { ...state, answers };
  }
  if (effect.type === 'bring-back' || effect.type === 'keep' || effect.type === 'fetch') {
    // The result is the path of its job, which may have ended already.
    const job = state.jobs[result];
    return job && !isOpen(job) ? state : tell(state, 'on-its-way');
  }
  if (effect.type === 'offer' || effect.type === 'take-back') {
    const after = { ...state, answers: allStale(state.answers, ['pins', 'page', 'details']) };
    return tell(after, effect.type === 'offer' ? 'offered' : 'taken-back');
  }
  if (effect.type === 'show-day') {
    return tell(state, state.agent.inJournal.isWhole ? 'in-journal' : 'partly-in-journal');
  }
  if (effect.type === 'forget') return { ...state, answers: allStale(state.answers) };
  return state;
}

function refused(state: State, effect: Effect, code: string): State {
  const { pinning } = state;
  if (isHarmless(state, effect, code)) return state;
  const isPin = effect.type === 'pin' || effect.type === 'unpin';
  const undone = isPin ? without(pinning, effect.uid) : pinning;
  const after = { ...state, pinning: undone, expectedUntil: 0 };
  return tell(
    effect.type === 'restore-all' ? notBegun(after, effect) : after,
    newsOf(code, effect.type === 'pin' || effect.type === 'offer'),
  );
}

/** Refusals that nobody needs to hear of: the job to cancel had ended; nothing was left to retry. */
function isHarmless({ jobs }: State, effect: Effect, code: string): boolean {
  if (effect.type === 'retry') return code === 'not-found';
  if (effect.type !== 'cancel' || effect.job === '') return false;
  const job = jobs[effect.job];
  return !job || !isOpen(job);
}

/** A restore did not start: back to its preview, unless there is a restore to show already. */
function notBegun(state: State, { of, snapshot }: { of: string; snapshot: string }): State {
  const isHere = (one: { of: string; snapshot: string }) =>
    one.of === of && one.snapshot === snapshot;
  const { place, agent, jobs } = state;
  const isOn = Object.values(jobs).some((job) => job.kind === 'restore' && isOpen(job));
  if (place.type !== 'restoring' || !isHere(place) || isOn) return state;
  if (agent.unfinished.some(isHere)) return state;
  return { ...state, place: { type: 'go', of, snapshot } };
}

/** An error of the agent's → the news of it. */
const NEWS_OF: Readonly<Record<ErrorCode, News>> = {
  'over-quota': 'not-yet',
  'laptop-full': 'laptop-full',
  'server-unreachable': 'server-away',
  transfer: 'server-away',
  'not-registered': 'ask-teacher',
  'pending-approval': 'ask-teacher',
  'server-full': 'school-full',
  'server-trouble': 'school-trouble',
  'untrusted-server': 'which-school',
  battery: 'plug-in',
  'only-copy': 'only-at-school',
  unreadable: 'trouble',
  damaged: 'trouble',
  datastore: 'trouble',
  'laptop-read-only': 'trouble',
  busy: 'not-now',
  'server-busy': 'school-busy',
  'server-refused': 'not-yet',
  'key-taken': 'not-yet',
  'not-found': 'not-yet',
  'bad-id': 'not-yet',
  'bad-input': 'not-yet',
  'program-failed': 'not-yet',
  'missing-tool': 'not-yet',
  config: 'not-yet',
  usage: 'not-yet',
  cancelled: 'not-yet',
  internal: 'not-yet',
};

function newsOf(code: string, isPin: boolean): News {
  if (code === 'over-quota' && isPin) return 'pins-full';
  // A newer agent may have other codes.
  return Object.hasOwn(NEWS_OF, code) ? NEWS_OF[code as ErrorCode] : 'not-yet';
}

function jobEnded(state: State, job: Job): State {
  // A complete restore has a screen of its own for its result.
  const touched = job.kind === 'backup' ? undefined : allStale(state.answers);
  const after = { ...state, answers: touched ?? state.answers };
  if (job.state === 'cancelled' || job.kind === 'restore') return after;
  if (job.state === 'failed') {
    // The first screen shows it itself, and for longer.
    if (job.kind === 'backup' && state.place.type === 'status') return after;
    // What a child said in the Journal, some time ago.
    if (job.kind === 'offers') return tell(after, 'not-offered');
    const isPin = job.kind === 'pins';
    // It was shown as pinned since it was noted; the school is asked which of them was refused.
    const told = isPin ? { ...after, pinning: undoable(state) } : after;
    return tell(told, newsOf(job.problem.code, isPin), titleOf(job));
  }
  const what = newsOfSuccess(job);
  const title = titleOf(job);
  const worked = { ...after, alert: withoutFailure(after.alert, title) };
  return what ? tell(worked, what, title) : worked;
}

/** The entry that it was about; empty for what is about all of them. */
function titleOf({ kind, currentTitle }: Job): string {
  return ['backup', 'pins', 'offers'].includes(kind) ? '' : currentTitle;
}

function newsOfSuccess({ kind, summary }: Job): News | null {
  if (kind === 'keep') return 'kept';
  if (kind === 'fetch') return 'fetched';
  if (kind !== 'restore-entry') return null;
  // A job that ended has not necessarily brought anything: the summary has what was verified.
  const { restored = 0, beside = 0, alreadyHere = 0, problems = 0 } = summary;
  if (beside > 0) return 'came-beside';
  if (restored > 0) return 'came-back';
  if (problems > 0) return 'trouble';
  return alreadyHere > 0 ? 'here-already' : 'came-back';
}

/** The pin changes that were not sent yet because they can still be undone. */
function undoable({ alert }: State): State['pinning'] {
  return alert?.type === 'unpinned' ? { [alert.uid]: false } : {};
}

function without(record: State['pinning'], key: string): State['pinning'] {
  const { [key]: _, ...rest } = record;
  return rest;
}
