/**
 * Everything that decides what is on the screen: the agent's properties and answers, the place the
 * child is at, the alert at the top. Changed by `next` only.
 */
import { type Agent, type Job, readAgent } from './agent.ts';
import type { AtSchool, Day, Details, EntryPage, Laptop, Pins, Plan } from './answers.ts';

/** A screen. `of` is the serial of a laptop, empty for this one; an empty snapshot is the newest. */
export type Place =
  | { type: 'status' }
  /** Shown once, at the first visit. */
  | { type: 'welcome' }
  /** With a search, each day leads to what it finds there. */
  | { type: 'days'; of: string; search?: string }
  | { type: 'entries'; of: string; snapshot: string; search: string }
  | { type: 'entry'; of: string; snapshot: string; uid: string }
  | { type: 'pins' }
  | { type: 'whose' }
  | { type: 'when'; of: string; chosen: string; month: number }
  | { type: 'go'; of: string; snapshot: string }
  | { type: 'restoring'; of: string; snapshot: string };

/** Each question that the agent can be asked, with the type of its answer. */
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
  | { type: 'laptops' }
  | { type: 'days'; of: string }
  | { type: 'page'; of: string; snapshot: string; search: string; page: number }
  | { type: 'details'; of: string; snapshot: string; uid: string }
  | { type: 'plan'; of: string; snapshot: string }
  | { type: 'pins' }
  | { type: 'at-school' };

export interface Answer {
  /** Undefined while there was none yet. */
  value?: AnswerOf[Question['type']];
  /** The code of the error that came instead. */
  failed?: string;
  /** May be out of date: still shown, and asked for again. */
  stale?: boolean;
}

/** A gesture of the child; `actOn` decides what it means. */
export type Act =
  | { type: 'back-up' }
  | { type: 'pause' }
  | { type: 'resume' }
  | { type: 'again' }
  /** The path of the job that is meant; empty for whatever is under way. */
  | { type: 'stop'; job: string }
  | { type: 'restore-all'; of: string; snapshot: string }
  | { type: 'forget'; of: string; snapshot: string }
  | { type: 'bring-back'; of: string; snapshot: string; uid: string }
  | { type: 'pin'; snapshot: string; uid: string }
  | { type: 'unpin'; uid: string; title: string }
  | { type: 'keep'; uid: string }
  | { type: 'fetch'; uid: string }
  | { type: 'offer'; snapshot: string; uid: string }
  | { type: 'take-back'; uid: string; digest: string }
  | { type: 'web' }
  /** Shows a day in the Journal, and takes it out again. */
  | { type: 'show-day'; of: string; snapshot: string }
  | { type: 'hide-day' }
  /** The failure on the first screen has been read. */
  | { type: 'dismiss' };

/** What has to be carried out outside the model, mostly by the agent. */
export type Effect =
  | Exclude<Act, { type: 'again' | 'stop' | 'unpin' | 'dismiss' }>
  | { type: 'retry' }
  | { type: 'cancel'; job: string }
  | { type: 'unpin'; uid: string };

export type Alert =
  | { type: 'news'; what: News; title: string; until: number }
  | { type: 'unpinned'; uid: string; title: string; until: number }
  | { type: 'give-up'; job: string };

/** Messages that are shown once; what did not work stays until it is read. */
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
  | 'school-busy'
  | 'school-trouble'
  | 'which-school'
  | 'pinned'
  | 'pinned-later'
  | 'unpinned-later'
  | 'pins-full'
  | 'kept'
  | 'fetched'
  | 'in-journal'
  | 'offered'
  | 'not-offered'
  | 'taken-back'
  | 'partly-in-journal'
  | 'server-away'
  | 'laptop-full'
  | 'not-now'
  | 'not-yet';

/** How long a requested restore is waited for, in seconds: the agent may have to start first. */
export const EXPECT_S = 20;

export interface State {
  /** Seconds since 1970. */
  now: number;
  nick: string;
  agent: Agent;
  jobs: Readonly<Record<string, Job>>;
  place: Place;
  /** The way back, the latest place last. */
  trail: readonly Place[];
  answers: Readonly<Record<string, Answer>>;
  /** The rows of a list that can be seen. */
  visible: { first: number; last: number };
  alert: Alert | null;
  /** Whether the child has chosen a place; until then the activity opens on an unfinished restore. */
  moved: boolean;
  /** When the job was first seen, for those under way. */
  since: Readonly<Record<string, number>>;
  /** The latest pin, unpin, offer or taking back: a double click must not do both. */
  pressed: { uid: string; at: number } | null;
  /** Until when a restore that was requested, or lost its agent, may still appear as a job. */
  expectedUntil: number;
  /** The restore on the screen after it ended: the agent forgets its job after five minutes. */
  ended: Job | null;
  /** A backup was confirmed; until then the agent's counts are still those from before it. */
  confirmedUntil: number;
  /** Code of the last backup's failure, until a backup works or the child has read it; or empty. */
  failure: string;
  /** Pins changed since the list was read: uid → pinned. */
  pinning: Readonly<Record<string, boolean>>;
}

export function initialState(nick: string, now: number, firstVisit = false): State {
  return {
    now,
    nick,
    agent: readAgent('starting', {}),
    jobs: {},
    place: { type: firstVisit ? 'welcome' : 'status' },
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
    failure: '',
    pinning: {},
  };
}

/** The key of a question in `answers`; equal questions have equal keys. */
export function keyOf(question: Question): string {
  return JSON.stringify(Object.entries(question).sort(([a], [b]) => (a < b ? -1 : 1)));
}
