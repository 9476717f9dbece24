import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type Amount,
  isMassChange,
  type Plan,
  planRetention,
  type RetentionPolicy,
  type SnapshotFacts,
  type Stretch,
  usedBy,
} from '../../../xs/retention/retention.ts';
import { aged, momentAfter, nameOf } from './aged.ts';

const test = suite('what stays and what goes');

const NO_QUOTA: Amount = { bytes: Infinity, inodes: Infinity };
const POLICY: RetentionPolicy = { keepAllDays: 31, keepLast: 3, quota: NO_QUOTA };

function history(...ages: number[]): SnapshotFacts[] {
  return ages.map((age, index) => aged(index + 1, age));
}

function plan(
  snapshots: SnapshotFacts[],
  more: {
    pins?: number[];
    usage?: Stretch[];
    policy?: Partial<RetentionPolicy>;
    after?: number;
  } = {},
): Plan {
  const pins = new Set((more.pins ?? []).map(nameOf));
  const policy = { ...POLICY, ...more.policy };
  return planRetention(snapshots, pins, more.usage ?? [], policy, momentAfter(more.after ?? 0));
}

const removed = (done: Plan) => done.remove.map(({ sequence, reason }) => `${sequence} ${reason}`);
const kept = (done: Plan) => done.keep.map(({ sequence, reason }) => `${sequence} ${reason}`);

test('all of the last month stays, then the first of each month, the first and the newest', () => {
  // NOW is 22 November: 53, 60 and 70 days ago are 30 September, 23 and 13 September.
  const done = plan(history(200, 100, 70, 60, 53, 40, 30, 20, 10, 0));
  assert.equal(kept(done), [
    ...['1 first', '2 first-of-month', '3 first-of-month', '6 first-of-month'],
    ...['7 recent', '8 recent', '9 recent', '10 newest'],
  ]);
  assert.equal(removed(done), ['4 thinned', '5 thinned']);
});

test('the order of the list says nothing', () => {
  const one = history(200, 100, 70, 60, 53, 40, 30, 20, 10, 0);
  const usage = one.map(({ sequence }) => {
    return { first: sequence, last: sequence, bytes: 100, inodes: 10, pinned: false };
  });
  const policy = { quota: { bytes: 150, inodes: 1000 } };
  const expected = plan(one, { usage, policy });
  assert.equal(removed(expected).length, 5);
  for (const shuffled of [one.toReversed(), [...one.slice(4), ...one.slice(0, 4)]]) {
    assert.equal(plan(shuffled, { usage, policy }), expected);
  }
  assert.is(usedBy(one.toReversed(), usage).bytes, 1000);
});

test('what takes just as much as the quota fits', () => {
  const ages = [300, 200, 0];
  const usage = ages.map((_, index) => ({
    ...{ first: index + 1, last: index + 1, bytes: 100, inodes: 10, pinned: false },
  }));
  const within = (bytes: number, inodes: number) =>
    removed(plan(history(...ages), { usage, policy: { quota: { bytes, inodes } } }));
  assert.equal(within(200, 20), []);
  assert.equal(within(199, 20), ['2 over-quota']);
  assert.equal(within(200, 19), ['2 over-quota']);
});

test('what is thinned makes room before anything goes for the quota', () => {
  const ages = [300, 299, 298, 200, 100, 0];
  const usage = ages.map((_, index) => ({
    ...{ first: index + 1, last: index + 1, bytes: 100, inodes: 10, pinned: false },
  }));
  const policy = { keepLast: 1, quota: { bytes: 400, inodes: 1000 } };
  assert.equal(removed(plan(history(...ages), { usage, policy })), ['2 thinned', '3 thinned']);
});

test('a mass change protects what was before it; the state after it is kept as any other', () => {
  const ages = [72, 71, 20, 19, 18, 17, 16, 0];
  const young = history(...ages).map((one) => {
    return one.sequence === 4 ? { ...one, changed: 90 } : one;
  });
  const policy = { keepAllDays: 31, keepLast: 1 };
  assert.equal(kept(plan(young, { policy })).slice(1, 4), [
    ...['2 before-mass-change', '3 recent', '4 recent'],
  ]);
});

test('with no snapshot older than a month nothing counts against the quota', () => {
  const usage = [{ first: 1, last: 2, bytes: 1e9, inodes: 10, pinned: false }];
  const done = plan(history(3, 0), { usage, policy: { quota: { bytes: 1, inodes: 1 } } });
  assert.equal([removed(done), done.stuck], [[], false]);
});

test('a date up to five minutes ahead of the clock is believed', () => {
  // Both are of the last days of a month; the second says that it is of the next.
  const month = (created: string) => {
    const [first, second, third, ...more] = history(100, 99, 98, 40, 0);
    const dated = { ...(second as SnapshotFacts), created };
    const now = { ...momentAfter(0), time: new Date('2026-08-31T23:58:00Z') };
    const before = { ...(first as SnapshotFacts), created: '2026-08-30T10:00:00Z' };
    const after = { ...(third as SnapshotFacts), created: '2026-08-31T10:00:00Z' };
    const policy = { ...POLICY, keepLast: 1 };
    const all = [before, dated, after, ...more];
    return kept(planRetention(all, new Set(), [], policy, now)).slice(0, 2);
  };
  assert.equal(month('2026-09-01T00:02:00Z'), ['1 first', '2 first-of-month']);
  assert.is(month('2026-09-01T00:04:00Z').includes('2 first-of-month'), false);
});

test('a lone snapshot stays, however old and whatever its size', () => {
  const usage = [{ first: 1, last: 1, bytes: 1e12, inodes: 1e6, pinned: false }];
  const done = plan(history(4000), { usage, policy: { quota: { bytes: 1, inodes: 1 } } });
  assert.equal([kept(done), removed(done), done.stuck], [['1 newest'], [], true]);
});

