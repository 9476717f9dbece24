/**
 * Everything that decides what is on the screen: what the agent says, what it answered, where the
 * child is, what is being said at the top. Changed by `next` only.
 */
import { type Agent, type Job, readAgent } from './agent.ts';
import type { AtSchool, Day, Details, EntryPage, Laptop, Pins, Plan } from './answers.ts';

/** A screen. `of` is the serial of a laptop, empty for this one; an empty snapshot is the newest. */
export type Place =
  | { at: 'status' }
  /** With a search, each day leads to what it finds there. */
  | { at: 'days'; of: string; search?: string }
  | { at: 'entries'; of: string; snapshot: string; search: string }
  | { at: 'entry'; of: string; snapshot: string; uid: string }
  | { at: 'pins' }
  | { at: 'whose' }
  | { at: 'when'; of: string; chosen: string; month: number }
  | { at: 'go'; of: string; snapshot: string }
  | { at: 'restoring'; of: string; snapshot: string };

/** What the agent can be asked, and what it answers. */
export interface AnswerOf {
  laptops: Laptop[];
  days: Day[];
  page: EntryPage;
  details: Details | null;
  plan: Plan | null;
  pins: Pins;
  'at-school': AtSchool[];
}

export type Question =
  | { ask: 'laptops' }
  | { ask: 'days'; of: string }
  | { ask: 'page'; of: string; snapshot: string; search: string; page: number }
  | { ask: 'details'; of: string; snapshot: string; uid: string }
  | { ask: 'plan'; of: string; snapshot: string }
  | { ask: 'pins' }
  | { ask: 'at-school' };

export interface Answer {
  /** Undefined while there was none yet. */
  value?: AnswerOf[Question['ask']];
  /** The code of the error that came instead. */
  failed?: string;
  /** It may have changed since: shown, and asked again. */
  stale?: boolean;
}

/** What the child can have done; `next` decides what it means. */
export type Act =
  | { do: 'back-up' }
  | { do: 'pause' }
  | { do: 'resume' }
  | { do: 'again' }
  /** The path of the job that is meant; empty for whatever is under way. */
  | { do: 'stop'; job: string }
  | { do: 'restore-all'; of: string; snapshot: string }
  | { do: 'forget'; of: string; snapshot: string }
  | { do: 'bring-back'; of: string; snapshot: string; uid: string }
  | { do: 'pin'; snapshot: string; uid: string }
  | { do: 'unpin'; uid: string; title: string }
  | { do: 'keep'; uid: string }
  | { do: 'fetch'; uid: string }
  | { do: 'web' };

/** What has to be done outside, because of something that happened. */
export type Effect =
  | Exclude<Act, { do: 'again' | 'stop' | 'unpin' }>
  | { do: 'retry' }
  | { do: 'cancel'; job: string }
  | { do: 'unpin'; uid: string };

export type Alert =
  | { kind: 'news'; what: News; title: string; until: number }
  | { kind: 'unpinned'; uid: string; title: string; until: number }
  | { kind: 'give-up'; job: string };

/** Things that are told once and disappear. */
export type News =
  | 'on-its-way'
  | 'came-back'
  | 'came-beside'
  | 'here-already'
  | 'trouble'
  | 'only-at-school'
  | 'plug-in'
  | 'ask-teacher'
  | 'school-full'
  | 'which-school'
  | 'pinned'
  | 'pinned-later'
  | 'unpinned-later'
  | 'pins-full'
  | 'kept'
  | 'fetched'
  | 'server-away'
  | 'laptop-full'
  | 'not-now'
  | 'not-yet';

export interface State {
  /** Seconds since 1970. */
  now: number;
  nick: string;
  agent: Agent;
  jobs: Readonly<Record<string, Job>>;
  place: Place;
  /** The way back, the last one last. */
  trail: readonly Place[];
  answers: Readonly<Record<string, Answer>>;
  /** The rows of a list that can be seen. */
  visible: { first: number; last: number };
  alert: Alert | null;
  /** Whether the child has chosen a place; until then the activity opens on what is unfinished. */
  moved: boolean;
  /** When the job was first seen, for those under way. */
  since: Readonly<Record<string, number>>;
  /** The pin or unpin that was pressed last: a double click is not both. */
  pressed: { uid: string; at: number } | null;
  /** Until when a restore that was asked for, or lost its agent, may still come to be seen. */
  expectedUntil: number;
  /** How the restore that is on the screen ended: the agent forgets it after five minutes. */
  ended: Job | null;
  /** The school has confirmed a backup: until then the counts are those of before it. */
  confirmedUntil: number;
  /** Versions that are pinned or not since the list was read: uid → pinned. */
  pinning: Readonly<Record<string, boolean>>;
}

export function initialState(nick: string, now: number): State {
  return {
    now,
    nick,
    agent: readAgent('starting', {}),
    jobs: {},
    place: { at: 'status' },
    trail: [],
    answers: {},
    visible: { first: 0, last: 0 },
    alert: null,
    moved: false,
    since: {},
    pressed: null,
    expectedUntil: 0,
    ended: null,
    confirmedUntil: 0,
    pinning: {},
  };
}

/** One text for a question, the same for the same question. */
export function keyOf(question: Question): string {
  return JSON.stringify(Object.entries(question).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What is known to this question; undefined before the first answer. */
export function answerTo<A extends Question['ask']>(
  state: State,
  question: Extract<Question, { ask: A }>,
): AnswerOf[A] | undefined {
  return state.answers[keyOf(question)]?.value as AnswerOf[A] | undefined;
}

/** The code of the error that came instead of an answer. */
export function failureOf(state: State, question: Question): string | undefined {
  return state.answers[keyOf(question)]?.failed;
}
