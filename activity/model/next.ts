/**
 * What happened and what it means: the one place where the activity's state changes. Pure; what has
 * to be done outside comes back as effects.
 */

import { actOn, EXPECT_S } from './acts.ts';
import { type Agent, isOpen, type Job } from './agent.ts';
import { finished } from './finished.ts';
import {
  type Act,
  type Alert,
  type AnswerOf,
  type Effect,
  keyOf,
  type Place,
  type Question,
  type State,
} from './state.ts';

export type Event =
  | { on: 'agent'; agent: Agent }
  | { on: 'job'; path: string; job: Job }
  | { on: 'answer'; question: Question; value: AnswerOf[Question['ask']] }
  | { on: 'no-answer'; question: Question; code: string }
  | { on: 'tick'; now: number }
  | { on: 'go'; place: Place }
  | { on: 'back' }
  | { on: 'seen'; first: number; last: number }
  | { on: 'search'; text: string }
  | { on: 'month'; month: number }
  | { on: 'choose'; snapshot: string }
  | { on: 'act'; act: Act }
  | { on: 'undo' }
  | { on: 'answer-alert'; yes: boolean }
  | { on: 'did'; effect: Effect; result: string }
  | { on: 'refused'; effect: Effect; code: string };

export interface Next {
  state: State;
  effects: Effect[];
}

const TRAIL = 20;
/** Within this the agent has counted again after a backup, in seconds. */
const COUNTED_S = 10;
/** Answers kept; the oldest go. */
const ANSWERS = 200;

