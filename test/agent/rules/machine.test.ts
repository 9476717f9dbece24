import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Job, JobKind, Request, Wait } from '../../../agent/rules/jobs.ts';
import {
  decide,
  type Event,
  isIdle,
  lastUnfinished,
  type Model,
  newModel,
  next,
} from '../../../agent/rules/machine.ts';
import { obstacles, type World } from '../../../agent/rules/obstacles.ts';
import { describeStatus } from '../../../agent/rules/status.ts';
import { REASONS, type Reason } from '../../../shared/backup-states.ts';
import type { ErrorCode } from '../../../shared/errors.ts';

const test = suite("the agent's state machine");

const CALM: World = {
  power: 'mains',
  network: 'up',
  suspending: false,
  paused: false,
  uptimeMs: 1000,
};
const DUE: Event = { type: 'due', due: true, againAtMs: null, wait: null };
const MINUTE = 60_000;

const request = (kind: JobKind, byHand = true, more: Partial<Request> = {}): Event => {
  return { type: 'request', request: { kind, byHand, of: '', snapshot: '', entry: '', ...more } };
};
const failed = (id: number, code: ErrorCode, more: object = {}): Event => {
  const failure = { code, message: 'no', hint: '', ...more };
  return { type: 'failed', id, failure, random: 0.5 };
};
const progress = (id: number, phase: 'sending' | 'confirming', bytesDone = 1): Event => {
  const counts = { entriesDone: 0, entriesTotal: 10, bytesDone, bytesTotal: 100 };
  return { type: 'progress', id, progress: { phase, ...counts } };
};
const world = (change: Partial<World>): Event => ({ type: 'world', change });

function after(...events: Event[]): Model {
  return events.reduce(next, newModel(CALM));
}

function jobOf(model: Model, id: number): Job {
  const job = model.jobs.find((one) => one.id === id);
  if (!job) throw new Error(`no job ${id}`);
  return job;
}

test('nothing is at work while nobody has looked, and nothing when nothing is due', () => {
  assert.is(describeStatus(newModel(CALM)).state, 'due');
  const idle = after({ type: 'due', due: false, againAtMs: null, wait: null });
  assert.equal(decide(idle), { run: null, wakeAtMs: null });
  assert.is(describeStatus(idle).state, 'safe');
  assert.ok(isIdle(idle));
});

test('a day goes due, asking, sending, confirming, safe', () => {
  const states: string[] = [];
  let model = newModel(CALM);
  const events: Event[] = [
    DUE,
    progress(1, 'sending'),
    progress(1, 'confirming'),
    { type: 'done', id: 1, summary: { entries: 3 } },
  ];
  for (const event of events) {
    model = next(model, event);
    states.push(describeStatus(model).state);
  }
  assert.equal(states, ['asking', 'sending', 'confirming', 'safe']);
  assert.ok(isIdle(model));
});

const POWER: [World['power'], boolean, Reason[]][] = [
  ['mains', false, []],
  ['unknown', false, []],
  [{ percent: 30 }, false, []],
  [{ percent: 29.9 }, false, ['battery']],
  [{ percent: 16 }, true, []],
  [{ percent: 15 }, true, []],
  [{ percent: 14 }, true, ['battery']],
];
for (const [power, byHand, reasons] of POWER) {
  test(`${JSON.stringify(power)}, by hand ${byHand}: ${reasons.join() || 'goes'}`, () => {
    const model = after(request('backup', byHand), world({ power }));
    assert.equal(obstacles(jobOf(model, 1), model.world), reasons);
    assert.is(decide(model).run, reasons.length > 0 ? null : 1);
  });
}

test('all reasons are told, the weightiest first', () => {
  const model = after(
    DUE,
    failed(1, 'server-unreachable'),
    world({ power: { percent: 5 }, network: 'down', suspending: true, paused: true }),
  );
  const reasons = describeStatus(model).reasons;
  assert.equal(reasons, ['paused', 'suspend', 'battery', 'no-network', 'no-server']);
  assert.equal(
    reasons,
    REASONS.filter((reason) => reasons.includes(reason)),
    'as listed',
  );
});

test('an obstacle stops what is at work, and it goes on when it is gone', () => {
  const sending = after(DUE, progress(1, 'sending'));
  assert.is(decide(sending).run, 1);
  const asleep = next(sending, world({ suspending: true }));
  assert.is(decide(asleep).run, null);
  const stopped = next(asleep, { type: 'stopped', id: 1 });
  assert.is(jobOf(stopped, 1).failures, 0, 'that was no failure');
  assert.is(decide(next(stopped, world({ suspending: false }))).run, 1);
});

