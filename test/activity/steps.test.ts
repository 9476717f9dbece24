/** How the activity's state goes on: moving between screens, double clicks, alerts, and news of the agent. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { secondsBetweenTicks } from '../../activity/model/acts/pulse.ts';
import type { Presence } from '../../activity/model/state/agent.ts';
import { readAgent } from '../../activity/model/state/agent.ts';
import type { Event } from '../../activity/model/state/event.ts';
import { withAnswer, withFailure } from '../../activity/model/state/known-answers.ts';
import {
  type Act,
  initialState,
  type Place,
  type Question,
  type State,
} from '../../activity/model/state/state.ts';
import { after, agentEvent, entries, jobEvent, NOW, SNAPSHOT } from './viewer.ts';

const test = suite('steps');

const UID = '00000000-0000-4000-8000-000000000001';
const JOB = '/org/sugarlabs/Backup1/job/1';
const act = (one: Act): Event => ({ type: 'act', act: one });
const pin = (uid = UID) => act({ type: 'pin', snapshot: SNAPSHOT, uid });
const unpin = (uid = UID) => act({ type: 'unpin', uid, title: 'Fish' });
const go = (place: Place): Event => ({ type: 'go', place });
const tick = (seconds: number): Event => ({ type: 'tick', now: NOW + seconds });
const restoreAll = act({ type: 'restore-all', of: '', snapshot: SNAPSHOT });
const restore = (more = {}) => jobEvent({ Kind: 'restore', Snapshot: SNAPSHOT, ...more });
const place = (...events: Event[]) => after(agentEvent({}), ...events).state.place;

test('Back leads to the place before, at last to the first screen, which forgets the way', () => {
  const whose = go({ type: 'whose' });
  const pins = go({ type: 'pins' });
  const back: Event = { type: 'back' };
  assert.equal(place(whose, pins, back), { type: 'whose' });
  assert.equal(place(whose, pins, back, back), { type: 'status' });
  assert.equal(place(whose, pins, back, back, back), { type: 'status' });
  assert.equal(place(whose, whose, back), { type: 'status' }, 'to where one is, is no way');
  assert.equal(place(whose, go({ type: 'status' }), pins, back), { type: 'status' });
  const { state } = after(whose, { type: 'seen', first: 9, last: 20 }, pins);
  assert.equal(state.visible, { first: 0, last: 0 });
  const returned = after(whose, pins, { type: 'seen', first: 9, last: 20 }, back).state;
  assert.equal(returned.visible, { first: 0, last: 0 });
  const stays = after(whose, { type: 'seen', first: 9, last: 20 }, whose).state;
  assert.equal(stays.visible, { first: 9, last: 20 });
});

test('the way back has twenty places', () => {
  const days = Array.from({ length: 30 }, (_, n) => go({ type: 'days', of: `CSN${n}` }));
  const { trail } = after(...days).state;
  assert.is(trail.length, 20);
  assert.equal(trail.at(-1), { type: 'days', of: 'CSN28' });
});

test('a restore that was begun is left to the first screen, not to its preview', () => {
  const preview = go({ type: 'go', of: '', snapshot: SNAPSHOT });
  const begun = after(agentEvent({}), go({ type: 'whose' }), preview, restoreAll);
  assert.equal(begun.effects, [{ type: 'restore-all', of: '', snapshot: SNAPSHOT }]);
  assert.equal(begun.state.trail, [{ type: 'status' }]);
  assert.equal(place(preview, restoreAll, act({ type: 'forget', of: '', snapshot: '' })), {
    type: 'status',
  });
});

test('a month is turned and a day chosen on the calendar, and nowhere else', () => {
  const when = go({ type: 'when', of: '', chosen: 'a', month: 7 });
  const on = (event: Event) => place(when, event);
  assert.equal(on({ type: 'month', month: 8 }), { type: 'when', of: '', chosen: 'a', month: 8 });
  assert.equal(on({ type: 'choose', snapshot: 'b' }), {
    ...{ type: 'when', of: '', chosen: 'b', month: 7 },
  });
  assert.equal(place({ type: 'choose', snapshot: 'b' }), { type: 'status' });
});

test('a search leads to the newest day, or stays in the one that is shown', () => {
  const search: Event = { type: 'search', text: 'fish' };
  assert.equal(place(search), { type: 'entries', of: '', snapshot: '', search: 'fish' });
  const inDay = { type: 'entries', of: '', snapshot: SNAPSHOT, search: 'fish' };
  assert.equal(place(entries, search), inDay);
  assert.equal(after(agentEvent({}), entries, search).state.trail, [{ type: 'status' }]);
});

test('a second press within 0.4 s belongs to the first, on the same entry only', () => {
  const effects = (...events: Event[]) => after(agentEvent({}), ...events).effects.length;
  assert.is(effects(pin(), pin()), 1);
  assert.is(effects(pin(), tick(0.39), pin()), 1);
  assert.is(effects(pin(), tick(0.4), pin()), 2);
  assert.is(effects(pin(), tick(-0.39), pin()), 1, 'a clock that was set back');
  assert.is(effects(pin(), tick(-9), pin()), 2);
  assert.is(effects(pin(), pin('other')), 2);
});

test('unpinning once more begins the time to undo it anew; pinning ends it', () => {
  const until = (...events: Event[]) => {
    const { alert } = after(agentEvent({}), ...events).state;
    return alert?.type === 'unpinned' ? [alert.uid, alert.title, alert.until - NOW] : alert;
  };
  assert.equal(until(unpin()), [UID, 'Fish', 10]);
  assert.equal(until(unpin(), tick(5), unpin()), [UID, 'Fish', 15]);
  assert.is(until(unpin(), tick(5), pin()), null);
  assert.equal(until(unpin(), pin('other')), [UID, 'Fish', 10], 'another one');
  const news: Event = { type: 'refused', effect: { type: 'pause' }, code: 'busy' };
  assert.is(after(agentEvent({}), news, pin()).state.alert?.type, 'news');
  assert.equal(after(agentEvent({}), news, unpin()).effects, [], 'news leaves nothing to do');
  const again = after(agentEvent({}), unpin(), tick(3), unpin(), tick(12));
  assert.equal(again.effects, [], 'and nothing is sent meanwhile');
});

test('the undo gives back the state before, for that entry', () => {
  const undo: Event = { type: 'undo' };
  const { state } = after(agentEvent({}), pin('other'), unpin(), undo);
  assert.equal([state.alert, state.pinning], [null, { other: true }]);
  assert.equal(after(agentEvent({}), pin(), tick(1), undo).state.pinning, { [UID]: true });
});

test('an alert goes at its time; a question stays until it is answered', () => {
  const alert = (...events: Event[]) => after(agentEvent({}), ...events).state.alert?.type;
  assert.is(alert(unpin(), tick(9.9)), 'unpinned');
  assert.is(alert(unpin(), tick(10)), undefined);
  const asked = [restore(), act({ type: 'stop', job: JOB })];
  assert.is(alert(...asked, tick(1000)), 'give-up');
  assert.is(alert(...asked, { type: 'answer-alert', yes: false }), undefined);
  const closed = after(agentEvent({}), unpin(), { type: 'answer-alert', yes: true });
  assert.equal(closed.effects, [{ type: 'unpin', uid: UID }], 'closed, it can not be undone');
  const replaced = after(agentEvent({}), unpin(), ...asked);
  assert.equal(replaced.effects, [{ type: 'unpin', uid: UID }]);
});

test('news replaces news, but neither an undo nor a question', () => {
  const news: Event = { type: 'refused', effect: { type: 'pause' }, code: 'busy' };
  const newer: Event = { type: 'refused', effect: { type: 'pause' }, code: 'battery' };
  const shown = (...events: Event[]) => {
    const { alert } = after(agentEvent({}), ...events).state;
    return alert?.type === 'news' ? alert.what : alert?.type;
  };
  assert.is(shown(news, newer), 'plug-in');
  assert.is(shown(unpin(), news), 'unpinned');
  assert.is(shown(restore(), act({ type: 'stop', job: JOB }), news), 'give-up');
});

test('the question whether to stop goes with its restore only', () => {
  const asked = [restore(), jobEvent({ Kind: 'keep' }, 2), act({ type: 'stop', job: JOB })];
  const alert = (...events: Event[]) => after(agentEvent({}), ...asked, ...events).state.alert;
  assert.is(alert(restore({ State: 'waiting' }))?.type, 'give-up');
  assert.is(alert(jobEvent({ Kind: 'keep', State: 'done' }, 2))?.type, 'give-up');
  assert.is(alert(restore({ State: 'done' })), null);
  assert.is(alert(agentEvent({ Jobs: [JOB] }))?.type, 'give-up');
});

test('a job that has ended is not stopped; one that nobody knows may be there', () => {
  const stop = (...events: Event[]) => {
    return after(agentEvent({}), ...events, act({ type: 'stop', job: JOB })).effects;
  };
  assert.equal(stop(jobEvent({ State: 'done' })), []);
  assert.equal(stop(jobEvent({ State: 'waiting' })), [{ type: 'cancel', job: JOB }]);
  assert.equal(stop(), [{ type: 'cancel', job: JOB }]);
});

const QUESTIONS: readonly Question[] = [
  { type: 'laptops' },
  { type: 'days', of: '' },
  { type: 'page', of: '', snapshot: SNAPSHOT, search: '', page: 0 },
  { type: 'details', of: '', snapshot: SNAPSHOT, uid: UID },
  { type: 'plan', of: '', snapshot: SNAPSHOT },
  { type: 'at-school' },
];
const PINS: Question = { type: 'pins' };
/** Every question is answered, but that for the pins has failed. */
const KNOWN: Event[] = [
  ...QUESTIONS.map((question): Event => ({ type: 'answer', question, value: [] })),
  { type: 'no-answer', question: PINS, code: 'server-unreachable' },
];
const typeOf = (key: string): string => Object.fromEntries(JSON.parse(key)).type;

