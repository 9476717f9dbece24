import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSnapshotName, type SnapshotName } from '../../shared/ids.ts';
import {
  type Amount,
  isMassChange,
  type Plan,
  planRetention,
  type RetentionPolicy,
  type SnapshotFacts,
  type Stretch,
  usedBy,
} from '../../xs/retention.ts';
import { type Random, seeded } from '../shared/random.ts';

const test = suite('X6: what stays and what goes');

const DAY = 86_400_000;
const NOW = new Date('2026-11-22T14:00:00Z');
const NO_QUOTA: Amount = { bytes: Infinity, inodes: Infinity };
const POLICY: RetentionPolicy = { keepAllDays: 31, keepLast: 3, quota: NO_QUOTA };

function nameOf(sequence: number): SnapshotName {
  const day = new Date(sequence * DAY).toISOString().slice(0, 10);
  return parseSnapshotName(`datastore-${day}_10:00`);
}

/** A quiet snapshot, `age` days old. */
function aged(sequence: number, age: number, change: Partial<SnapshotFacts> = {}): SnapshotFacts {
  const created = new Date(NOW.getTime() - age * DAY).toISOString();
  const quiet = { entries: 100, changed: 1, removed: 0 };
  return { name: nameOf(sequence), sequence, created, ...quiet, ...change };
}

function history(...ages: number[]): SnapshotFacts[] {
  return ages.map((age, index) => aged(index + 1, age));
}

function plan(
  snapshots: SnapshotFacts[],
  more: { pins?: number[]; usage?: Stretch[]; policy?: Partial<RetentionPolicy>; now?: Date } = {},
): Plan {
  const pins = new Set((more.pins ?? []).map(nameOf));
  const policy = { ...POLICY, ...more.policy };
  return planRetention(snapshots, pins, more.usage ?? [], policy, more.now ?? NOW);
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
  const later = new Date(NOW.getTime() + 12 * DAY);
  assert.ok(removed(plan(attacked, { now: later })).includes('2 thinned'), 'after a month');
});

test('what a mass change is', () => {
  const rows: [number, number, number, boolean][] = [
    [100, 1, 0, false],
    [100, 49, 0, false],
    [100, 50, 0, true],
    [30, 0, 70, true],
    [10, 10, 0, false],
    [20, 20, 0, true],
  ];
  for (const [entries, changed, gone, expected] of rows) {
    const one = aged(2, 1, { entries, changed, removed: gone });
    assert.is(isMassChange(one), expected, `${entries} ${changed} ${gone}`);
  }
});

test('wrong dates make a snapshot younger, never older (E2)', () => {
  const one = history(100, 90, 80, 5, 4, 3);
  const at1970 = one.map((s) => (s.sequence === 5 ? { ...s, created: '1970-01-01T00:00:00Z' } : s));
  assert.equal(removed(plan(at1970)), removed(plan(one)));
  const in2040 = one.map((s) => (s.sequence === 3 ? { ...s, created: '2040-01-01T00:00:00Z' } : s));
  assert.equal(kept(plan(in2040)).slice(-3), ['4 recent', '5 recent', '6 newest']);
});

test('pins count once, also when their snapshots have gone', () => {
  const usage: Stretch[] = [
    { first: 1, last: 2, bytes: 100, inodes: 2, pinned: true },
    { first: 2, last: 2, bytes: 10, inodes: 2, pinned: false },
  ];
  assert.equal(usedBy([{ sequence: 1 }, { sequence: 2 }], usage), { bytes: 110, inodes: 4 });
  assert.equal(usedBy([], usage), { bytes: 100, inodes: 2 });
});

interface Case {
  snapshots: SnapshotFacts[];
  pins: Set<SnapshotName>;
  usage: Stretch[];
  policy: RetentionPolicy;
}

