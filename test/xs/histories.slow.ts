import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../shared/clock.ts';
import { parseSnapshotName, type SnapshotName } from '../../shared/ids.ts';
import {
  type Plan,
  planRetention,
  type RetentionPolicy,
  type SnapshotFacts,
  type Stretch,
  usedBy,
} from '../../xs/retention/retention.ts';
import { type Random, seeded } from '../shared/random.ts';
import { soak } from '../soak.ts';
import { aged, momentAfter, NOW } from './retention/aged.ts';

const test = suite('what stays and what goes, whatever a laptop lived through');

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
    if (believable && NOW.getTime() - time < 31 * DAY_MS)
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

const HISTORIES = soak(10_000, 2500);

test(`${HISTORIES} random histories never lose what must stay, and a second look changes nothing`, () => {
  let removals = 0;
  let squeezes = 0;
  let stuck = 0;
  for (let seed = 1; seed <= HISTORIES; seed += 1) {
    const life = randomCase(seeded(seed));
    try {
      const done = planRetention(
        life.snapshots,
        life.pins,
        life.usage,
        life.policy,
        momentAfter(0),
      );
      checkPlan(life, done);
      removals += done.remove.length;
      squeezes += done.remove.filter(({ reason }) => reason === 'over-quota').length;
      stuck += done.stuck ? 1 : 0;
      const gone = new Set(done.remove.map(({ sequence }) => sequence));
      const rest = life.snapshots.filter(({ sequence }) => !gone.has(sequence));
      const again = planRetention(rest, life.pins, life.usage, life.policy, momentAfter(0));
      assert.equal(again.remove, [], 'a second cleanup removes nothing more');
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`);
    }
  }
  // The histories are such that every rule has its turn.
  assert.ok(
    removals > 5 * HISTORIES && squeezes > HISTORIES / 2 && stuck > HISTORIES / 20,
    `${removals} ${squeezes} ${stuck}`,
  );
});

test.run();