/** [what is asked again though it is known, whether the failure was forgotten]. */
function asked(...events: Event[]): [stale: string[], forgot: boolean] {
  const { answers } = after(agentEvent({}), ...KNOWN, ...events).state;
  const outdated = Object.entries(answers).filter(([, one]) => one.stale && !one.failed);
  const failed = Object.values(answers).some((one) => one.failed !== undefined);
  return [outdated.map(([key]) => typeOf(key)).sort(), !failed];
}

const ALL = QUESTIONS.map(({ type }) => type).sort();
const present = (presence: Presence): Event => ({ type: 'agent', agent: readAgent(presence, {}) });

test('what changed at the agent says what is asked again', () => {
  assert.equal(asked(agentEvent({})), [[], false]);
  assert.equal(asked(agentEvent({ LastSnapshot: 'newer' })), [ALL, false]);
  const counted = ['at-school', 'details', 'page', 'plan'];
  assert.equal(asked(agentEvent({ SafeEntries: 39 })), [counted, false]);
  assert.equal(asked(agentEvent({ TotalEntries: 41 })), [counted, false]);
  assert.equal(asked(agentEvent({ Reasons: ['no-network'] })), [[], true]);
  assert.equal(asked(agentEvent({ Reasons: ['done', 'more'] })), [[], false]);
  const events = [present('asleep'), present('asleep'), present('present')];
  assert.equal(asked(...events), [ALL, true], 'another agent may know better');
  const pins: Event = { type: 'answer', question: PINS, value: [] };
  assert.equal(asked(pins, agentEvent({ PinnedBytes: 5 })), [['pins'], true]);
  assert.equal(asked(act({ type: 'again' })), [ALL, true]);
});