test('a pinned snapshot stays', () => {
  const ages = [300, 299, 298, 200, 100, 50, 1, 0];
  assert.equal(removed(plan(history(...ages))), ['2 thinned', '3 thinned']);
  assert.equal(removed(plan(history(...ages), { pins: [3] })), ['2 thinned']);
});

test('the last few are not thinned, so a laptop that was away for a year keeps them', () => {
  const done = plan(history(402, 401, 400, 399, 398));
  assert.equal(kept(done), ['1 first', '3 one-of-the-last', '4 one-of-the-last', '5 newest']);
});

test('over its quota a laptop loses its oldest, but nothing of the last month', () => {
  const ages = [300, 200, 150, 100, 20, 10, 0];
  const usage = ages.map((_, index) => ({
    ...{ first: index + 1, last: index + 1, bytes: 100, inodes: 10, pinned: false },
  }));
  const done = plan(history(...ages), { usage, policy: { quota: { bytes: 250, inodes: 1000 } } });
  assert.equal(removed(done), ['2 over-quota', '3 over-quota']);
  assert.equal([done.used.bytes, done.usedAfter.bytes, done.stuck], [700, 500, false]);
  const inodes = plan(history(...ages), { usage, policy: { quota: { bytes: 1e9, inodes: 10 } } });
  assert.equal(removed(inodes), ['2 over-quota', '3 over-quota', '4 over-quota']);
  assert.is(inodes.stuck, false, 'the first alone fits');
});

test('junk of the last month pushes nothing out', () => {
  const ages = [300, 200, 150, 100, 0.4, 0.3, 0.2, 0.1];
  const usage = ages.map((age, index) => ({
    ...{ first: index + 1, last: index + 1, inodes: 10, pinned: false },
    bytes: age < 1 ? 1e12 : 100,
  }));
  const done = plan(history(...ages), { usage, policy: { quota: { bytes: 1000, inodes: 1000 } } });
  assert.equal(removed(done), []);
});

test('a change of most of the Journal keeps all before it for a month', () => {
  const quiet = history(72, 71, 70, 60, 50, 40, 20, 10, 0);
  assert.equal(removed(plan(quiet)), ['2 thinned', '3 thinned', '4 thinned', '6 thinned']);
  const attacked = quiet.map((one) => (one.sequence === 7 ? { ...one, changed: 90 } : one));
  assert.equal(removed(plan(attacked)), []);
  assert.ok(removed(plan(attacked, { after: 12 })).includes('2 thinned'), 'after a month');
});

test('what a mass change is', () => {
  const rows: [number, number, number, boolean][] = [
    [100, 1, 0, false],
    [100, 49, 0, false],
    [100, 50, 0, true],
    [30, 0, 70, true],
    [10, 10, 0, false],
    [20, 20, 0, true],
    [60, 15, 40, true],
    [60, 9, 40, false],
  ];
  for (const [entries, changed, gone, expected] of rows) {
    const one = aged(2, 1, { entries, changed, removed: gone });
    assert.is(isMassChange(one), expected, `${entries} ${changed} ${gone}`);
  }
});

test('dates say nothing about ages', () => {
  const one = history(100, 90, 80, 5, 4, 3);
  for (const created of ['1970-01-01T00:00:00Z', '2040-01-01T00:00:00Z']) {
    const wrong = one.map((s) => ({ ...s, created }));
    assert.equal(kept(plan(wrong)).slice(-3), ['4 recent', '5 recent', '6 newest'], created);
  }
  const damaged = one.map((s) => (s.sequence === 5 ? { ...s, clock: undefined } : s));
  assert.equal(kept(plan(damaged)).slice(-3), ['4 recent', '5 recent', '6 newest']);
});

test('where the clock was in doubt the first of each thirty days stays', () => {
  const doubted = history(200, 199, 150, 149, 148, 120, 10, 5, 2, 0).map((one) => ({
    ...{ ...one, created: '1970-01-01T00:00:00Z' },
    clock: { at: one.clock?.at ?? 0, boot: 1, doubted: true },
  }));
  // The library is 10,000 days old: months of thirty days end 190, 160, 130 and 100 days ago.
  assert.equal(removed(plan(doubted)), ['2 thinned', '4 thinned', '5 thinned']);
});

test('the snapshots of a library without a timeline are as young as the timeline', () => {
  const old = history(900, 800, 799, 700, 699, 500, 400, 300).map((one) => {
    return { ...one, clock: undefined };
  });
  assert.ok(removed(plan(old)).includes('3 thinned'), 'it began long ago');
  assert.equal(removed(plan(old, { after: -9_975 })), [], 'it began 25 days ago');
});

test('where time while the server was off was counted, a week needs a day more', () => {
  const one = history(200, 100, 99, 35.8, 35.6, 1, 0.5, 0);
  const policy = { keepAllDays: 31, keepLast: 1, quota: NO_QUOTA };
  const at = (creditedAt: number) =>
    removed(planRetention(one, new Set(), [], policy, { ...momentAfter(0), creditedAt }));
  assert.equal(at(0), ['3 thinned', '5 thinned']);
  assert.equal(at(momentAfter(0).at), ['3 thinned']);
});

test('pins count once, also when their snapshots have gone', () => {
  const usage: Stretch[] = [
    { first: 1, last: 2, bytes: 100, inodes: 2, pinned: true },
    { first: 2, last: 2, bytes: 10, inodes: 2, pinned: false },
  ];
  assert.equal(usedBy([{ sequence: 1 }, { sequence: 2 }], usage), { bytes: 110, inodes: 4 });
  assert.equal(usedBy([], usage), { bytes: 100, inodes: 2 });
});

test.run();
