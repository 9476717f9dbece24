/** The page of one entry: what it says, what can be done there, and its versions. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dayPicture } from '../../activity/model/pictures/things.ts';
import type { EntryBody } from '../../activity/model/screens/body.ts';
import { screenOf } from '../../activity/model/screens/screen.ts';
import { readDetails } from '../../activity/model/state/answers.ts';
import type { Event } from '../../activity/model/state/event.ts';
import {
  after,
  agentEvent,
  jobEvent,
  NOW,
  type Properties,
  row,
  SNAPSHOT,
  UID,
  viewer,
} from './viewer.ts';

const test = suite('the page of one entry');

const PLACE = { type: 'entry', of: '', snapshot: SNAPSHOT, uid: UID } as const;
const FROM = { of: '', snapshot: SNAPSHOT, uid: UID };
const OLDER = 'datastore-2026-08-01_08:00';
const AUGUST = new Date(2026, 7, 7, 12).getTime() / 1000;
const VERSIONS = [
  [SNAPSHOT, NOW - 3600, '1'],
  [OLDER, AUGUST, 'older'],
];

/** The page, once the agent has answered with these details of the entry. */
function shown(more: Properties, ...events: Event[]): EntryBody {
  const details = {
    ...row(1),
    ...{ description: 'With Ana', tags: 'river sun', created: AUGUST, versions: VERSIONS },
    ...more,
  };
  const answer: Event = {
    type: 'answer',
    question: { type: 'details', ...FROM },
    value: readDetails(details),
  };
  return bodyAfter(agentEvent({}), { type: 'go', place: PLACE }, answer, ...events);
}

function bodyAfter(...events: Event[]): EntryBody {
  const { body } = screenOf(after(...events).state, viewer);
  if (body.type !== 'entry') throw new Error(`it shows ${body.type}`);
  return body;
}

test('before the answer it says that it asks, and shows nothing else', () => {
  const body = bodyAfter(agentEvent({}), { type: 'go', place: PLACE });
  assert.is(body.empty?.title, 'Asking the school');
  assert.equal(
    { ...body, empty: null },
    {
      type: 'entry',
      icon: { activity: '', mimeType: '', color: '' },
      ...{ title: '', facts: [], description: '', preview: null, buttons: [] },
      ...{ versionsTitle: 'Versions at school', versions: [], empty: null },
    },
  );
});

test('its icon in its colours, its title, and what its maker wrote about it', () => {
  const body = shown({});
  assert.equal(body.icon, {
    ...{ activity: 'org.laptop.Pippy', mimeType: 'text/plain', color: '#FF2B34,#005FE4' },
  });
  assert.is(body.title, 'Thing 1');
  assert.is(body.description, 'With Ana\nriver sun');
  assert.is(shown({ tags: '' }).description, 'With Ana');
  assert.is(shown({ description: '' }).description, 'river sun');
  assert.equal(body.preview, FROM);
  assert.is(body.empty, null);
});

test('without a title it is called so', () => {
  assert.is(shown({ title: '' }).title, 'No title');
});

test('when it changed, when it was begun, its size, and whether it is here', () => {
  const begun = `Begun: ${viewer.words.date(AUGUST)}`;
  assert.equal(shown({}).facts, ['Changed: 1 hour ago', begun, '1 KB', 'Also on this laptop']);
  const noDate = ['Changed: 1 hour ago', '1 KB'];
  assert.equal(shown({ created: 0, here: 'kept' }).facts, [...noDate, 'Kept at school']);
  assert.equal(shown({ created: 0, here: 'absent' }).facts, [...noDate, 'Not on this laptop']);
  assert.equal(shown({ created: 0, here: 'different' }).facts, [
    ...[...noDate, 'Changed on this laptop since'],
  ]);
});

test('while it comes back, that is the first fact', () => {
  const job = jobEvent({ Kind: 'restore-entry', Entry: UID });
  assert.is(shown({}, job).facts[0], 'It is on its way.');
});

test('the first of its gestures is the main one', () => {
  const buttons = shown({}).buttons.map(({ label, main }) => [label, main ?? false]);
  assert.equal(buttons, [
    ['Bring back', true],
    ['Pin', false],
    ['Keep at school', false],
  ]);
});

test('each version has its day as a picture, its date, its picture, and comes back by itself', () => {
  const [newest, older] = shown({}).versions;
  const from = { ...FROM, snapshot: OLDER };
  assert.equal(older, {
    key: `${OLDER} older`,
    icon: dayPicture('7', viewer.words.date(AUGUST)),
    title: viewer.words.date(AUGUST),
    note: viewer.words.clock(AUGUST),
    when: '1 month ago',
    preview: from,
    marks: [],
    buttons: [
      {
        icon: { own: 'bring' },
        label: 'Bring back',
        event: { type: 'act', act: { type: 'bring-back', ...from } },
      },
    ],
    open: { type: 'go', place: { type: 'entry', ...from } },
  });
  assert.is(newest?.when, '1 hour ago');
});

test('of an entry that is kept at school, that version is fetched back, older ones are brought', () => {
  const labels = (more: Properties) =>
    shown(more).versions.map(({ buttons }) => buttons.map(({ label }) => label));
  assert.equal(labels({ here: 'kept' }), [['Fetch back'], ['Bring back']]);
  assert.equal(labels({ here: 'same' }), [['Bring back'], ['Bring back']]);
});

test.run();