test('"Try now" also resumes a job, where a job is shown', () => {
  const effects = (...events: Event[]) => {
    return after(agentEvent({}), ...events, act({ type: 'again' })).effects;
  };
  assert.equal(effects(), [{ type: 'retry' }]);
  assert.equal(effects(go({ type: 'restoring', of: '', snapshot: '' })), [{ type: 'retry' }]);
  assert.equal(effects(entries), []);
});

test('a backup is taken for counted when other counts come, and never when it is held', () => {
  const until = (...events: Event[]) => after(...events).state.confirmedUntil;
  const before = agentEvent({});
  assert.is(until(before, agentEvent({ LastBackup: NOW })), NOW + 10);
  assert.is(
    until(before, agentEvent({ LastBackup: NOW }), agentEvent({ LastBackup: NOW })),
    NOW + 10,
  );
  assert.is(until(before, agentEvent({ LastBackup: NOW, SafeEntries: 39 })), 0);
  assert.is(until(before, agentEvent({ LastBackup: NOW, Held: 'much is gone' })), 0);
  assert.is(until(agentEvent({ LastBackup: NOW })), 0, 'nobody saw the one before');
  assert.is(until(before, agentEvent({ State: 'due' })), 0);
});

test('a restore that lost its agent is expected again, and only such a one', () => {
  const until = (...events: Event[]) => {
    const listed = agentEvent({ Jobs: [JOB] });
    return after(listed, ...events, present('absent')).state.expectedUntil;
  };
  assert.is(until(restore()), NOW + 20);
  assert.is(until(restore({ State: 'done' })), 0);
  assert.is(until(jobEvent({ Kind: 'keep' })), 0);
  assert.is(until(restore(), tick(5), present('asleep'), tick(9)), NOW + 25, 'it died once');
  const stays = after(agentEvent({ Jobs: [JOB] }), restore(), agentEvent({ Jobs: [JOB] })).state;
  assert.is(stays.expectedUntil, 0);
});

