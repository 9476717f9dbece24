/** A viewer for tests of the model: English words, the XO's own red and blue, and ready-made states. */

import { next } from '../../activity/model/acts/next.ts';
import type { ListBody, Viewer } from '../../activity/model/screens/body.ts';
import { screenOf } from '../../activity/model/screens/screen.ts';
import { readAgent, readJob } from '../../activity/model/state/agent.ts';
import { readEntryPage } from '../../activity/model/state/answers.ts';
import type { Event } from '../../activity/model/state/event.ts';
import { PAGE } from '../../activity/model/state/questions.ts';
import {
  type Effect,
  initialState,
  type Question,
  type State,
} from '../../activity/model/state/state.ts';
import { ENGLISH } from '../../shared/words/catalogue.ts';
import { wordsOf } from '../../shared/words/language.ts';

export const NOW = 1_790_000_000;

export const viewer: Viewer = {
  words: wordsOf(ENGLISH),
  color: { stroke: '#FF2B34', fill: '#005FE4' },
};

export type Properties = Record<string, unknown>;

const SAFE: Properties = {
  State: 'safe',
  Reasons: ['done'],
  LastBackup: NOW - 3 * 3600,
  LastSnapshot: 'datastore-2026-09-21_08:00',
  Registration: 'accepted',
  Serial: 'CSN74803BB1',
  SafeEntries: 40,
  TotalEntries: 40,
};

export const agentEvent = (properties: Properties): Event => ({
  type: 'agent',
  agent: readAgent('present', { ...SAFE, ...properties }),
});

export const jobEvent = (properties: Properties, n = 1): Event => ({
  type: 'job',
  path: `/org/sugarlabs/Backup1/job/${n}`,
  job: readJob({ Kind: 'backup', State: 'running', EntriesTotal: 80, ...properties }),
});

/** The state after these events, and everything that was to be done. */
export function after(...events: Event[]): { state: State; effects: Effect[] } {
  let state = initialState('Jocinta', NOW);
  const effects: Effect[] = [];
  for (const event of events) {
    const step = next(state, event);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

/** A row as `ListEntries` gives it. */
export function row(n: number, more: Properties = {}): Properties {
  return {
    uid: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    digest: String(n),
    title: `Thing ${n}`,
    'mime-type': 'text/plain',
    activity: 'org.laptop.Pippy',
    color: '#FF2B34,#005FE4',
    timestamp: NOW - n * 3600,
    bytes: 1000,
    pinned: false,
    here: 'same',
    ...more,
  };
}

/** The day that the tests look into, and its entries. */
export const SNAPSHOT = 'datastore-2026-09-20_08:00';
export const UID = '00000000-0000-4000-8000-000000000001';

/** One question of each kind but that for the pins. */
export const QUESTIONS: readonly Question[] = [
  { type: 'laptops' },
  { type: 'days', of: '' },
  { type: 'page', of: '', snapshot: SNAPSHOT, search: '', page: 0 },
  { type: 'details', of: '', snapshot: SNAPSHOT, uid: UID },
  { type: 'plan', of: '', snapshot: SNAPSHOT },
  { type: 'at-school' },
];

export const entries: Event = {
  type: 'go',
  place: { type: 'entries', of: '', snapshot: SNAPSHOT, search: '' },
};

export const page = (n: number, total = 5000): Event => ({
  type: 'answer',
  question: { type: 'page', of: '', snapshot: SNAPSHOT, search: '', page: n },
  value: readEntryPage(
    total,
    Array.from({ length: PAGE }, (_, at) => row(n * PAGE + at)),
  ),
});

export const list = (state: State) => screenOf(state, viewer).body as ListBody;
