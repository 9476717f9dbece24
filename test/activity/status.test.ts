/** The first screen: what a child sees of each state that the agent can be in. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { next } from '../../activity/model/acts/next.ts';
import { fillHeight, xo } from '../../activity/model/pictures/drawing.ts';
import { badge } from '../../activity/model/pictures/school.ts';
import type { PageBody } from '../../activity/model/screens/body.ts';
import { screenOf } from '../../activity/model/screens/screen.ts';
import { initialState } from '../../activity/model/state/state.ts';
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

test('a school that no teacher has confirmed has a hollow flag and digits beside, and is safe', () => {
  const first = { ServerTrust: 'unconfirmed', PairingCode: '047111' };
  const body = page(first);
  assert.is(body.title, 'All safe at school');
  assert.is(body.text, 'Last time: 3 hours ago · For your teacher: 047111');
  assert.is(body.code, '', 'no large digits: nothing has to be done');
  assert.ok(has(body, badge('safe')));
  const flag = (shown: PageBody) =>
    /M200 20 240 32 200 46"[^>]*/.exec(shown.pictures[0]?.svg ?? '')?.[0];
  const hollow = flag(body);
  for (const trust of ['confirmed', 'given', 'none', '']) {
    const other = page({ ...first, ServerTrust: trust, PairingCode: '' });
    assert.is(other.text, 'Last time: 3 hours ago', trust);
    assert.is.not(flag(other), hollow, trust);
  }
  const teacher = (more: Properties) =>
    screenOf(after(agentEvent(more)).state, viewer).teacher.map(([, value]) => value);
  assert.ok(teacher(first).includes('047111'));
  assert.ok(teacher(first).includes('Not yet: a teacher types the number on the server'));
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

test('one large thing moves all the time: by its bytes, and until it is safe', () => {
  const path = '/org/sugarlabs/Backup1/job/1';
  const large = { EntriesDone: 0, EntriesTotal: 1, BytesTotal: 600_000_000 };
  const one = { SafeEntries: 0, TotalEntries: 1 };
  const shown = (State: string, bytes: number, done = 0) => {
    const job = { ...large, EntriesDone: done, BytesDone: bytes };
    const events = [agentEvent({ ...one, State, Jobs: [path] }), jobEvent(job)];
    return screenOf(after(...events).state, viewer).body as PageBody;
  };
  const half = shown('sending', 300_000_000);
  assert.is(half.title, '0 of 1');
  assert.ok(has(half, xo(viewer.color, 0.5, 'school')), 'half of it has gone');
  assert.not(half.busy, 'the picture moves');
  const gone = shown('confirming', 600_000_000, 1);
  assert.is(gone.title, 'The school is checking');
  assert.is(gone.busy, true, 'nothing else moves any more');
});

test('of several jobs the one at work is shown, else the one whose turn is first', () => {
  const path = (n: number) => `/org/sugarlabs/Backup1/job/${n}`;
  const titles = (backup: string) => {
    const { state } = after(
      agentEvent({ State: 'sending', Jobs: [path(1), path(2)] }),
      jobEvent({ State: backup, EntriesDone: 7, CurrentTitle: 'going' }, 1),
      jobEvent({ Kind: 'restore-entry', State: 'waiting', CurrentTitle: 'coming' }, 2),
    );
    const { text, cancel } = screenOf(state, viewer).body as PageBody;
    return [text, cancel?.event];
  };
  const stop = (n: number) => ({ type: 'act', act: { type: 'stop', job: path(n) } });
  assert.equal(titles('running'), ['going', stop(1)]);
  assert.equal(titles('waiting'), ['coming', stop(2)]);
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

test('the first visit is one quiet page of three pictures, which nobody comes back to', () => {
  const first = initialState('Jocinta', NOW, true);
  const { body } = screenOf(first, viewer);
  const { pictures, buttons } = body as PageBody;
  assert.equal(
    pictures.map(({ caption }) => caption),
    ['Your things go to school', 'They come back', 'Nothing is lost'],
  );
  assert.equal(
    buttons.map(({ event }) => event),
    [{ type: 'go', place: { type: 'status' } }],
  );
  const pins = next(first, { type: 'go', place: { type: 'pins' } }).state;
  assert.equal(next(pins, { type: 'back' }).state.place, { type: 'status' });
  assert.equal(next(first, { type: 'back' }).state.place, { type: 'status' });
});

test.run();
