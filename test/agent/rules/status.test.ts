import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type JobKind, liveJobs, newJob, type Request } from '../../../agent/rules/jobs.ts';
import {
  type Event,
  lastUnfinished,
  type Model,
  newModel,
  next,
} from '../../../agent/rules/machine.ts';
import { refusal, type World } from '../../../agent/rules/obstacles.ts';
import { describeStatus } from '../../../agent/rules/status.ts';
import type { ErrorCode } from '../../../shared/errors.ts';

const test = suite('which job runs first, and what clients are told');

const CALM: World = {
  ...{ power: 'mains', network: 'up', suspending: false, paused: false },
  uptimeMs: 1000,
};
const HOUR = 3_600_000;

const about = (kind: JobKind, byHand = true): Request => {
  return { kind, byHand, of: '', snapshot: '', entry: '' };
};
const request = (kind: JobKind): Event => ({ type: 'request', request: about(kind) });
const failed = (id: number, code: ErrorCode, more: object = {}): Event => {
  return { type: 'failed', id, failure: { code, message: 'no', hint: '', ...more }, random: 0.5 };
};
const done = (id: number): Event => ({ type: 'done', id, summary: {} });
const world = (change: Partial<World>): Event => ({ type: 'world', change });
const after = (...events: Event[]): Model => events.reduce(next, newModel(CALM));

test("single entries run first, then restores, pins, a backup by hand, and the day's backup", () => {
  const wanted: [JobKind, boolean][] = [
    ['restore-entry', true],
    ['keep', true],
    ['fetch', true],
    ['restore', true],
    ['pins', false],
    ['backup', true],
    ['backup', false],
  ];
  const jobs = wanted.map(([kind, byHand], index) => newJob(9 - index, about(kind, byHand)));
  const order = liveJobs(jobs).map(({ request: { kind, byHand } }) => [kind, byHand]);
  const [entry, keep, fetch, ...rest] = wanted;
  assert.equal(order, [fetch, keep, entry, ...rest], 'and of equals the older one');
});

test('jobs that have ended are not in line', () => {
  const ended = { ...newJob(1, about('restore')), end: 'done' as const };
  assert.equal(
    liveJobs([ended, newJob(2, about('backup'))]).map(({ id }) => id),
    [2],
  );
});

test('the problem shown is that of the job that ended last, not of the one that began last', () => {
  const both = after(request('restore'), request('keep'));
  const keptFirst = next(next(both, done(2)), failed(1, 'internal'));
  assert.is(describeStatus(keptFirst).problem?.code, 'internal');
  assert.is(lastUnfinished(keptFirst, false)?.id, 1);
  const failedFirst = next(next(both, failed(2, 'internal')), done(1));
  assert.is(describeStatus(failedFirst).problem, null, 'empty after a success');
});

test("a live job's problem goes before those of jobs that have ended", () => {
  const model = after(request('keep'), failed(1, 'internal'), request('restore'));
  assert.is(describeStatus(model).problem?.code, 'internal', 'the new one has none yet');
  const next2 = next(model, failed(2, 'server-unreachable'));
  assert.is(describeStatus(next2).problem?.code, 'server-unreachable');
});

test('pins that were refused are not tried again, other pins are', () => {
  const model = after(request('pins'), failed(1, 'over-quota'));
  assert.is(lastUnfinished(model, false), undefined);
  assert.is(lastUnfinished(model, true)?.id, 1);
  assert.is(lastUnfinished(next(model, done(1)), true)?.end, 'failed', 'it had ended already');
});