test('an unfinished restore is where the activity opens, unless the child is elsewhere', () => {
  const half = agentEvent({ Unfinished: [['', SNAPSHOT, 12, 80]] });
  const shown = { type: 'restoring', of: '', snapshot: SNAPSHOT };
  const opened = after(half).state;
  assert.equal([opened.place, opened.trail], [shown, [{ type: 'status' }]]);
  assert.equal(after(agentEvent({})).state.place, { type: 'status' });
  assert.equal(place(go({ type: 'status' }), half), { type: 'status' }, 'she has chosen that');
  assert.equal(place(go({ type: 'pins' }), { type: 'back' }, half), { type: 'status' });
});

test('the clock is looked at often only while something may change by the second', () => {
  const idle = after(agentEvent({})).state;
  const every = (change: Partial<State>, watched = true) => {
    return secondsBetweenTicks({ ...idle, ...change }, watched);
  };
  assert.is(every({}), 60);
  assert.is(every({ expectedUntil: NOW + 1 }), 1);
  assert.is(every({ confirmedUntil: NOW + 1 }), 1);
  assert.is(every({ expectedUntil: NOW, confirmedUntil: NOW }), 60);
  assert.is(every({ alert: { type: 'give-up', job: JOB } }), 60, 'a question has no time');
  assert.is(every({ alert: { type: 'give-up', job: JOB } }, false), undefined);
});

test('two hundred answers are kept, those that came last', () => {
  const question = (n: number): Question => ({ type: 'days', of: String(n) });
  let state = initialState('Jocinta', NOW);
  for (let n = 0; n < 201; n += 1) state = withAnswer(state, question(n), { value: [] });
  state = withAnswer(state, question(1), { value: [] }); // one of the oldest comes once more
  state = withFailure(state, question(300), 'busy');
  const kept = Object.keys(state.answers).map((key) => Object.fromEntries(JSON.parse(key)).of);
  assert.is(kept.length, 200);
  assert.equal([kept[0], kept.at(-2), kept.at(-1)], ['3', '1', '300']);
});

test('a failure leaves what was known; an answer ends the failure', () => {
  const known = withAnswer(initialState('Jocinta', NOW), PINS, { value: [] });
  const failed = withFailure(known, PINS, 'busy');
  assert.equal(Object.values(failed.answers), [{ value: [], failed: 'busy' }]);
  assert.equal(Object.values(withAnswer(failed, PINS, { value: [] }).answers), [{ value: [] }]);
  const none = withFailure(initialState('Jocinta', NOW), PINS, 'busy');
  assert.equal(Object.values(none.answers), [{ failed: 'busy' }]);
});

test.run();
