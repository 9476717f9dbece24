/** Pins with their jar and their undo, and what is kept at school only. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EntryBody } from '../../activity/model/screens/body.ts';
import { screenOf } from '../../activity/model/screens/screen.ts';
import {
  fillOf,
  pinsInOrder,
  readAtSchool,
  readDays,
  readDetails,
  readEntryPage,
  readLaptops,
  readPins,
  readPlan,
} from '../../activity/model/state/answers.ts';
import type { Event } from '../../activity/model/state/event.ts';
import { questionsFor } from '../../activity/model/state/questions.ts';
import type { State } from '../../activity/model/state/state.ts';
import {
  after,
  agentEvent,
  entries,
  jobEvent,
  list,
  NOW,
  page,
  row,
  SNAPSHOT,
  viewer,
} from './viewer.ts';

const test = suite('pins and what is kept at school');

const UID = String(row(1).uid);

const unpin: Event = { type: 'act', act: { type: 'unpin', uid: UID, title: 'Thing 1' } };

test('unpinning waits for its undo, and is then done; undone, nothing is sent', () => {
  const waiting = after(agentEvent({}), unpin);
  assert.equal(waiting.effects, []);
  assert.is(screenOf(waiting.state, viewer).alert?.countdown, 10);
  const late: Event = { type: 'tick', now: NOW + 11 };
  assert.equal(after(agentEvent({}), unpin, { type: 'tick', now: NOW + 5 }).effects, []);
  assert.equal(after(agentEvent({}), unpin, late).effects, [{ type: 'unpin', uid: UID }]);
  assert.equal(after(agentEvent({}), unpin, { type: 'undo' }, late).effects, []);
});

const pin: Event = { type: 'act', act: { type: 'pin', snapshot: SNAPSHOT, uid: UID } };

test('a pin is never lost without a word: no double click, and none after pinning again', () => {
  const late: Event = { type: 'tick', now: NOW + 20 };
  const double = after(agentEvent({}), unpin, { type: 'tick', now: NOW + 0.2 }, pin);
  assert.equal(double.effects, []);
  assert.is(screenOf(double.state, viewer).alert?.text, 'Not pinned any more', 'with its undo');
  const again = [unpin, { type: 'tick', now: NOW + 3 } as const, pin];
  const after3 = after(agentEvent({}), ...again, late);
  assert.equal(after3.effects, [{ type: 'pin', snapshot: SNAPSHOT, uid: UID }]);
  assert.is(after3.state.pinning[UID], true);
  assert.is(after(agentEvent({}), ...again).state.alert, null);
  const twice = after(agentEvent({}), unpin, { type: 'tick', now: NOW + 3 }, unpin);
  assert.equal(twice.effects, [], 'unpinned twice, it can still be undone');
});

test('what waits for an undo is done when another alert or the end takes its place', () => {
  const other: Event = { type: 'act', act: { type: 'unpin', uid: 'other', title: '' } };
  assert.equal(after(agentEvent({}), unpin, other).effects, [{ type: 'unpin', uid: UID }]);
  const end: Event = { type: 'answer-alert', yes: false };
  assert.equal(after(agentEvent({}), unpin, end).effects, [{ type: 'unpin', uid: UID }]);
});

test('a full jar offers its oldest pin first and drops none', () => {
  const pins = [1, 2, 3].map((n) => ({
    uid: `u${n}`,
    title: `Pin ${n}`,
    pinned: NOW - n * 1000,
    bytes: 10,
  }));
  const shown = (used: number) =>
    list(
      after(
        agentEvent({}),
        { type: 'go', place: { type: 'pins' } },
        { type: 'answer', question: { type: 'pins' }, value: readPins(pins, used, 100) },
      ).state,
    );
  assert.is(shown(50).row(0)?.title, 'Pin 1');
  assert.is(shown(99).row(0)?.title, 'Pin 3');
  assert.match(shown(99).title, /full/);
  assert.is(shown(99).count, 3);
  assert.is(shown(50).picture?.name, 'A jar, 50 % full');
});

test('a pin that finds the jar full says so, and is shown unpinned again', () => {
  const effect = { type: 'pin', snapshot: SNAPSHOT, uid: UID } as const;
  const { state } = after(
    agentEvent({}),
    entries,
    page(0),
    { type: 'act', act: effect },
    { type: 'refused', effect, code: 'over-quota' },
  );
  assert.match(screenOf(state, viewer).alert?.text ?? '', /jar is full/);
  assert.is(list(state).row(1)?.buttons[1]?.label, 'Pin');
});

test('a noted pin that the school refuses later says so, and is shown unpinned again', () => {
  const effect = { type: 'pin', snapshot: SNAPSHOT, uid: UID } as const;
  const noted: Event[] = [
    ...[agentEvent({}), entries, page(0)],
    { type: 'act', act: effect },
    { type: 'did', effect, result: 'later' },
    jobEvent({ Kind: 'pins', State: 'waiting' }),
  ];
  const failed = jobEvent({ Kind: 'pins', State: 'failed', Problem: ['over-quota', 'full', ''] });
  const labels = (state: State) =>
    list(state)
      .row(1)
      ?.buttons.map(({ label }) => label);
  assert.equal(labels(after(...noted).state), ['Bring back', 'Unpin', 'Keep at school']);
  const { state } = after(...noted, failed);
  assert.is(state.alert?.type === 'news' && state.alert.what, 'pins-full');
  assert.equal(labels(state), ['Bring back', 'Pin', 'Keep at school']);
  const waiting = after(
    ...noted,
    { type: 'act', act: { type: 'unpin', uid: 'b', title: '' } },
    failed,
  );
  assert.equal(waiting.state.pinning, { b: false }, 'what can be undone stays as it is');
});

test('keeping at school is offered for what is the same here, on its row and on its page', () => {
  const labels = (more: object) => {
    const question = { type: 'details', of: '', snapshot: SNAPSHOT, uid: UID } as const;
    const value = readDetails({ ...row(1), versions: [[SNAPSHOT, NOW, 'd'], ['broken']], ...more });
    const { state } = after(
      agentEvent({}),
      { type: 'go', place: { type: 'entry', of: '', snapshot: SNAPSHOT, uid: UID } },
      { type: 'answer', question, value },
    );
    const body = screenOf(state, viewer).body as EntryBody;
    assert.is(body.versions.length, 1);
    return body.buttons.map(({ label }) => label);
  };
  assert.equal(labels({ pinned: true }), ['Bring back', 'Unpin', 'Keep at school']);
  assert.equal(labels({ pinned: false }), ['Bring back', 'Pin', 'Keep at school']);
  assert.equal(labels({ here: 'absent' }), ['Bring back', 'Pin']);
  assert.equal(labels({ pinned: true, here: 'different' }), ['Bring back', 'Unpin']);
});

const PINS: Event = { type: 'go', place: { type: 'pins' } };

const onePin = (used: number, limit = 100): Event => ({
  type: 'answer',
  question: { type: 'pins' },
  value: readPins([{ uid: UID, title: 'Pin', bytes: 10 }], used, limit),
});

const keptAtSchool: Event = {
  type: 'answer',
  question: { type: 'at-school' },
  value: readAtSchool([
    { uid: 'a', title: 'Film', bytes: 3e6 },
    { uid: 'b', title: '', bytes: 5 },
  ]),
};

test('below the pins stands all that is kept at school only, and can be fetched back', () => {
  const shown = list(after(agentEvent({}), PINS, onePin(50), keptAtSchool).state);
  assert.is(shown.count, 3);
  assert.equal(
    [0, 1, 2, 3].map((index) => shown.row(index)?.title),
    ['Pin', 'Film', 'No title', undefined],
  );
  assert.equal(shown.row(1)?.buttons[0]?.event, { type: 'act', act: { type: 'fetch', uid: 'a' } });
  const alone = list(after(agentEvent({}), PINS, keptAtSchool).state);
  assert.equal([alone.count, alone.empty], [2, null], 'without any pin too');
  const none = list(
    after(agentEvent({}), PINS, { ...onePin(0), value: readPins([], 0, 100) } as Event).state,
  );
  assert.is(none.empty?.title, 'Nothing pinned yet');
});

test('pins are read again when their size at school has changed, other lists are not', () => {
  const asked = (place: Event, answer: Event) =>
    questionsFor(after(agentEvent({}), place, answer, agentEvent({ PinnedBytes: 77 })).state).map(
      ({ type }) => type,
    );
  assert.equal(asked(PINS, onePin(50)), ['pins', 'at-school', 'details']);
  assert.not(asked(PINS, keptAtSchool).includes('at-school'));
});

test('what is kept at school only can be fetched back, and nothing else, wherever it is shown', () => {
  const kept: Event = {
    type: 'answer',
    question: { type: 'at-school' },
    value: readAtSchool([{ uid: UID, title: 'Film', bytes: 3e6 }]),
  };
  const rows = [row(0, { here: 'different' }), row(1, { here: 'kept' })];
  const onPage: Event = { ...page(0), value: readEntryPage(2, rows) } as Event;
  const { state } = after(agentEvent({}), entries, onPage, kept);
  const shown = list(state).row(1);
  assert.equal(
    shown?.buttons.map(({ event }) => event),
    [{ type: 'act', act: { type: 'fetch', uid: UID } }],
  );
  assert.equal(shown?.marks, [{ sign: 'keep', name: 'Kept at school' }]);
  const question = { type: 'details', of: '', snapshot: SNAPSHOT, uid: UID } as const;
  const details: Event = {
    ...{ type: 'answer', question },
    value: readDetails({
      ...row(1, { pinned: true, here: 'kept', digest: 'd' }),
      versions: [
        [SNAPSHOT, NOW, 'd'],
        [SNAPSHOT, NOW, 'older'],
      ],
    }),
  };
  const go: Event = { type: 'go', place: { ...question, type: 'entry' } };
  const entry = screenOf(after(agentEvent({}), go, details, kept).state, viewer).body as EntryBody;
  assert.equal(
    entry.buttons.map(({ label }) => label),
    ['Fetch back'],
  );
  assert.equal(
    entry.versions.map(({ buttons }) => buttons.map(({ label }) => label)),
    [['Fetch back'], ['Bring back']],
    'an older version still comes beside it',
  );
  assert.ok(entry.facts.includes('Kept at school'));
  assert.not(entry.facts.includes('Changed on this laptop since'));
  const pins = list(after(agentEvent({}), PINS, onePin(50), kept).state);
  assert.is(pins.count, 1, 'and it is listed once');
});

test('pins have the icons of their entries, asked for only as far as they can be seen', () => {
  const asked = (n: number, visible: { first: number; last: number }) => {
    const pins = Array.from({ length: n }, (_, at) => ({ uid: `u${at}`, pinned: NOW - at }));
    const value = readPins(pins, 10, 100);
    const known: Event = { type: 'answer', question: { type: 'pins' }, value };
    const { state } = after(agentEvent({}), PINS, known, { type: 'seen', ...visible });
    return questionsFor(state).flatMap((one) => (one.type === 'details' ? [one.uid] : []));
  };
  assert.equal(asked(3, { first: 0, last: 2 }), ['u0', 'u1', 'u2']);
  assert.equal(asked(100, { first: 50, last: 52 }), ['u50', 'u51', 'u52']);
  assert.is(asked(500, { first: 0, last: 499 }).length, 21);
  const details: Event = {
    ...{ type: 'answer', question: { type: 'details', of: '', snapshot: '', uid: UID } },
    value: readDetails(row(1)),
  };
  const icon = list(after(agentEvent({}), PINS, onePin(50), details).state).row(0)?.icon;
  assert.equal(icon, {
    ...{ activity: 'org.laptop.Pippy', mimeType: 'text/plain', color: '#FF2B34,#005FE4' },
  });
});

const pinless = { title: 'no uid' };

test('a jar is full above 95 %, and then the oldest pin comes first', () => {
  const pin = (pinned: number) => ({ uid: String(pinned), pinned });
  const order = (used: number) =>
    pinsInOrder(readPins([pin(1), pin(3), pin(2)], used, 100)).map(({ pinned }) => pinned);
  assert.equal(order(95), [3, 2, 1]);
  assert.equal(order(96), [1, 2, 3]);
  assert.is(fillOf(readPins([], 5, 0)), 0, 'no limit is known');
});

test('answers with parts of a wrong type leave those empty', () => {
  assert.equal(readPins([pinless, 7, null], -1, 'x'), { pins: [], used: 0, limit: 0 });
  assert.equal(readAtSchool([pinless, { uid: 'a', title: 7, bytes: -1 }]), [
    { uid: 'a', title: '', bytes: 0 },
  ]);
  assert.equal(readLaptops([{ nick: 'x' }, { serial: 's', replaced: 1 }]), [
    { serial: 's', nick: '', color: '', replaced: false },
  ]);
  assert.equal(readDays([{ created: 1 }, { snapshot: 's', created: 2, entries: 3, bytes: 4 }]), [
    { snapshot: 's', created: 2, entries: 3, bytes: 4 },
  ]);
  assert.is(readPlan([]), null);
  assert.is(readPlan(null), null);
  const samples = ['a', 7, 'b', 'c', 'd', 'e'];
  assert.equal(readPlan({ snapshot: 's', entries: 1.9, samples }), {
    ...{ snapshot: 's', entries: 1, bytes: 0, here: 0, beside: 0, free: 0 },
    samples: ['a', 'b', 'c', 'd'],
  });
  assert.is(readDetails('x'), null);
  const versions = [['s', 1, 'd'], ['s', 1, 7], ['s', 'x', 'd'], [7, 1, 'd'], 'none'];
  assert.equal(readDetails({ uid: 'a', versions })?.versions, [
    { snapshot: 's', created: 1, digest: 'd' },
    { snapshot: 's', created: 1, digest: '' },
  ]);
  assert.is(readEntryPage(0, [{ uid: 'a' }]).total, 1, 'never fewer than there are');
});

test.run();