export function next(state: State, event: Event): Next {
  switch (event.on) {
    case 'agent':
      return only(withAgent(state, event.agent));
    case 'job':
      return only(withJob(state, event.path, event.job));
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

/** The state when the activity is closed: what waited for an undo that cannot come any more. */
export function farewell(state: State): Effect[] {
  return settleAlert(state.alert);
}

/** What an alert still had to do when another takes its place or its time is over. */
export function settleAlert(alert: Alert | null): Effect[] {
  return alert?.kind === 'unpinned' ? [{ do: 'unpin', uid: alert.uid }] : [];
}

/** To a place, with the way back remembered. */
export function goTo(state: State, place: Place): State {
  const same = JSON.stringify(place) === JSON.stringify(state.place);
  if (same) return { ...state, moved: true };
  const trail = place.at === 'status' ? [] : [...state.trail, state.place].slice(-TRAIL);
  return { ...state, place, trail, moved: true, visible: { first: 0, last: 0 }, ended: null };
}

function only(state: State): Next {
  return { state, effects: [] };
}

function goBack(state: State): State {
  const place = state.trail.at(-1) ?? { at: 'status' };
  const trail = state.trail.slice(0, -1);
  return { ...state, place, trail, visible: { first: 0, last: 0 }, moved: true, ended: null };
}

function withAgent(state: State, agent: Agent): State {
  const before = state.agent;
  let { answers } = state;
  const restarted = before.presence !== 'present' && agent.presence === 'present';
  const reached = before.reasons[0] !== agent.reasons[0];
  if (before.lastSnapshot !== agent.lastSnapshot || restarted) answers = allStale(answers);
  else if (before.pinnedBytes !== agent.pinnedBytes) answers = allStale(answers, ['pins']);
  // What is here, beside what is at school, is another Journal now.
  if (before.totalEntries !== agent.totalEntries || before.safeEntries !== agent.safeEntries) {
    answers = allStale(answers, ['plan', 'page', 'details', 'at-school']);
  }
  // What could not be answered may be now.
  if (restarted || reached) answers = withoutFailures(answers);
  const isThere = (path: string) => agent.jobs.includes(path);
  const [jobs, since] = [pick(state.jobs, isThere), pick(state.since, isThere)];
  const alert = withoutQuestion(state.alert, jobs);
  const expectedUntil = expected(state, agent);
  const confirmedUntil = confirmed(state, agent);
  const known = { agent, answers, jobs, since };
  const after = { ...state, ...known, expectedUntil, confirmedUntil, alert };
  const [unfinished] = agent.unfinished;
  if (!unfinished || state.moved || state.place.at !== 'status') return after;
  // After a power cut the activity opens on what was under way.
  const place: Place = { at: 'restoring', of: unfinished.of, snapshot: unfinished.snapshot };
  return { ...after, place, trail: [{ at: 'status' }] };
}

/** Whether to give up a restore is no question any more when it has ended. */
function withoutQuestion(alert: Alert | null, jobs: State['jobs']): Alert | null {
  if (alert?.kind !== 'give-up') return alert;
  const job = jobs[alert.job];
  return job && isOpen(job) ? alert : null;
}

/** What is counted as safe follows a moment after the backup, and the picture is not to fall back. */
function confirmed({ agent: before, now, confirmedUntil }: State, after: Agent): number {
  const isCounted =
    before.safeEntries !== after.safeEntries || before.totalEntries !== after.totalEntries;
  if (isCounted || after.held !== '') return 0;
  const isDone = before.presence === 'present' && before.lastBackup !== after.lastBackup;
  return isDone ? now + COUNTED_S : confirmedUntil;
}

/** A restore whose agent died goes on under the next one; until that is seen, it is looked for. */
function expected({ agent: before, jobs, now, expectedUntil }: State, after: Agent): number {
  const died = before.presence === 'present' && after.presence !== 'present';
  const lost = died && Object.values(jobs).some((job) => job.kind === 'restore' && isOpen(job));
  return lost ? now + EXPECT_S : expectedUntil;
}

function withJob(state: State, path: string, job: Job): State {
  const before = state.jobs[path];
  const jobs = { ...state.jobs, [path]: job };
  const since = { ...state.since, [path]: state.since[path] ?? state.now };
  const isResult = job.kind === 'restore' && !isOpen(job) && state.place.at === 'restoring';
  const ended = isResult ? job : state.ended;
  const expectedUntil = job.kind === 'restore' ? 0 : state.expectedUntil;
  const alert = withoutQuestion(state.alert, jobs);
  const after = { ...state, jobs, since, ended, expectedUntil, alert };
  if (!before || !isOpen(before) || isOpen(job)) return after;
  return finished(after, { on: 'job-ended', job });
}

function withAnswer(state: State, question: Question, answer: State['answers'][string]): State {
  const { [keyOf(question)]: _, ...others } = state.answers;
  const kept = Object.entries(others).slice(-(ANSWERS - 1));
  const answers = { ...Object.fromEntries(kept), [keyOf(question)]: answer };
  return { ...state, answers };
}

function withFailure(state: State, question: Question, code: string): State {
  const { value } = state.answers[keyOf(question)] ?? {};
  // What was shown stays; nobody is helped by an empty list.
  const answer = value === undefined ? { failed: code } : { value, failed: code };
  return withAnswer(state, question, answer);
}

function tick(state: State, now: number): Next {
  const after = { ...state, now };
  const { alert } = state;
  if (!alert || alert.kind === 'give-up' || now < alert.until) return only(after);
  return { state: { ...after, alert: null }, effects: settleAlert(alert) };
}

function search(state: State, text: string): State {
  const { place } = state;
  if (place.at === 'entries') {
    if (place.search === text) return state;
    return { ...state, place: { ...place, search: text }, visible: { first: 0, last: 0 } };
  }
  if (text === '') return state;
  return goTo(state, { at: 'entries', of: '', snapshot: '', search: text });
}

function chooseDay(
  state: State,
  event: { on: 'month'; month: number } | { on: 'choose'; snapshot: string },
): State {
  const { place } = state;
  if (place.at !== 'when') return state;
  const change = event.on === 'month' ? { month: event.month } : { chosen: event.snapshot };
  return { ...state, place: { ...place, ...change } };
}

function answerAlert(state: State, yes: boolean): Next {
  const { alert } = state;
  const after = { ...state, alert: null };
  if (alert?.kind !== 'give-up') return { state: after, effects: settleAlert(alert) };
  return { state: after, effects: yes ? [{ do: 'cancel', job: alert.job }] : [] };
}

function withoutUnpinned(state: State): State['pinning'] {
  const { alert, pinning } = state;
  return alert?.kind === 'unpinned' ? pick(pinning, (uid) => uid !== alert.uid) : pinning;
}

/** Marks answers as to be asked again; `asks` are the kinds, all without it. */
export function allStale(
  answers: State['answers'],
  asks?: readonly Question['ask'][],
): State['answers'] {
  const isMeant = (key: string) => !asks || asks.some((ask) => key.includes(`["ask","${ask}"]`));
  return Object.fromEntries(
    Object.entries(answers).map(([key, answer]) => [
      key,
      isMeant(key) ? { ...answer, stale: true } : answer,
    ]),
  );
}

export function withoutFailures(answers: State['answers']): State['answers'] {
  return pick(answers, (_, answer) => answer.failed === undefined);
}

function pick<T>(
  record: Readonly<Record<string, T>>,
  keep: (key: string, value: T) => boolean,
): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key, value]) => keep(key, value)));
}