/** A laptop's life: backups now and then, clocks that lie, attacks, pins, a quota. */
function randomCase(random: Random): Case {
  const count = 1 + random.below(80);
  const snapshots: SnapshotFacts[] = [];
  let age = random.below(700);
  let sequence = random.below(5) - 2;
  for (let n = 0; n < count; n += 1) {
    const lies = random.below(25) === 0;
    const wrong = random.pick([
      '1970-01-01T00:00:00Z',
      '2050-06-01T00:00:00Z',
      '2026-11-23T00:00:00Z',
    ]);
    const entries = random.below(300);
    const one = aged(sequence, age, {
      ...{ entries, changed: random.below(10), removed: random.below(10) },
      ...(random.below(15) === 0 && { changed: entries }),
      ...(lies && { created: wrong }),
    });
    snapshots.push({ ...one, name: parseSnapshotName(`datastore-2026-01-01_00:00-${n + 2}`) });
    sequence += 1 + random.below(2);
    age = Math.max(0, age - random.below(20) / (1 + random.below(4)));
  }
  const sequences = snapshots.map((one) => one.sequence);
  const usage = Array.from({ length: random.below(60) }, () => {
    const [first = 0, last = 0] = [random.pick(sequences), random.pick(sequences)].sort(
      (a, b) => a - b,
    );
    return { first, last, bytes: random.below(1000), inodes: 2, pinned: random.below(9) === 0 };
  });
  const pins = new Set(snapshots.filter(() => random.below(12) === 0).map((one) => one.name));
  const quota = { bytes: random.below(20_000), inodes: 20 + random.below(200) };
  return {
    snapshots,
    pins,
    usage,
    policy: { keepAllDays: 31, keepLast: 1 + random.below(12), quota },
  };
}

function checkPlan({ snapshots, pins, usage, policy }: Case, done: Plan): void {
  const gone = new Map(done.remove.map((one) => [one.sequence, one.reason]));
  const all = [...done.keep, ...done.remove].map(({ sequence }) => sequence).sort((a, b) => a - b);
  assert.equal(
    all,
    snapshots.map(({ sequence }) => sequence),
    'each is decided about once',
  );
  assert.not.ok(gone.has(snapshots.at(-1)?.sequence ?? NaN), 'the newest');
  assert.not.ok(gone.has(snapshots[0]?.sequence ?? NaN), 'the first');
  const months = new Set<string>();
  const honest = snapshots.every(
    (s, n) => n === 0 || s.created >= (snapshots[n - 1]?.created ?? ''),
  );
  for (const one of snapshots) {
    const time = Date.parse(one.created);
    const believable = time <= NOW.getTime();
    if (pins.has(one.name)) assert.not.ok(gone.has(one.sequence), 'pinned');
    if (believable && NOW.getTime() - time < 31 * DAY)
      assert.not.ok(gone.has(one.sequence), 'recent');
    const isFirst = !months.has(one.created.slice(0, 7));
    months.add(one.created.slice(0, 7));
    // A date that lies may hide which is the first of a month; without lies it has to stay.
    if (honest && isFirst) assert.is.not(gone.get(one.sequence), 'thinned', 'first of its month');
  }
  const keep = done.keep.map(({ sequence }) => sequence);
  const oldestKept = done.keep.find(({ reason }) =>
    ['first-of-month', 'one-of-the-last'].includes(reason),
  );
  const youngestSqueezed = done.remove.findLast(({ reason }) => reason === 'over-quota');
  if (oldestKept && youngestSqueezed) {
    assert.ok(youngestSqueezed.sequence < oldestKept.sequence, 'oldest first');
  }
  assert.equal(
    done.usedAfter,
    usedBy(
      keep.map((sequence) => ({ sequence })),
      usage,
    ),
  );
  const reasons = new Set(done.keep.map(({ reason }) => reason));
  if (done.stuck) assert.not.ok(reasons.has('first-of-month') || reasons.has('one-of-the-last'));
  else if (
    done.usedAfter.bytes > policy.quota.bytes ||
    done.usedAfter.inodes > policy.quota.inodes
  ) {
    assert.ok(reasons.has('recent') || snapshots.length > 0, 'only what is new is over');
  }
}

test('10,000 random histories never lose what must stay, and a second look changes nothing', () => {
  let removals = 0;
  let squeezes = 0;
  let stuck = 0;
  for (let seed = 1; seed <= 10_000; seed += 1) {
    const life = randomCase(seeded(seed));
    try {
      const done = planRetention(life.snapshots, life.pins, life.usage, life.policy, NOW);
      checkPlan(life, done);
      removals += done.remove.length;
      squeezes += done.remove.filter(({ reason }) => reason === 'over-quota').length;
      stuck += done.stuck ? 1 : 0;
      const gone = new Set(done.remove.map(({ sequence }) => sequence));
      const rest = life.snapshots.filter(({ sequence }) => !gone.has(sequence));
      const again = planRetention(rest, life.pins, life.usage, life.policy, NOW);
      assert.equal(again.remove, [], 'a second cleanup removes nothing more');
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`);
    }
  }
  // The histories are such that every rule has its turn.
  assert.ok(
    removals > 50_000 && squeezes > 5000 && stuck > 500,
    `${removals} ${squeezes} ${stuck}`,
  );
});

test.run();
