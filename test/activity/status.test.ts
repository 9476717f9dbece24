/** The first screen: what a child sees of each state that the agent can be in. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { xo } from '../../activity/model/pictures/drawing.ts';
import { badge } from '../../activity/model/pictures/school.ts';
import type { PageBody } from '../../activity/model/screens/body.ts';
import { screenOf } from '../../activity/model/screens/screen.ts';
import { after, agentEvent, jobEvent, NOW, type Properties, viewer } from './viewer.ts';

const test = suite('the first screen');

function page(properties: Properties): PageBody {
  const { body } = screenOf(after(agentEvent(properties)).state, viewer);
  if (body.type !== 'page') throw new Error(`a ${body.type} instead of a page`);
  return body;
}

const has = (body: PageBody, what: string) => body.pictures[0]?.svg.includes(what);

test('all that is safe needs no sentence: a full XO and a tick', () => {
  const body = page({});
  assert.is(body.title, 'All safe at school');
  assert.is(body.text, 'Last time: 3 hours ago');
  assert.ok(has(body, badge('safe')));
  assert.ok(has(body, xo(viewer.color, 1, 'school')));
  assert.is(body.pictures[0]?.name, 'Safe. 100 % of your Journal is safe at school');
});

test('the XO is filled by the share that is safe, from nothing to all', () => {
  const level = (safe: number) =>
    /<rect x="0" y="(\d+)"/.exec(
      page({ State: 'due', SafeEntries: safe }).pictures[0]?.svg ?? '',
    )?.[1];
  assert.equal([10, 20, 30].map(level), ['98', '65', '33']);
  assert.ok(
    page({ State: 'due', SafeEntries: 0, TotalEntries: 0 }).pictures[0]?.name.includes('0 %'),
  );
});

test('the four states are four shapes', () => {
  const shapes = (['safe', 'working', 'waiting', 'help'] as const).map((shape) => badge(shape));
  assert.is(new Set(shapes).size, 4);
  assert.ok(has(page({ State: 'sending' }), badge('working')));
  assert.ok(has(page({ State: 'waiting', Reasons: ['no-network'] }), badge('waiting')));
  assert.ok(has(page({ State: 'waiting', Reasons: ['not-registered'] }), badge('help')));
});

const WAITING: [reasons: string[], title: string, again: boolean][] = [
  [['battery'], 'Plug me in', true],
  [['no-network', 'battery'], 'No school network here', true],
  [['no-server'], 'The school does not answer', true],
  [['server-full'], 'The school is full', true],
  [['laptop-full'], 'This laptop is full', true],
  [['server-busy'], 'The school is busy', true],
  [['spread'], 'Soon', true],
  [['untrusted-server'], 'Is this your school?', false],
  [['paused'], 'Paused', true],
  [['suspend'], 'Going to sleep', false],
  [['something-new'], 'It did not work yet', true],
];

for (const [reasons, title, again] of WAITING) {
  test(`waiting because of ${reasons[0]} shows why, and "try now" where it helps`, () => {
    const body = page({ State: 'waiting', Reasons: reasons });
    assert.is(body.title, title);
    assert.is(body.pictures.length, 2, 'a picture of why');
    assert.is(
      body.buttons.some(({ label }) => label === 'Try now'),
      again,
    );
  });
}

test('in the queue the place is a row of small XOs, one of them in colors', () => {
  const body = page({ State: 'queued', QueuePlace: 3, QueuedUntil: NOW + 900 });
  const queue = body.pictures[1]?.svg ?? '';
  assert.is(body.title, 'Waiting your turn');
  assert.is(queue.match(/#005FE4/g)?.length, 2, 'limbs and head of one');
  assert.is(queue.match(/<g transform/g)?.length, 1 + 3, 'a school and three XOs');
  assert.is(body.pictures[1]?.name, 'Your place: 3');
});

test('the queue stands the way one reads', () => {
  const queue = (rightToLeft: boolean) => {
    const words = { ...viewer.words, rightToLeft };
    const { state } = after(agentEvent({ State: 'queued', QueuePlace: 2 }));
    const { body } = screenOf(state, { ...viewer, words });
    return (body as PageBody).pictures[1]?.svg ?? '';
  };
  assert.match(queue(true), /matrix\(-1 0 0 1/);
  assert.not.match(queue(false), /matrix/);
});

test('after a backup the picture does not fall back until it is counted again', () => {
  const before = { SafeEntries: 10, TotalEntries: 40 };
  const sending = agentEvent({ ...before, State: 'confirming' });
  const done = [sending, agentEvent({ ...before, LastBackup: NOW })];
  const shown = (...events: Parameters<typeof after>) =>
    (screenOf(after(...events).state, viewer).body as PageBody).title;
  assert.is(shown(...done), 'All safe at school');
  assert.is(
    shown(...done, agentEvent({ SafeEntries: 39, LastBackup: NOW })),
    '39 of 40 safe at school',
  );
  assert.is(shown(...done, { type: 'tick', now: NOW + 20 }), '10 of 40 safe at school');
  assert.is(shown(sending, agentEvent(before)), '10 of 40 safe at school', 'one that was stopped');
});

test('asking the teacher shows the pairing code, and only four digits are one', () => {
  const pending = { State: 'waiting', Reasons: ['teacher'], Registration: 'pending' };
  assert.is(page({ ...pending, PairingCode: '0471' }).code, '0471');
  assert.is(page({ ...pending, PairingCode: '<b>1' }).code, '');
  assert.is(page({ State: 'safe', PairingCode: '0471' }).code, '');
});

test('progress is a count and what moves; time only after 20 s, as a range', () => {
  const moving = { EntriesDone: 12, CurrentTitle: 'Volcán', TimeLeft: [300, 600] };
  const events = [
    agentEvent({ State: 'sending', Jobs: ['/org/sugarlabs/Backup1/job/1'] }),
    jobEvent(moving),
  ];
  const at = (now: number) =>
    screenOf(after(...events, { type: 'tick', now }).state, viewer).body as PageBody;
  assert.is(at(NOW + 1).title, '12 of 80');
  assert.is(at(NOW + 1).text, 'Volcán');
  assert.is(at(NOW + 30).text, 'Volcán · about 5-10 min');
});

test('of several jobs the one at work is shown, else the one whose turn is first', () => {
  const path = (n: number) => `/org/sugarlabs/Backup1/job/${n}`;
  const titles = (backup: string) => {
    const { state } = after(
      agentEvent({ State: 'sending', Jobs: [path(1), path(2)] }),
      jobEvent({ State: backup, EntriesDone: 7, CurrentTitle: 'going' }, 1),
      jobEvent({ Kind: 'restore-entry', State: 'waiting', CurrentTitle: 'coming' }, 2),
    );
    const { text, buttons } = screenOf(state, viewer).body as PageBody;
    return [text, buttons[0]?.event];
  };
  const stop = (n: number) => ({ type: 'act', act: { type: 'stop', job: path(n) } });
  assert.equal(titles('running'), ['going', stop(1)]);
  assert.equal(titles('waiting'), ['coming', stop(2)]);
});

test('a backup that came to nothing says why, until another begins', () => {
  const job = '/org/sugarlabs/Backup1/job/1';
  const failing = (code: string) => [
    agentEvent({ State: 'asking', Jobs: [job] }),
    jobEvent({}),
    agentEvent({ State: 'due', Reasons: [], Jobs: [job] }),
    jobEvent({ State: 'failed', Problem: [code, 'message', ''] }),
  ];
  const failed = (code: string) => screenOf(after(...failing(code)).state, viewer).body as PageBody;
  assert.is(failed('server-full').title, 'The school is full');
  assert.equal(failed('server-full').buttons[0]?.event, { type: 'act', act: { type: 'back-up' } });
  assert.is(failed('untrusted-server').title, 'Is this your school?');
  assert.not.match(failed('server-unreachable').text, /by itself/, 'nobody tries it again');
  assert.not.match(failed('pending-approval').text, /number/, 'there is none yet');
  assert.ok(after(...failing('server-full')).state.alert, 'told on other pages too');
  const again = after(...failing('server-full'), agentEvent({ State: 'asking', Jobs: [job] }));
  assert.is((screenOf(again.state, viewer).body as PageBody).title, 'Asking the school');
});

test('a stopped backup rests, and can be asked for at once all the same', () => {
  const path = '/org/sugarlabs/Backup1/job/1';
  const shown = (reason: string, State = 'waiting') =>
    screenOf(
      after(
        agentEvent({ State: 'waiting', Reasons: [reason], Jobs: [path] }),
        jobEvent({ State, Reasons: [reason] }),
      ).state,
      viewer,
    );
  const resting = shown('paused');
  assert.equal((resting.body as PageBody).buttons[0]?.event, {
    type: 'act',
    act: { type: 'back-up' },
  });
  assert.is(resting.toolbar.backUp.sensitive, true);
  assert.is(shown('untrusted-server').toolbar.backUp.sensitive, true);
  assert.is(shown('', 'running').toolbar.backUp.sensitive, false);
});

test('backups that are kept aside frighten nobody', () => {
  const { title, text } = page({ Held: 'shrunk' });
  assert.is(title, 'The school asks your teacher');
  assert.not.match(text, /gone|lost/);
});

test('a count never exceeds its total, whatever the agent says', () => {
  const body = screenOf(
    after(
      agentEvent({ State: 'sending', Jobs: ['/org/sugarlabs/Backup1/job/1'] }),
      jobEvent({ EntriesDone: 99 }),
    ).state,
    viewer,
  ).body as PageBody;
  assert.is(body.title, '80 of 80');
});

test('without an agent it says so with a picture and stays usable', () => {
  const { state } = after({
    type: 'agent',
    agent: { ...after(agentEvent({})).state.agent, presence: 'absent' },
  });
  const screen = screenOf(state, viewer);
  assert.is((screen.body as PageBody).title, 'The backup is not running');
  assert.ok((screen.body as PageBody).buttons.some(({ label }) => label === 'Try now'));
  assert.is(screen.toolbar.backUp.sensitive, false);
});

test('the teacher gets a short code and the names of things, the child none of it', () => {
  const problem = ['server-unreachable', 'connect ECONNREFUSED 10.0.0.1:22', 'is the server on?'];
  const { state } = after(agentEvent({ State: 'waiting', Reasons: ['problem'], Problem: problem }));
  const screen = screenOf(state, viewer);
  assert.equal(screen.teacher[0], ['Code', 'server-unreachable']);
  const { toolbar: _, teacher: __, ...shown } = screen;
  assert.not.match(JSON.stringify(shown), /ECONNREFUSED|10\.0\.0\.1|fail/i);
});

test.run();
