/** The first screen while it waits or has failed: why, as a picture and in words; and what a teacher reads. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PageBody } from '../../activity/model/screens/body.ts';
import { whyOf } from '../../activity/model/screens/reasons.ts';
import { screenOf } from '../../activity/model/screens/screen.ts';
import type { Event } from '../../activity/model/state/event.ts';
import { newJob } from '../../agent/rules/jobs.ts';
import { newModel } from '../../agent/rules/machine.ts';
import { describeStatus } from '../../agent/rules/status.ts';
import { type JobReason, REASONS } from '../../shared/backup-states.ts';
import {
  after,
  agentEvent,
  entries,
  jobEvent,
  list,
  NOW,
  type Properties,
  viewer,
} from './viewer.ts';

const test = suite('the first screen, waiting');

function page(properties: Properties): PageBody {
  const { body } = screenOf(after(agentEvent(properties)).state, viewer);
  if (body.type !== 'page') throw new Error(`a ${body.type} instead of a page`);
  return body;
}

const WAITING: [reasons: string[], title: string, again: boolean][] = [
  [['battery'], 'Plug me in', true],
  [['no-network', 'battery'], 'No school network here', true],
  [['no-server'], 'The school does not answer', true],
  [['server-full'], 'The school is full', true],
  [['laptop-full'], 'This laptop is full', true],
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

const JOB_REASONS = REASONS.filter(
  (one) => one !== 'entries' && one !== 'done' && one !== 'problem',
);

/** What the agent says of a backup that waits for this. */
function saidBy(reason: JobReason): Properties {
  const request = { kind: 'backup', byHand: false, of: '', snapshot: '', entry: '' } as const;
  const wait = { reason, untilMs: 2000, place: reason === 'queue' ? 3 : 0 };
  const world = { power: 'mains', network: 'up', suspending: false, paused: false } as const;
  const jobs = [{ ...newJob(1, request), wait }];
  const model = { ...newModel({ ...world, uptimeMs: 1000 }), jobs, due: true };
  const { state: State, reasons: Reasons, queuePlace: QueuePlace } = describeStatus(model);
  return { State, Reasons, QueuePlace, QueuedUntil: NOW + 900 };
}

// A problem has words of its own.
for (const reason of JOB_REASONS) {
  test(`as the agent says it, ${reason} is what the first screen shows`, () => {
    const { title } = whyOf(reason, viewer.words, viewer.color);
    assert.is(page(saidBy(reason)).title, title);
  });
}

test('a school whose disk does not work is no fault of the laptop', () => {
  const Problem = ['server-trouble', 'the disk has become read-only', 'tell a teacher'];
  const body = page({ State: 'waiting', Reasons: ['problem'], Problem });
  assert.is(body.title, 'Something at school does not work');
  assert.is(body.text, 'Tell your teacher. Nothing is lost.');
  assert.is(body.pictures[1]?.name, body.title);
});

test('a busy school without a queue says when it goes on, and shows no place', () => {
  const body = page(saidBy('server-busy'));
  assert.is(body.title, 'The school is busy');
  assert.match(body.text, /^It goes on by itself at about /);
  assert.is(body.pictures[1]?.name, 'The school is busy');
  const unknown = page({ ...saidBy('server-busy'), QueuedUntil: 0 });
  assert.is(unknown.text, 'It goes on by itself.');
});

const queueAt = (QueuePlace: number, more: Properties = {}) =>
  page({ State: 'queued', QueuePlace, QueuedUntil: NOW + 900, ...more });

