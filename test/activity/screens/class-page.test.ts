/** "For my class": offered, it waits; taken back, it is gone at once; and nobody sees the gesture without a page. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EntryBody } from '../../../activity/model/screens/body.ts';
import { screenOf } from '../../../activity/model/screens/screen.ts';
import { readDetails } from '../../../activity/model/state/answers.ts';
import type { Event } from '../../../activity/model/state/event.ts';
import { after, agentEvent, NOW, row, SNAPSHOT, viewer } from '../viewer.ts';

const test = suite('for my class');

const UID = String(row(1).uid);
const place = { type: 'entry', of: '', snapshot: SNAPSHOT, uid: UID } as const;
const question = { type: 'details', of: '', snapshot: SNAPSHOT, uid: UID } as const;

/** On the page of an entry of which the school says this. */
const shown = (more: object, ...events: Event[]) => {
  const value = readDetails({ ...row(1), digest: 'd1', ...more });
  const { state, effects } = after(
    agentEvent({}),
    { type: 'go', place },
    { type: 'answer', question, value },
    ...events,
  );
  const screen = screenOf(state, viewer);
  const body = screen.body as EntryBody;
  return {
    state,
    effects,
    body,
    alert: screen.alert,
    labels: body.buttons.map((one) => one.label),
  };
};
const act = (body: EntryBody, label: string): Event => {
  const button = body.buttons.find((one) => one.label === label);
  assert.ok(button, label);
  return button.event as Event;
};

test('the gesture is there only with a class page, for what is whole', () => {
  for (const none of [
    {},
    { 'class-page': '' },
    { 'class-page': 'nonsense' },
    { 'class-page': 7 },
  ]) {
    const { labels, body } = shown(none);
    assert.not.match(labels.join(), /class|back$/);
    assert.not.match(body.facts.join(), /class|teacher/);
  }
  assert.match(shown({ 'class-page': 'none' }).labels.join(), /For my class$/);
  assert.not.match(shown({ 'class-page': 'none', here: 'kept' }).labels.join(), /class/);
});

test('what became of it is said in words, and it can be taken back from there', () => {
  for (const [state, fact] of [
    ['offered', 'Waits for your teacher'],
    ['approved', 'On the class page'],
    ['refused', 'Your teacher said no'],
  ] as const) {
    const { body, labels } = shown({ 'class-page': state });
    assert.is(body.facts.at(-1), fact);
    assert.is(labels.at(-1), 'Take it back');
    const { effects } = shown({ 'class-page': state }, act(body, 'Take it back'));
    assert.equal(effects, [{ type: 'take-back', uid: UID, digest: 'd1' }]);
  }
});

test('a double click does not offer and take back', () => {
  const { body } = shown({ 'class-page': 'none' });
  const offer = act(body, 'For my class');
  const once = shown({ 'class-page': 'none' }, offer);
  assert.equal(once.effects, [{ type: 'offer', snapshot: SNAPSHOT, uid: UID }]);
  const back: Event = { type: 'act', act: { type: 'take-back', uid: UID, digest: 'd1' } };
  assert.equal(shown({ 'class-page': 'none' }, offer, back).effects, once.effects);
  const later: Event = { type: 'tick', now: NOW + 2 };
  assert.is(shown({ 'class-page': 'none' }, offer, later, back).effects.length, 2);
});

test('she is told what happens now, and what the school refused', () => {
  const offer = { type: 'offer', snapshot: SNAPSHOT, uid: UID } as const;
  const told = (event: Event) => shown({ 'class-page': 'none' }, event).alert?.text;
  const did = { type: 'did', effect: offer, result: 'offered' } as const;
  assert.is(told(did), 'Your teacher looks at it first.');
  const back = { type: 'take-back', uid: UID, digest: 'd1' } as const;
  assert.is(
    told({ type: 'did', effect: back, result: '' }),
    'Your class does not see it any more.',
  );
  assert.match(told({ type: 'refused', effect: offer, code: 'over-quota' }) ?? '', /jar is full/);
  assert.match(
    told({ type: 'refused', effect: offer, code: 'server-refused' }) ?? '',
    /not work yet/,
  );
  assert.match(
    told({ type: 'refused', effect: back, code: 'server-unreachable' }) ?? '',
    /does not answer/,
  );
});

test.run();
