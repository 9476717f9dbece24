/** The first screen: what a child sees of each state that the agent can be in. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fillHeight, xo } from '../../activity/model/pictures/drawing.ts';
import { badge } from '../../activity/model/pictures/school.ts';
import type { PageBody } from '../../activity/model/screens/body.ts';
import { whyOf } from '../../activity/model/screens/reasons.ts';
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

test('the tick needs every entry that Sugar shows, whatever was done today', () => {
  for (const state of ['safe', 'due', 'paused', 'waiting', 'sending', 'confirming']) {
    for (const [safe, total] of [
      [59, 61],
      [8, 10],
      [0, 1],
      [0, 0],
    ]) {
      const body = page({ State: state, SafeEntries: safe, TotalEntries: total });
      assert.not(has(body, badge('safe')), `${state}: ${safe} of ${total}`);
      assert.not.match(body.title, /All safe/);
    }
  }
  const most = page({ SafeEntries: 59, TotalEntries: 61 });
  assert.is(most.title, '59 of 61 safe at school');
  assert.ok(has(most, badge('waiting')));
  assert.equal(
    most.buttons.map(({ label }) => label),
    ['Back up now'],
  );
  assert.ok(has(page({ State: 'due' }), badge('safe')), 'all of it, though a new day has begun');
});

const LEVELS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99, 1];

test('0, 10 … 90, 99 and 100 % can be told apart: the fill grows all the way up', () => {
  const pictures = LEVELS.map((level) => xo(viewer.color, level));
  assert.is(new Set(pictures).size, LEVELS.length);
  const heights = LEVELS.slice(1, -1).map(fillHeight);
  for (const [index, height] of heights.slice(1).entries()) {
    assert.ok((heights[index] ?? 0) - height >= 7, `${LEVELS[index + 2]} is higher by 7 of 130`);
  }
  // Between chin and shoulders nothing can be filled: no level ends there.
  for (let level = 0.001; level < 1; level += 0.001) {
    const height = fillHeight(level);
    assert.ok(height > 45.4 || height < 34.6, `${level} ends in the neck`);
  }
  assert.ok(fillHeight(0.999) >= 9.5 + 5, 'the top of the head stays empty');
  assert.ok(fillHeight(0.001) <= 126.5 - 5, 'the feet are filled');
});

test('the level is a line too, for greyscale, and nothing is coloured by the level alone', () => {
  const line = (level: number) => /d="M-2 [\d.]+H102"/.test(xo(viewer.color, level));
  assert.equal(
    LEVELS.map(line),
    LEVELS.map((level) => level > 0 && level < 1),
  );
});

test('a running backup counts the whole Journal, in words and in the picture', () => {
  const path = '/org/sugarlabs/Backup1/job/1';
  const shown = (EntriesDone: number, EntriesTotal: number) => {
    const { state } = after(
      agentEvent({ State: 'sending', SafeEntries: 340, TotalEntries: 400, Jobs: [path] }),
      jobEvent({ EntriesDone, EntriesTotal }),
    );
    const body = screenOf(state, viewer).body as PageBody;
    const level = LEVELS_OF_400.findLast((n) => has(body, xo(viewer.color, n / 400, 'school')));
    return [body.title, level];
  };
  assert.equal(shown(0, 60), ['340 of 400', 340]);
  assert.equal(shown(21, 60), ['361 of 400', 361]);
  assert.equal(shown(60, 60), ['400 of 400', 400]);
  assert.equal(
    shown(3, 300),
    ['340 of 400', 340],
    'more is sent than was counted: never backwards',
  );
});
const LEVELS_OF_400 = Array.from({ length: 401 }, (_, n) => n);

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

test('after a backup nothing is called safe before it is counted, and nothing falls back', () => {
  const before = { SafeEntries: 10, TotalEntries: 40 };
  const sending = agentEvent({ ...before, State: 'confirming' });
  const done = [sending, agentEvent({ ...before, LastBackup: NOW })];
  const shown = (...events: Parameters<typeof after>) =>
    screenOf(after(...events).state, viewer).body as PageBody;
  assert.is(shown(...done).title, 'The school is checking');
  assert.ok(has(shown(...done), xo(viewer.color, 1, 'school')), 'it stays full');
  assert.not(has(shown(...done), badge('safe')));
  const counted = shown(...done, agentEvent({ SafeEntries: 39, LastBackup: NOW }));
  assert.is(counted.title, '39 of 40 safe at school');
  const whole = shown(...done, agentEvent({ SafeEntries: 40, LastBackup: NOW }));
  assert.is(whole.title, 'All safe at school');
  const late = shown(...done, { type: 'tick', now: NOW + 20 });
  assert.is(late.title, '10 of 40 safe at school');
  assert.is(shown(sending, agentEvent(before)).title, '10 of 40 safe at school', 'a stopped one');
  const nothingNew = shown(agentEvent({ State: 'asking' }), agentEvent({ LastBackup: NOW }));
  assert.is(nothingNew.title, 'All safe at school', 'what was safe before is so at once');
});

test('asking the teacher shows the pairing code, and only six digits are one', () => {
  const pending = { State: 'waiting', Reasons: ['teacher'], Registration: 'pending' };
  assert.is(page({ ...pending, PairingCode: '047111' }).code, '047111');
  assert.is(page({ ...pending, PairingCode: '<b>1' }).code, '');
  assert.is(page({ State: 'safe', PairingCode: '047111' }).code, '');
});

/** The first backup: nothing is safe yet. */
const FIRST = { SafeEntries: 0, TotalEntries: 80 };

test('progress is a count and what moves; time only after 20 s, as a range', () => {
  const moving = { EntriesDone: 12, CurrentTitle: 'Volcán', TimeLeft: [300, 600] };
  const events = [
    agentEvent({ ...FIRST, State: 'sending', Jobs: ['/org/sugarlabs/Backup1/job/1'] }),
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

test('a count never exceeds its total, whatever the agent says', () => {
  const body = screenOf(
    after(
      agentEvent({ ...FIRST, State: 'sending', Jobs: ['/org/sugarlabs/Backup1/job/1'] }),
      jobEvent({ EntriesDone: 99 }),
    ).state,
    viewer,
  ).body as PageBody;
  assert.is(body.title, '80 of 80');
});

const KINDS_OF_TROUBLE = [
  ['suspend', 'absent'],
  ['damaged', 'something-new'],
  ['over-quota', 'server-full'],
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
  assert.equal(screen.teacher[0], ['Code', 'server-unreachable']);
  const { toolbar: _, teacher: __, ...shown } = screen;
  assert.not.match(JSON.stringify(shown), /ECONNREFUSED|10\.0\.0\.1|fail/i);
});

test.run();
