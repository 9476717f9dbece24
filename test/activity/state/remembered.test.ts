/** The way back, the answers that are kept, and the one alert. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { next } from '../../../activity/model/acts/next.ts';
import { tell } from '../../../activity/model/state/alerts.ts';
import type { Event } from '../../../activity/model/state/event.ts';
import { failureOf } from '../../../activity/model/state/known-answers.ts';
import { questionsFor } from '../../../activity/model/state/questions.ts';
import {
  initialState,
  keyOf,
  type Place,
  type State,
} from '../../../activity/model/state/state.ts';
import { after, agentEvent, entries, jobEvent, NOW, SNAPSHOT, UID } from '../viewer.ts';

const test = suite('what the activity remembers');

const go = (place: Place): Event => ({ type: 'go', place });
const days = go({ type: 'days', of: '' });
const status = go({ type: 'status' });
const entry = go({ type: 'entry', of: '', snapshot: SNAPSHOT, uid: UID });
const back: Event = { type: 'back' };
const placeAfter = (...events: Event[]) => after(agentEvent({}), ...events).state.place.type;
const UNFINISHED = agentEvent({ Unfinished: [['', SNAPSHOT, 1, 2]] });

test('the way back is the way there, and begins anew on the first screen', () => {
  assert.is(placeAfter(days, entries, entry, back), 'entries');
  assert.is(placeAfter(days, entries, entry, back, back), 'days');
  assert.is(placeAfter(days, entries, entry, back, back, back), 'status');
  assert.is(placeAfter(entries, status, days, back), 'status');
  assert.is(placeAfter(entries, status, days, back, back), 'status');
  assert.is(placeAfter(back), 'status', 'from where no way leads back');
});

test('it opens on a restore that was under way, unless the child went somewhere first', () => {
  assert.is(placeAfter(UNFINISHED), 'restoring');
  assert.is(placeAfter(days, back, UNFINISHED), 'status');
  assert.is(placeAfter(status, UNFINISHED), 'status', 'who presses where she is has moved, too');
  assert.is(next(initialState('', NOW, true), UNFINISHED).state.place.type, 'welcome');
});

test('a question has one key, however it is written down', () => {
  const one = keyOf({ type: 'details', of: '', snapshot: SNAPSHOT, uid: UID });
  assert.is(keyOf({ uid: UID, snapshot: SNAPSHOT, of: '', type: 'details' }), one);
  assert.is.not(keyOf({ type: 'details', of: '', snapshot: SNAPSHOT, uid: 'another' }), one);
  assert.match(one, /\["type","details"\]/, 'which is how all of a kind are found');
});

const PINS = { type: 'pins' } as const;
const LAPTOPS = { type: 'laptops' } as const;

function agentIs(presence: 'asleep' | 'present' | 'absent'): Event {
  const event = agentEvent({}) as Extract<Event, { type: 'agent' }>;
  return { ...event, agent: { ...event.agent, presence } };
}

test('a failure is forgotten when an agent comes back, and not while it stays', () => {
  const failed: Event = { type: 'no-answer', question: LAPTOPS, code: 'transfer' };
  const left = (...events: Event[]) =>
    failureOf(after(agentEvent({}), failed, ...events).state, LAPTOPS);
  assert.is(left(agentEvent({})), 'transfer');
  assert.is(left(agentIs('asleep')), 'transfer');
  assert.is(left(agentIs('asleep'), agentIs('present')), undefined);
});

test('pins are asked for anew when others count, not at every word of the agent', () => {
  const pins = { type: 'answer', question: PINS, value: { all: [], used: 0, limit: 0 } } as const;
  const stale = (...events: Event[]) =>
    after(agentEvent({}), pins as unknown as Event, ...events).state.answers[keyOf(PINS)]?.stale;
  assert.is(stale(agentEvent({ Reasons: ['battery'] })), undefined);
  assert.is(stale(agentEvent({ PinnedBytes: 5 })), true);
});

test('a restore whose agent died is expected, also beside other work', () => {
  const both = [jobEvent({ Kind: 'restore' }), jobEvent({ Kind: 'backup' }, 2)];
  const jobs = ['/org/sugarlabs/Backup1/job/1', '/org/sugarlabs/Backup1/job/2'];
  const at = agentEvent({ Jobs: jobs });
  const until = (...events: Event[]) => after(at, ...both, ...events).state.expectedUntil;
  assert.is(until(), 0);
  assert.ok(until(agentIs('absent')) > NOW);
});

const told = (...news: Parameters<typeof tell>[1][]): string | undefined => {
  const titles = ['A', 'B'];
  const { alert } = news.reduce<State>(
    (state, what, n) => tell(state, what, titles[n]),
    initialState('', NOW),
  );
  return alert?.type === 'news' ? alert.what : undefined;
};

test('good news follow each other; a failure gives way to its own thing and to another failure', () => {
  assert.is(told('pinned', 'kept'), 'kept');
  assert.is(told('trouble', 'kept'), 'trouble', 'of another thing');
  assert.is(told('trouble', 'school-full'), 'school-full');
  const same = tell(tell(initialState('', NOW), 'trouble', 'A'), 'kept', 'A').alert;
  assert.is(same?.type === 'news' && same.what, 'kept');
});

test('entries are asked for where entries are shown', () => {
  const kinds = (...events: Event[]) =>
    questionsFor(after(agentEvent({}), ...events).state).map(({ type }) => type);
  assert.equal(
    kinds(entries).filter((type) => type === 'page'),
    ['page'],
  );
  for (const place of [days, status, entry]) assert.not(kinds(place).includes('page'));
});

test.run();
