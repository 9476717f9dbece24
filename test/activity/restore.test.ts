/** The complete restore: whose, when, go; stop and continue. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CalendarBody, PageBody, PeopleBody } from '../../activity/model/screens/body.ts';
import { screenOf } from '../../activity/model/screens/screen.ts';
import { readDays, readLaptops, readPlan } from '../../activity/model/state/answers.ts';
import type { Event } from '../../activity/model/state/event.ts';
import { questionsFor } from '../../activity/model/state/questions.ts';
import type { State } from '../../activity/model/state/state.ts';
import { after, agentEvent, jobEvent, NOW, viewer } from './viewer.ts';

const test = suite('the complete restore');
const SNAPSHOT = 'datastore-2026-09-20_08:00';
const DAY = 86_400;

const LAPTOPS: Event = {
  type: 'answer',
  question: { type: 'laptops' },
  value: readLaptops([
    { serial: 'CSN74803BB1', nick: 'Jocinta', color: '#FF2B34,#005FE4', replaced: false },
    { serial: 'CSN00000AAA', nick: 'Jocinta', color: 'not a color', replaced: true },
    { nick: 'nobody' },
  ]),
};
const DAYS: Event = {
  type: 'answer',
  question: { type: 'days', of: '' },
  value: readDays([
    { snapshot: SNAPSHOT, created: NOW - DAY, entries: 80, bytes: 12e6 },
    { snapshot: 'older', created: NOW - 70 * DAY, entries: 60, bytes: 9e6 },
  ]),
};
const PLAN: Event = {
  type: 'answer',
  question: { type: 'plan', of: '', snapshot: SNAPSHOT },
  value: readPlan({
    snapshot: SNAPSHOT,
    entries: 80,
    bytes: 12.4e6,
    here: 14,
    beside: 1,
    samples: ['a', 'b', 'c', 'd', 'e'],
  }),
};
const JOB = '/org/sugarlabs/Backup1/job/1';
const RUNNING = { Kind: 'restore', Snapshot: SNAPSHOT, EntriesDone: 12 };
const restoring: Event = { type: 'go', place: { type: 'restoring', of: '', snapshot: SNAPSHOT } };
const running = (more = {}): Event[] => [
  agentEvent({ State: 'restoring', Jobs: [JOB] }),
  restoring,
  jobEvent({ ...RUNNING, ...more }),
];

const pressed: Event = { type: 'act', act: { type: 'restore-all', of: '', snapshot: SNAPSHOT } };
const buttons = ({ buttons, cancel }: PageBody) => [...buttons, ...(cancel ? [cancel] : [])];
const labels = (page: PageBody) => buttons(page).map(({ label }) => label);
const body = <B>(state: State): B => screenOf(state, viewer).body as B;

test('whose: a face for each laptop, the old ones named as such', () => {
  const { state } = after(agentEvent({}), { type: 'go', place: { type: 'whose' } }, LAPTOPS);
  const { people } = body<PeopleBody>(state);
  assert.equal(
    people.map(({ name, note }) => [name, note]),
    [
      ['Jocinta', 'This laptop'],
      ['Jocinta', 'My old laptop'],
    ],
  );
  assert.match(people[0]?.picture.svg ?? '', /#005FE4/);
  assert.not.match(people[1]?.picture.svg ?? '', /not a color/);
});

test('when: the newest is chosen, and only days that the school kept can be', () => {
  const when: Event = { type: 'go', place: { type: 'when', of: '', chosen: '', month: 0 } };
  const { state } = after(agentEvent({}), when, DAYS);
  const calendar = body<CalendarBody>(state);
  const days = calendar.weeks.flat().filter((day) => day !== null);
  assert.is(days.filter(({ event }) => event !== null).length, 1);
  assert.is(days.filter(({ chosen }) => chosen).length, 1);
  assert.is(calendar.earlier.sensitive, true);
  assert.is(calendar.later.sensitive, false);
  assert.equal(calendar.buttons[0]?.event, {
    type: 'go',
    place: { type: 'go', of: '', snapshot: SNAPSHOT },
  });
  const older = after(agentEvent({}), when, DAYS, { type: 'choose', snapshot: 'older' }).state;
  assert.match(body<CalendarBody>(older).chosen?.text ?? '', /2 months ago.*60 things/);
});

test('go: how many, how big, what stays, four pictures, and nothing frightening', () => {
  const { state } = after(
    agentEvent({}),
    { type: 'go', place: { type: 'go', of: '', snapshot: SNAPSHOT } },
    PLAN,
  );
  const page = body<PageBody>(state);
  assert.is(page.title, '80 things come back');
  assert.is(page.samples.length, 4);
  assert.match(page.text, /^12 MB\n14 are here already\n1 was changed since: it stays/);
});

test('progress shows the entry that moves and can be stopped', () => {
  const page = body<PageBody>(
    after(...running({ CurrentEntry: 'u', CurrentTitle: 'Volcán' })).state,
  );
  assert.is(page.title, '12 of 80');
  assert.equal(page.samples, [{ of: '', snapshot: SNAPSHOT, uid: 'u' }]);
  assert.equal(labels(page), ['Cancel']);
  assert.equal(page.buttons, [], 'Enter stops nothing');
});

test('only a running complete restore is given up after a question', () => {
  const stop: Event = { type: 'act', act: { type: 'stop', job: JOB } };
  const asked = after(...running(), stop);
  assert.equal(asked.effects, []);
  assert.is(screenOf(asked.state, viewer).alert?.title, 'Stop bringing back?');
  assert.equal(after(...running(), stop, { type: 'answer-alert', yes: false }).effects, []);
  assert.equal(after(...running(), stop, { type: 'answer-alert', yes: true }).effects, [
    { type: 'cancel', job: JOB },
  ]);
  assert.equal(after(agentEvent({ State: 'sending' }), jobEvent({}), stop).effects, [
    { type: 'cancel', job: JOB },
  ]);
});

test('what is stopped is what was shown, and a question goes with its restore', () => {
  const both = [...running(), jobEvent({ Kind: 'restore-entry', State: 'waiting' }, 2)];
  const asked = (path: string): Event => ({ type: 'act', act: { type: 'stop', job: path } });
  const stop = body<PageBody>(after(...both).state).cancel;
  assert.equal(stop?.event, asked(JOB));
  assert.equal(after(...both, stop?.event as Event, { type: 'answer-alert', yes: true }).effects, [
    { type: 'cancel', job: JOB },
  ]);
  const ended = [...both, asked(JOB), jobEvent({ ...RUNNING, State: 'done' })];
  assert.is(screenOf(after(...ended).state, viewer).alert, null);
  assert.equal(after(...ended, { type: 'answer-alert', yes: true }).effects, []);
  const forgotten = after(...both, asked(JOB), agentEvent({ Jobs: [] })).state;
  assert.is(forgotten.alert, null);
});

test('what had ended before it was stopped is no failure, nor is nothing to try again', () => {
  const cancel = { type: 'cancel', job: JOB } as const;
  const late: Event = { type: 'refused', effect: cancel, code: 'internal' };
  assert.is(after(agentEvent({}), late).state.alert, null);
  assert.ok(after(...running(), late).state.alert, 'one that goes on is');
  const retry: Event = { type: 'refused', effect: { type: 'retry' }, code: 'not-found' };
  assert.is(after(agentEvent({}), retry).state.alert, null);
});

test('stopped half way: what came stays, and an arrow goes on', () => {
  const { state } = after(...running(), jobEvent({ ...RUNNING, State: 'cancelled' }));
  const page = body<PageBody>(state);
  assert.is(page.title, '12 of 80 are here');
  const [goOn] = page.buttons;
  assert.is(goOn?.label, 'Go on');
  const again = after(
    ...running(),
    jobEvent({ ...RUNNING, State: 'cancelled' }),
    goOn?.event as Event,
  );
  assert.equal(again.effects, [{ type: 'restore-all', of: '', snapshot: SNAPSHOT }]);
});

test('after a power cut the activity opens on what is unfinished', () => {
  const unfinished = { Unfinished: [['', SNAPSHOT, 12, 80]] };
  assert.is(body<PageBody>(after(agentEvent(unfinished)).state).title, '12 of 80 are here');
  const elsewhere = after({ type: 'go', place: { type: 'pins' } }, agentEvent(unfinished)).state;
  assert.is(elsewhere.place.type, 'pins', 'but a child who has chosen a place stays there');
});

test('the result counts what was read back, and says so when something could not come', () => {
  const summary = { restored: 66, beside: 1, alreadyHere: 14, problems: 2 };
  const page = body<PageBody>(
    after(...running(), jobEvent({ ...RUNNING, State: 'done', Summary: summary })).state,
  );
  assert.is(page.title, '66 things came back');
  assert.equal(page.text.split('\n'), [
    '14 are here already',
    '1 came beside a newer one',
    '2 could not come: show this to your teacher',
  ]);
});

test('a restore that waits says why, and can be tried or gone on with', () => {
  const waiting = (reason: string) =>
    body<PageBody>(after(...running({ State: 'waiting', Reasons: [reason] })).state);
  const first = (reason: string) => waiting(reason).buttons[0]?.event;
  assert.equal(first('no-network'), pressed);
  assert.equal(first('paused'), { type: 'act', act: { type: 'resume' } });
  assert.equal(labels(waiting('no-network')), ['Try now', 'Cancel']);
  assert.equal(labels(waiting('suspend')), ['Cancel']);
});

test('on the first screen a waiting restore is tried, stopped or looked at', () => {
  const home: Event = { type: 'go', place: { type: 'status' } };
  const stands = agentEvent({ State: 'waiting', Reasons: ['no-network'], Jobs: [JOB] });
  const { state } = after(
    stands,
    jobEvent({ ...RUNNING, State: 'waiting', Reasons: ['no-network'] }),
    home,
  );
  assert.equal(
    buttons(body<PageBody>(state)).map(({ event }) => event),
    [pressed, restoring, { type: 'act', act: { type: 'stop', job: JOB } }],
  );
  const daily = after(stands, jobEvent({ State: 'waiting' })).state;
  assert.equal(labels(body<PageBody>(daily)), ['Try now'], "the day's backup is nobody's to stop");
  const half = after(home, agentEvent({ Unfinished: [['', SNAPSHOT, 12, 80]] })).state;
  assert.equal(labels(body<PageBody>(half)), ['What comes back']);
  assert.is(body<PageBody>(half).buttons[0]?.main, true);
  const moving = body<PageBody>(after(...running(), home).state);
  assert.equal(labels(moving), ['What comes back', 'Cancel'], 'Enter stops nothing');
});

test('the number for the teacher stands wherever it is spoken of, and only there', () => {
  const pending = { Registration: 'pending', PairingCode: '047111', Jobs: [JOB] };
  const go: Event = { type: 'go', place: { type: 'go', of: '', snapshot: SNAPSHOT } };
  const question = { type: 'plan', of: '', snapshot: SNAPSHOT } as const;
  const unasked: Event = { type: 'no-answer', question, code: 'pending-approval' };
  const waits = jobEvent({ ...RUNNING, State: 'waiting', Reasons: ['teacher'] });
  const failed = jobEvent({ ...RUNNING, State: 'failed', Problem: ['pending-approval', '', ''] });
  for (const events of [
    [go, unasked],
    [restoring, waits],
    [restoring, failed],
  ]) {
    const shown = body<PageBody>(after(agentEvent(pending), ...events).state);
    assert.is(shown.code, '047111');
    assert.match(shown.text, /Show this number/);
    const none = { ...pending, PairingCode: '' };
    assert.not.match(body<PageBody>(after(agentEvent(none), ...events).state).text, /number/);
  }
});

test('a restore that is queued shows its place as small XOs, and no trouble', () => {
  const queued = jobEvent({ ...RUNNING, State: 'waiting', Reasons: ['queue'] });
  const place = agentEvent({ State: 'queued', QueuePlace: 3, Jobs: [JOB] });
  const page = body<PageBody>(after(...running(), place, queued).state);
  assert.is(page.title, 'Waiting your turn');
  assert.is(page.pictures[1]?.name, 'Your place: 3');
});

test('where nothing came yet, no numbers are made up', () => {
  const half = agentEvent({ Unfinished: [['', SNAPSHOT, 0, 0]] });
  assert.is(body<PageBody>(after(half).state).title, 'Nothing came back yet');
});

test('what came beside newer ones came too, and what could not come is not "here already"', () => {
  const title = (Summary: object) =>
    body<PageBody>(after(...running(), jobEvent({ ...RUNNING, State: 'done', Summary })).state)
      .title;
  assert.is(title({ beside: 3 }), '3 things came back');
  assert.is(title({ problems: 3 }), 'Nothing came back yet');
  assert.is(title({ alreadyHere: 3 }), 'All of it is here already');
});

test('a restore that failed shows why, keeps its count and can go on', () => {
  const failed = { ...RUNNING, State: 'failed', Problem: ['laptop-full', 'no space', ''] };
  const page = body<PageBody>(after(...running(), jobEvent(failed)).state);
  assert.is(page.title, '12 of 80 are here');
  assert.match(page.text, /This laptop is full/);
  assert.is(page.buttons[0]?.label, 'Go on');
});

test('enough is enough: back on the first screen, whether the job is listed or not', () => {
  for (const events of [
    [agentEvent({ Unfinished: [['', SNAPSHOT, 12, 80]] })],
    [...running(), jobEvent({ ...RUNNING, State: 'cancelled' })],
  ]) {
    const page = body<PageBody>(after(...events).state);
    const enough = page.buttons.find(({ label }) => label === 'Enough')?.event as Event;
    const { state, effects } = after(...events, enough);
    assert.equal(state.place, { type: 'status' });
    assert.equal(effects, [{ type: 'forget', of: '', snapshot: SNAPSHOT }]);
  }
});

test('a restore that is refused leads back to where it was asked for', () => {
  const go: Event = { type: 'go', place: { type: 'go', of: '', snapshot: SNAPSHOT } };
  const effect = { type: 'restore-all', of: '', snapshot: SNAPSHOT } as const;
  const refused: Event = { type: 'refused', effect, code: 'battery' };
  const { state } = after(agentEvent({}), go, PLAN, pressed, refused);
  assert.is(body<PageBody>(state).title, '80 things come back');
  assert.ok(screenOf(state, viewer).alert);
  const half = agentEvent({ Unfinished: [['', SNAPSHOT, 12, 80]] });
  const again = after(half, restoring, pressed, refused).state;
  assert.is(body<PageBody>(again).title, '12 of 80 are here', 'what can be gone on with stays');
});

test('the school is not asked for ever: then there is a way on', () => {
  const asked = after(agentEvent({}), pressed);
  assert.is(body<PageBody>(asked.state).title, 'Asking the school');
  const later = after(agentEvent({}), pressed, { type: 'tick', now: NOW + 30 }).state;
  assert.equal(labels(body<PageBody>(later)), ['Ok']);
  const absent: Event = { type: 'agent', agent: { ...asked.state.agent, presence: 'absent' } };
  const page = body<PageBody>(after(agentEvent({}), restoring, absent).state);
  assert.is(page.title, 'The backup is not running');
  assert.equal(labels(page), ['Try now']);
});

test('a restore whose agent dies is looked for under the next one', () => {
  const died: Event = {
    type: 'agent',
    agent: { ...after(...running()).state.agent, presence: 'asleep', jobs: [] },
  };
  assert.is(body<PageBody>(after(...running(), died).state).title, 'Asking the school');
});

test('the result stays until the child leaves, though the agent forgets it', () => {
  const done = jobEvent({ ...RUNNING, State: 'done', Summary: { restored: 66 } });
  const forgotten = [...running(), done, agentEvent({ Jobs: [] })];
  assert.is(body<PageBody>(after(...forgotten).state).title, '66 things came back');
  const left = after(...forgotten, { type: 'go', place: { type: 'status' } }, restoring).state;
  assert.is(body<PageBody>(left).title, 'Nothing is on its way now');
});

test('what is asked is what the step needs', () => {
  const at = (event: Event) =>
    questionsFor(after(agentEvent({}), event).state).map(({ type }) => type);
  assert.equal(at({ type: 'go', place: { type: 'whose' } }), ['laptops']);
  assert.equal(at({ type: 'go', place: { type: 'go', of: '', snapshot: '' } }), ['plan']);
  const counted = agentEvent({ State: 'restoring', SafeEntries: 39, TotalEntries: 60 });
  const beside = after(...running(), counted, agentEvent({ TotalEntries: 85 })).state;
  assert.equal(questionsFor(beside), [], 'nothing beside a running restore');
  assert.equal(
    questionsFor(after({ type: 'go', place: { type: 'whose' } }).state),
    [],
    'nobody is there yet',
  );
});

test('a laptop without a nick has the name of its owner, or at least its serial', () => {
  const names = (...laptops: object[]) => {
    const value = readLaptops(laptops);
    const { state } = after(
      agentEvent({}),
      { type: 'go', place: { type: 'whose' } },
      { type: 'answer', question: { type: 'laptops' }, value },
    );
    return body<PeopleBody>(state).people.map(({ name }) => name);
  };
  assert.equal(names({ serial: 'CSN1' }, { serial: 'CSN2', replaced: true }), ['Jocinta', 'CSN2']);
  assert.equal(names({ serial: 'CSN2', nick: 'Ana', replaced: true }), ['Ana']);
});

test('the end of a restore says what came and only that', () => {
  const shown = (Summary: object) => {
    const { title, text } = body<PageBody>(
      after(...running(), jobEvent({ ...RUNNING, State: 'done', Summary })).state,
    );
    return [title, text];
  };
  assert.equal(shown({ restored: 1 }), ['1 thing came back', '']);
  assert.equal(shown({ restored: 2, beside: 1 }), [
    '2 things came back',
    '1 came beside a newer one',
  ]);
  assert.equal(shown({ restored: 2, beside: 2 })[1], '2 came beside newer ones');
  assert.equal(
    shown({ restored: 2, problems: 1 })[1],
    '1 could not come: show this to your teacher',
  );
  assert.equal(shown({ restored: 2, alreadyHere: 1 })[1], '1 is here already');
});

test('a refused restore of another day or laptop leaves the screen as it is', () => {
  const refused = (of: string, snapshot: string) => {
    const effect = { type: 'restore-all', of, snapshot } as const;
    return after(agentEvent({}), pressed, { type: 'refused', effect, code: 'battery' }).state.place;
  };
  assert.equal(refused('', SNAPSHOT), { type: 'go', of: '', snapshot: SNAPSHOT });
  assert.is(refused('', 'older').type, 'restoring');
  assert.is(refused('CSN00000AAA', SNAPSHOT).type, 'restoring');
  const half = agentEvent({ Unfinished: [['CSN00000AAA', SNAPSHOT, 12, 80]] });
  const effect = { type: 'restore-all', of: '', snapshot: SNAPSHOT } as const;
  const { state } = after(half, pressed, { type: 'refused', effect, code: 'battery' });
  assert.is(state.place.type, 'go', "another laptop's unfinished restore is not this one");
});

test('Escape asks before it stops a restore, answers questions with no, and goes back', () => {
  const onEscape = (...events: Event[]) => screenOf(after(...events).state, viewer).escape;
  const stop: Event = { type: 'act', act: { type: 'stop', job: JOB } };
  assert.equal(onEscape(...running()), stop);
  assert.equal(onEscape(...running(), stop), { type: 'answer-alert', yes: false });
  assert.equal(onEscape(agentEvent({}), { type: 'go', place: { type: 'pins' } }), { type: 'back' });
  const done = jobEvent({ ...RUNNING, State: 'done', Summary: { restored: 66 } });
  assert.equal(onEscape(...running(), done), { type: 'back' }, 'nothing is left to stop');
});

test('Escape ends no backup, nor anything else on the first screen', () => {
  const sending = agentEvent({ State: 'sending', Jobs: [JOB] });
  const screen = screenOf(after(sending, jobEvent({})).state, viewer);
  assert.is(screen.escape, null);
  assert.is((screen.body as PageBody).cancel?.label, 'Cancel', 'the button does');
  const news = after(sending, { type: 'refused', effect: { type: 'pause' }, code: 'busy' }).state;
  assert.equal(screenOf(news, viewer).escape, { type: 'answer-alert', yes: true });
});

test.run();