test('a restore goes before the backup, which goes on afterwards', () => {
  const both = after(DUE, progress(1, 'sending'), request('restore'));
  assert.is(decide(both).run, 2);
  assert.is(describeStatus(both).state, 'restoring');
  assert.is(decide(next(both, { type: 'done', id: 2, summary: {} })).run, 1);
});

test("the server's appointment is kept to the second, and holds its place", () => {
  const busy = { retryAfterSeconds: 90, place: 3 };
  const model = after(DUE, failed(1, 'server-busy', busy));
  assert.equal(decide(model), { run: null, wakeAtMs: 1000 + 90_000 });
  const { state, queuePlace, queuedUntilMs } = describeStatus(model);
  assert.equal([state, queuePlace, queuedUntilMs], ['queued', 3, 91_000]);
  assert.is(decide(next(model, world({ uptimeMs: 90_999 }))).run, null);
  assert.is(decide(next(model, world({ uptimeMs: 91_000 }))).run, 1);
  assert.is(decide(next(model, request('backup'))).run, null, 'pressing a button does not jump it');
});

test('a silent server is asked less and less, and at once in a new network', () => {
  let model = after(DUE);
  const waits: number[] = [];
  for (let n = 0; n < 6; n += 1) {
    model = next(model, failed(1, 'server-unreachable'));
    const { wakeAtMs } = decide(model);
    waits.push(((wakeAtMs ?? 0) - model.world.uptimeMs) / 1000);
    model = next(model, world({ uptimeMs: wakeAtMs ?? 0 }));
    assert.is(decide(model).run, 1, 'and then again');
  }
  assert.equal(waits, [5.5, 10.5, 20.5, 40.5, 5400, 5400]);
  const waiting = next(model, failed(1, 'server-unreachable'));
  assert.is(decide(next(waiting, { type: 'network-joined', wait: null })).run, 1);
});

test('what a killed agent had under way ends in seconds; another run is left alone for long', () => {
  let model = after(request('backup'));
  const waits: number[] = [];
  for (let n = 0; n < 5; n += 1) {
    model = next(model, failed(1, 'busy'));
    const { wakeAtMs } = decide(model);
    waits.push(((wakeAtMs ?? 0) - model.world.uptimeMs) / 1000);
    model = next(model, world({ uptimeMs: wakeAtMs ?? 0 }));
  }
  assert.equal(waits, [2, 2, 2, 2, 2]);
  assert.is(jobOf(next(model, failed(1, 'busy')), 1).end, 'failed', 'who pressed a button is told');
});

const PEOPLE: [ErrorCode, Reason][] = [
  ['not-registered', 'not-registered'],
  ['untrusted-server', 'untrusted-server'],
  ['server-full', 'server-full'],
  ['over-quota', 'over-quota'],
  ['laptop-full', 'laptop-full'],
  ['internal', 'problem'],
];
for (const [code, reason] of PEOPLE) {
  test(`after ${code} the day's backup waits half an hour or more, and "now" does not`, () => {
    const model = after(DUE, failed(1, code));
    assert.equal(describeStatus(model).reasons, [reason]);
    assert.ok((decide(model).wakeAtMs ?? 0) >= 30 * MINUTE);
    assert.is(describeStatus(model).problem?.code, code);
    assert.is(decide(next(model, request('backup'))).run, 1);
    const asked = after(request('backup'), failed(1, code));
    assert.is(jobOf(asked, 1).end, 'failed', 'a person is told at once');
  });
}

test('while a teacher may be typing the digits the school is asked again soon, whoever asked', () => {
  for (const asked of [DUE, request('backup')]) {
    let model = after(DUE, asked);
    for (const seconds of [22.5, 45, 90, 180, 360, 720, 1440, 2700]) {
      model = next(model, failed(decide(model).run ?? 0, 'pending-approval'));
      assert.is(describeStatus(model).problem?.code, 'pending-approval');
      const uptimeMs = decide(model).wakeAtMs ?? 0;
      assert.is((uptimeMs - model.world.uptimeMs) / 1000, seconds);
      model = next(model, world({ uptimeMs }));
    }
  }
});

test('what a person asked for is tried three times where the server is silent', () => {
  let model = after(request('restore'));
  for (let n = 0; n < 2; n += 1) model = next(model, failed(1, 'transfer'));
  assert.is(jobOf(model, 1).end, null);
  assert.is(jobOf(next(model, failed(1, 'transfer')), 1).end, 'failed');
  const moved = next(model, progress(1, 'sending'));
  assert.is(jobOf(next(moved, failed(1, 'transfer')), 1).end, null, 'it had moved since');
});

test('asking twice is asking once', () => {
  const model = after(
    request('restore'),
    request('restore'),
    request('restore', true, { of: 'X' }),
  );
  assert.is(model.jobs.length, 2);
  const byHand = after(DUE, request('backup'));
  assert.is(byHand.jobs.length, 1);
  assert.ok(jobOf(byHand, 1).request.byHand, 'and the battery may be lower');
});