const BUSY: [object, string][] = [
  [{ place: 2, retryAfterSeconds: 60 }, 'queue'],
  [{ retryAfterSeconds: 60 }, 'server-busy'],
];
for (const [more, reason] of BUSY) {
  test(`"queued" means that ${reason} is the only thing it waits for`, () => {
    const model = after(
      { type: 'request', request: about('backup', false) },
      failed(1, 'server-busy', more),
    );
    assert.equal(
      [describeStatus(model).state, describeStatus(model).reasons],
      ['queued', [reason]],
    );
    const offline = next(model, world({ network: 'down' }));
    assert.is(describeStatus(offline).state, 'waiting', 'its turn does not help without a network');
    assert.is(
      describeStatus(offline).queuePlace,
      'place' in more ? 2 : 0,
      'and it keeps its place',
    );
    assert.is(describeStatus(next(model, world({ paused: true }))).state, 'paused');
  });
}

test('done for today is not safe while an entry has a problem, and says so before anything else', () => {
  const calm = after({ type: 'due', due: false, againAtMs: null, wait: null });
  const told = (model: Model, problems?: number) => {
    const { state, reasons } = describeStatus(model, problems);
    return [state, reasons];
  };
  assert.equal(told(calm), ['safe', ['done']]);
  assert.equal(told(calm, 0), ['safe', ['done']]);
  assert.equal(told(calm, 1), ['due', ['entries', 'done']]);
  const busy = next(calm, request('backup'));
  assert.equal(told(next(busy, failed(1, 'transfer')), 3), ['waiting', ['no-server']]);
});

test('one other reason is "waiting", and has no place in the queue', () => {
  const { state, queuePlace, queuedUntilMs } = describeStatus(
    after(request('backup'), failed(1, 'server-unreachable')),
  );
  assert.equal([state, queuePlace, queuedUntilMs], ['waiting', 0, 0]);
});

test('the time of the next backup stays the same whatever happens meanwhile', () => {
  const againAtMs = 1000 + 2 * HOUR;
  const model = after({ type: 'due', due: false, againAtMs, wait: null });
  assert.equal([model.againAtMs, model.lookAtMs], [againAtMs, againAtMs]);
  const later = [world({ uptimeMs: 1000 + HOUR }), request('keep'), done(1)].reduce(next, model);
  assert.equal([later.againAtMs, later.lookAtMs], [againAtMs, againAtMs]);
});

test('it is looked at again after 15 minutes at the earliest and 6 hours at the latest', () => {
  const look = (againAtMs: number | null) => {
    return after({ type: 'due', due: false, againAtMs, wait: null }).lookAtMs - CALM.uptimeMs;
  };
  assert.equal([look(1000), look(1000 + HOUR)], [HOUR / 4, HOUR]);
  assert.equal([look(1000 + 9 * HOUR), look(null)], [6 * HOUR, 6 * HOUR]);
});

test('the job at work is shown, also where it is not the first in line', () => {
  const running = { phase: 'sending', entriesDone: 1, entriesTotal: 2 } as const;
  const progress = { ...running, bytesDone: 0, bytesTotal: 9 };
  const both = after(request('restore'), failed(1, 'transfer'), request('backup'), {
    type: 'progress',
    id: 2,
    progress,
  });
  const shown = describeStatus(both);
  assert.equal([shown.job?.id, shown.state, shown.progress], [2, 'sending', progress]);
  const paused = describeStatus(next(both, world({ paused: true })));
  assert.equal([paused.job?.id, paused.progress], [1, null]);
});

test('"done" is said where nothing is due and nothing was asked for', () => {
  const reasons = (...events: Event[]) => describeStatus(after(...events)).reasons;
  const notDue: Event = { type: 'due', due: false, againAtMs: null, wait: null };
  assert.equal(
    [reasons(), reasons(notDue), reasons(notDue, request('restore'))],
    [[], ['done'], []],
  );
});

test('nothing is taken on below 15 % of battery', () => {
  const percent = (power: World['power']) => refusal({ ...CALM, power });
  assert.equal(
    ['mains', 'unknown'].map((power) => percent(power as 'mains')),
    [undefined, undefined],
  );
  assert.is(percent({ percent: 15 }), undefined);
  const error = percent({ percent: 14.9 });
  assert.equal([error?.code, error?.message], ['battery', 'the battery is at 14 %']);
  assert.match(error?.hint ?? '', /plug/);
});

test.run();
