import type { ListBody } from '../../activity/model/screens/body.ts';
import { screenOf } from '../../activity/model/screens/screen.ts';
import { readAtSchool, readEntryPage, readPins } from '../../activity/model/state/answers.ts';
import type { Event } from '../../activity/model/state/event.ts';
import { PAGE, questionsFor } from '../../activity/model/state/questions.ts';
import type { State } from '../../activity/model/state/state.ts';
import { row, viewer } from './viewer.ts';

export const SNAPSHOT = 'datastore-2026-09-20_08:00';
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
export const pages = (state: State) =>
  questionsFor(state).flatMap((question) => ('page' in question ? [question.page] : []));
export const UID = String(row(1).uid);
export const unpin: Event = { type: 'act', act: { type: 'unpin', uid: UID, title: 'Thing 1' } };
export const pin: Event = { type: 'act', act: { type: 'pin', snapshot: SNAPSHOT, uid: UID } };
export const PINS: Event = { type: 'go', place: { type: 'pins' } };
export const onePin = (used: number, limit = 100): Event => ({
  type: 'answer',
  question: { type: 'pins' },
  value: readPins([{ uid: UID, title: 'Pin', bytes: 10 }], used, limit),
});
export const keptAtSchool: Event = {
  type: 'answer',
  question: { type: 'at-school' },
  value: readAtSchool([
    { uid: 'a', title: 'Film', bytes: 3e6 },
    { uid: 'b', title: '', bytes: 5 },
  ]),
};