test("a cancelled day's backup rests for an hour, and is still due", () => {
  const model = after(DUE, progress(1, 'sending'), { type: 'cancel', id: 1 });
  assert.is(jobOf(model, 1).end, 'cancelled');
  assert.equal(describeStatus(model).reasons, ['rest']);
  assert.is(decide(model).wakeAtMs, 1000 + 60 * MINUTE);
  assert.is(decide(next(model, request('backup'))).run, 2, 'a person may want it sooner');
});

test('one backup done is the day done, whoever asked', () => {
  const model = after(DUE, request('restore-entry'), { type: 'done', id: 2, summary: {} });
  assert.not.ok(isIdle(model));
  const done = next(next(model, request('backup')), { type: 'done', id: 1, summary: {} });
  assert.ok(isIdle(done));
  assert.equal(describeStatus(done).reasons, ['done']);
});

test('nothing that comes late wakes a job that has ended', () => {
  const model = after(request('restore'), { type: 'cancel', id: 1 });
  const late: Event[] = [
    progress(1, 'sending'),
    { type: 'done', id: 1, summary: { restored: 1 } },
    failed(1, 'transfer'),
    { type: 'stopped', id: 1 },
  ];
  for (const event of late) {
    assert.equal(jobOf(next(model, event), 1), jobOf(model, 1), event.type);
  }
});

test('a monitor that says "down" is not believed by hand, and by itself for half an hour', () => {
  const down = world({ network: 'down' });
  assert.is(decide(after(request('backup'), down)).run, 1, 'by hand');
  const alone = after(DUE, down);
  const askAtMs = CALM.uptimeMs + 30 * MINUTE;
  assert.equal(decide(alone), { run: null, wakeAtMs: askAtMs });
  assert.is(decide(next(alone, world({ uptimeMs: askAtMs }))).run, 1);
});

test('what nobody answers while the network is said to be down waits for a network', () => {
  const tries = Array.from({ length: 5 }, () => failed(1, 'server-unreachable'));
  const model = after(request('restore'), world({ network: 'down' }), ...tries);
  assert.equal(obstacles(jobOf(model, 1), model.world), ['no-network']);
  assert.is(decide(next(model, world({ network: 'up' }))).run, 1);
  assert.is(decide(next(model, request('restore'))).run, 1, 'or for a person who asks again');
});

test('another network ends the wait that somebody in the last one named', () => {
  const model = after(request('backup'), failed(1, 'server-busy', { retryAfterSeconds: 3600 }));
  assert.is(decide(model).run, null);
  assert.is(decide(next(model, { type: 'network-joined', wait: null })).run, 1);
});

const wait = (reason: Wait['reason'], untilMs = 5000): Wait => ({ reason, untilMs, place: 0 });
const joined: Event = { type: 'network-joined', wait: wait('spread', 9000) };
const done = (id: number): Event => ({ type: 'done', id, summary: {} });
const cancel = (id: number): Event => ({ type: 'cancel', id });
const notDue: Event = { type: 'due', due: false, againAtMs: null, wait: null };
const ids = ({ jobs }: Model) => jobs.map(({ id }) => id);

test('another network leaves alone what rests or does not wait, and spreads what waits', () => {
  const spread = after({ ...DUE, wait: wait('spread') }, joined);
  assert.equal(jobOf(spread, 1).wait, wait('spread'));
  const resting = after(DUE, cancel(1), joined);
  assert.is(jobOf(resting, 2).wait?.reason, 'rest');
  assert.is(jobOf(after(DUE, joined), 1).wait, null);
  const silent = after(DUE, failed(1, 'server-unreachable'), joined);
  assert.equal([jobOf(silent, 1).wait, jobOf(silent, 1).failures], [wait('spread', 9000), 0]);
});

test('a network ends waits for one, and no others', () => {
  const up = (...events: Event[]) =>
    after(world({ network: 'down' }), ...events, world({ network: 'up' }));
  assert.is(jobOf(up(request('restore'), failed(1, 'transfer')), 1).wait, null);
  assert.is(jobOf(up(request('restore'), failed(1, 'busy')), 1).wait?.reason, 'other-run');
  assert.is(jobOf(up(request('restore')), 1).wait, null);
});

test('a wait that is over wakes nobody, and the first of several does', () => {
  const paused = (uptimeMs: number) => world({ uptimeMs, paused: true });
  const busy = after(DUE, failed(1, 'server-busy', { retryAfterSeconds: 1 }));
  assert.is(decide(next(busy, paused(1999))).wakeAtMs, 2000);
  assert.is(decide(next(busy, paused(2000))).wakeAtMs, null);
  const two = [request('restore'), failed(2, 'server-busy', { retryAfterSeconds: 9 })];
  assert.is(decide(two.reduce(next, busy)).wakeAtMs, 2000);
});