test('in the queue the place is a row of small XOs, one of them in colors, and a number', () => {
  const body = queueAt(3);
  const queue = body.pictures[1]?.svg ?? '';
  assert.is(body.title, 'Waiting your turn');
  assert.is(queue.match(/#005FE4/g)?.length, 2, 'limbs and head of one');
  assert.is(queue.match(/<g transform/g)?.length, 1 + 3, 'a school and three XOs');
  assert.is(body.pictures[1]?.name, 'Your place: 3');
  assert.match(body.text, /^Your place: 3 · It goes on by itself at about /);
  assert.match(queue, />3<\/text>/);
});

test('a long queue is no wider than a short one, and nothing moves when the place changes', () => {
  const sizes = new Set<string>();
  for (let place = 0; place <= 200; place += 1) {
    const { width = 0, height, svg = '' } = queueAt(place).pictures[1] ?? {};
    sizes.add(`${width}x${height}`);
    for (const [, x] of svg.matchAll(/translate\(([\d.]+) \d+\) scale\(0.68\)/g))
      assert.ok(Number(x) + 0.68 * 102 <= width, `${place}: the own XO is whole`);
    assert.is(svg.includes(`>${place}</text>`), place > 0);
  }
  assert.is(sizes.size, 1);
  assert.ok(Number([...sizes][0]?.split('x')[0]) <= 400);
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

test('asking the teacher shows the pairing code, and only six digits are one', () => {
  const pending = { State: 'waiting', Reasons: ['teacher'], Registration: 'pending' };
  assert.is(page({ ...pending, PairingCode: '047111' }).code, '047111');
  assert.is(page({ ...pending, PairingCode: '<b>1' }).code, '');
  assert.is(page({ State: 'safe', PairingCode: '047111' }).code, '');
});

const JOB = '/org/sugarlabs/Backup1/job/1';

const failing = (code: string, agent: Properties = { State: 'due', Reasons: [] }) => [
  agentEvent({ State: 'asking', Jobs: [JOB] }),
  jobEvent({}),
  jobEvent({ State: 'failed', Problem: [code, 'message', ''] }),
  agentEvent({ ...agent, Jobs: [JOB] }),
];

const afterFailing = (...more: Parameters<typeof after>) =>
  screenOf(after(...failing('server-unreachable'), ...more).state, viewer);

test('a backup that came to nothing says why, until another begins', () => {
  const failed = (code: string) => screenOf(after(...failing(code)).state, viewer).body as PageBody;
  assert.is(failed('server-full').title, 'The school is full');
  assert.equal(failed('server-full').buttons[0]?.event, { type: 'act', act: { type: 'back-up' } });
  assert.is(failed('untrusted-server').title, 'Is this your school?');
  assert.not.match(failed('server-unreachable').text, /by itself/, 'nobody tries it again');
  assert.not.match(failed('pending-approval').text, /number/, 'there is none yet');
  const again = afterFailing(agentEvent({ State: 'asking', Jobs: [JOB] }));
  assert.is((again.body as PageBody).title, 'Asking the school');
});

test('what failed stays on the first screen until it worked or was dismissed, with all safe too', () => {
  const title = (...more: Parameters<typeof after>) =>
    (afterFailing(...more).body as PageBody).title;
  const safe = agentEvent({ State: 'safe', Jobs: [JOB] });
  assert.is(title(safe), 'The school does not answer');
  const forgotten = agentEvent({ State: 'safe', Jobs: [] });
  const hour = { type: 'tick', now: NOW + 3600 } as const;
  assert.is(title(safe, forgotten, hour), 'The school does not answer', 'an hour later too');
  assert.is(title(safe, agentEvent({ LastBackup: NOW })), 'All safe at school', 'it worked');
  assert.is(title(safe, jobEvent({ State: 'done' })), 'All safe at school');
  const page = afterFailing(safe).body as PageBody;
  assert.equal(
    page.buttons.map(({ label }) => label),
    ['Try now', 'Ok'],
  );
  const ok = page.buttons[1]?.event;
  assert.ok(ok && title(safe, ok) === 'All safe at school', 'dismissed');
  assert.is(title(safe, agentEvent({ State: 'asking', Jobs: [JOB] })), 'Asking the school');
});

test('a failed backup is told by an alert only where the first screen does not say it', () => {
  assert.is(afterFailing().alert, null);
  const pins = { type: 'go', place: { type: 'pins' } } as const;
  assert.ok(screenOf(after(pins, ...failing('server-full')).state, viewer).alert);
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

const KINDS_OF_TROUBLE = [
  ['suspend', 'absent'],
  ['damaged', 'something-new'],
  ['over-quota', 'server-full'],
  ['server-trouble', 'server-full'],
  ['server-trouble', 'no-server'],
  ['laptop-full', 'server-full'],
] as const;

test('what is different looks different: sleep, no agent, damage, a full place, a full school', () => {
  const picture = (code: string) => whyOf(code, viewer.words, viewer.color).picture.svg;
  for (const [one, other] of KINDS_OF_TROUBLE) assert.is.not(picture(one), picture(other), one);
  assert.ok(page({ Held: 'shrunk' }).pictures[1], 'what is held aside has a picture');
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
  assert.equal(screen.teacher[1], ['Code', 'server-unreachable']);
  const { toolbar: _, teacher: __, ...shown } = screen;
  assert.not.match(JSON.stringify(shown), /ECONNREFUSED|10\.0\.0\.1|fail/i);
});

test('where the words say what to do, a button leads there', () => {
  const leads = (code: string) =>
    page({ State: 'waiting', Reasons: [code] }).buttons.find(({ event }) => event.type === 'go');
  const full = leads('laptop-full');
  assert.is(full?.label, 'Keep at school');
  const entries = { type: 'entries', of: '', snapshot: '', search: '' } as const;
  assert.equal(full?.event, { type: 'go', place: entries });
  assert.equal(leads('over-quota')?.event, { type: 'go', place: { type: 'pins' } });
  assert.is(leads('server-full'), undefined);
});

const teacher = (properties: Properties) =>
  Object.fromEntries(screenOf(after(agentEvent(properties)).state, viewer).teacher);

test('a teacher at the laptop reads why, how long ago, how much, and whether it is approved', () => {
  const lines = teacher({
    ...{ State: 'waiting', Reasons: ['teacher'], Registration: 'pending', PairingCode: '047111' },
    ...{ Server: 'schoolserver', SafeEntries: 12 },
  });
  assert.is(lines.Why, 'Ask your teacher. Show this number to your teacher.');
  assert.is(lines['Number for the teacher'], '047111');
  assert.is(lines.Approved, 'Not yet: the teacher has to approve it');
  assert.is(lines['School server'], 'schoolserver');
  assert.is(lines['Safe at school'], '12 of 40');
  assert.match(lines['Last backup'] ?? '', /^3 hours ago · .*2026 · \d+:\d\d/);
  assert.is(teacher({}).Approved, 'Yes');
  assert.is(teacher({ Registration: 'none' }).Approved, 'No');
  assert.is(teacher({}).Why, undefined, 'nothing waits');
});

test('without an agent the teacher is told what to install', () => {
  const { state } = after(gone('absent'));
  const lines = Object.fromEntries(screenOf(state, viewer).teacher);
  assert.is(lines.Code, 'no-agent');
  assert.match(lines['What helps'] ?? '', /ds-backup-agent/);
});

const gone = (presence: 'absent' | 'cut-off'): Event => {
  const { agent } = after(agentEvent({})).state;
  return { type: 'agent', agent: { ...agent, presence } };
};

test('without a session bus every screen says so, offers to try again, and the teacher is told', () => {
  const { state } = after(gone('cut-off'));
  const { body, teacher, toolbar } = screenOf(state, viewer);
  const page = body as PageBody;
  assert.is(page.title, 'The backup is not running');
  assert.is(page.text, 'Ask your teacher.');
  assert.equal(page.buttons[0]?.event, { type: 'act', act: { type: 'again' } });
  assert.is(toolbar.backUp.sensitive, false);
  const lines = Object.fromEntries(teacher);
  assert.is(lines.Code, 'no-session-bus');
  assert.is(lines['What helps'], 'Restart this laptop.');
  const { empty } = list(after(gone('cut-off'), entries).state);
  assert.is(empty?.title, 'The backup is not running');
  const going = { type: 'restoring', of: '', snapshot: '' } as const;
  const restoring = after(gone('cut-off'), { type: 'go', place: going }).state;
  assert.is((screenOf(restoring, viewer).body as PageBody).title, 'The backup is not running');
});

test.run();