test('"down" wakes only while there is something to do, and counts from when it was first said', () => {
  const down = world({ network: 'down' });
  const askAtMs = CALM.uptimeMs + 30 * MINUTE;
  assert.is(decide(after(notDue, down)).wakeAtMs, null);
  assert.is(decide(after(DUE, down, world({ uptimeMs: 9000 }), down)).wakeAtMs, askAtMs);
  const paused = (uptimeMs: number) => decide(after(DUE, down, world({ uptimeMs, paused: true })));
  assert.equal([paused(askAtMs - 1).wakeAtMs, paused(askAtMs).wakeAtMs], [askAtMs, null]);
});

test('what is forgotten is gone, and nothing else', () => {
  const model = after(request('restore'), request('keep'), done(1), done(2));
  assert.equal(ids(next(model, { type: 'forget', id: 1 })), [2]);
});

test('jobs that end come last, in the order in which they do', () => {
  const model = after(request('restore'), request('keep'), request('fetch'));
  const second = next(model, done(2));
  assert.equal(
    [ids(model), ids(second), ids(next(second, cancel(1)))],
    [
      [1, 2, 3],
      [1, 3, 2],
      [3, 2, 1],
    ],
  );
});

test('what has ended is asked for anew, and another entry is another job', () => {
  assert.equal(ids(after(request('restore'), done(1), request('restore'))).sort(), [1, 2]);
  const keep = (entry: string, snapshot = '') => request('keep', true, { entry, snapshot });
  assert.is(after(keep('a'), keep('b'), keep('a', 's'), keep('a')).jobs.length, 3);
});

test('only what failed or was cancelled can be tried again', () => {
  assert.is(lastUnfinished(after(request('restore'), done(1)), true), undefined);
  assert.is(lastUnfinished(after(request('restore'), cancel(1)), true)?.id, 1);
  assert.is(lastUnfinished(after(request('restore')), true), undefined);
});

test('the agent is idle when nothing is due and every job has ended', () => {
  assert.not.ok(isIdle(after(notDue, request('restore'))));
  assert.not.ok(isIdle(after(DUE, request('restore'), done(2))));
  assert.ok(isIdle(after(notDue, request('restore'), done(1))));
});

test("the day's backup is there once, beside other jobs", () => {
  assert.equal(ids(after(DUE, DUE)), [1]);
  assert.is(jobOf(after(DUE, DUE), 1).end, null);
  const both = after(request('restore'), DUE);
  assert.equal([ids(both), jobOf(both, 2).request.kind], [[1, 2], 'backup']);
  const spread = after({ ...DUE, wait: wait('spread') });
  assert.is(jobOf(spread, 1).wait?.reason, 'spread');
});

test('a backup that is no longer due ends, unless it runs or a person asked for it', () => {
  assert.is(jobOf(after(DUE, notDue), 1).end, 'done');
  assert.is(jobOf(after(DUE, progress(1, 'sending'), notDue), 1).end, null);
  assert.is(jobOf(after(request('backup'), notDue), 1).end, null);
  assert.is(jobOf(after(request('pins', false), notDue), 1).end, null);
});

test('the rest after a cancelled backup ends to the millisecond', () => {
  const rested = after(DUE, cancel(1), notDue, world({ uptimeMs: 1000 + 60 * MINUTE }));
  const again = next(rested, { ...DUE, wait: wait('spread', 9e9) });
  assert.is(jobOf(again, 3).wait?.reason, 'spread');
  for (const model of [
    after(request('restore'), cancel(1)),
    after(DUE, cancel(99)),
    after(DUE, done(1), cancel(1)),
  ]) {
    assert.is(model.restUntilMs, 0, 'nothing else brings a rest');
  }
});

test('only the backup makes the day done, and what nobody knows changes nothing', () => {
  assert.is(after(DUE, request('restore'), done(2)).due, true);
  const model = after(DUE);
  assert.equal([next(model, done(99)), next(model, cancel(99))], [model, model]);
});

test('a busy server is no problem, and hides none', () => {
  const busy = failed(1, 'server-busy', { retryAfterSeconds: 9 });
  assert.is(describeStatus(after(DUE, busy)).problem, null);
  const silent = failed(1, 'server-unreachable');
  assert.is(describeStatus(after(DUE, silent, busy)).problem?.code, 'server-unreachable');
});

test('only transferred bytes show that the server is there', () => {
  const silent = failed(1, 'server-unreachable');
  assert.is(jobOf(after(DUE, silent, progress(1, 'sending', 0)), 1).failures, 1);
  assert.is(jobOf(after(DUE, silent, progress(1, 'sending', 1)), 1).failures, 0);
});

test.run();
