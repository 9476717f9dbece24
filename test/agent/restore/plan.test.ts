import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { besideUid, nextBatch, planRestore, type Step } from '../../../agent/restore/plan.ts';
import type { DsError } from '../../../shared/errors.ts';
import { type Digest, parseUid, type Uid } from '../../../shared/ids.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { uidOf } from '../journal/journal.ts';

const test = suite('the plan of a restore');
const [a, b] = [digestOf('a'), digestOf('b')];
const uid = uidOf(1);
const none: ReadonlyMap<Uid, Digest> = new Map();

const CASES: [string, Parameters<typeof planRestore>[0], 'bring' | 'compare' | 'here'][] = [
  [
    'an entry that is not here is brought',
    { wanted: new Map([[uid, a]]), local: new Map(), restored: none, kept: none, sizes: new Map() },
    'bring',
  ],
  [
    'the same version here needs nothing',
    {
      wanted: new Map([[uid, a]]),
      local: new Map([[uid, a]]),
      restored: none,
      kept: none,
      sizes: new Map(),
    },
    'here',
  ],
  [
    'the version whose content was kept at school needs nothing',
    {
      ...{ wanted: new Map([[uid, a]]), local: new Map([[uid, b]]), restored: none },
      ...{ kept: new Map([[uid, a]]), sizes: new Map() },
    },
    'here',
  ],
  [
    'an older version of what is kept comes beside it',
    {
      ...{ wanted: new Map([[uid, a]]), local: new Map([[uid, undefined]]), restored: none },
      ...{ kept: new Map([[uid, b]]), sizes: new Map() },
    },
    'compare',
  ],
  [
    'another version here is compared, never overwritten',
    {
      wanted: new Map([[uid, a]]),
      local: new Map([[uid, b]]),
      restored: none,
      kept: none,
      sizes: new Map(),
    },
    'compare',
  ],
  [
    'an unreadable entry here is compared as well',
    {
      wanted: new Map([[uid, a]]),
      local: new Map([[uid, undefined]]),
      restored: none,
      kept: none,
      sizes: new Map(),
    },
    'compare',
  ],
  [
    'what an unfinished restore put back and the child then changed stays as it is',
    {
      wanted: new Map([[uid, a]]),
      local: new Map([[uid, b]]),
      restored: new Map([[uid, a]]),
      kept: none,
      sizes: new Map(),
    },
    'here',
  ],
  [
    'what an unfinished restore put back and is gone with the Journal is brought again',
    {
      wanted: new Map([[uid, a]]),
      local: new Map(),
      restored: new Map([[uid, a]]),
      kept: none,
      sizes: new Map(),
    },
    'bring',
  ],
  [
    'a version that came beside earlier is looked at: a power cut may have torn it',
    {
      wanted: new Map([[uid, a]]),
      local: new Map([
        [uid, b],
        [besideUid(uid, a), b],
      ]),
      restored: none,
      kept: none,
      sizes: new Map(),
    },
    'compare',
  ],
  [
    'also where only that copy is here',
    {
      wanted: new Map([[uid, a]]),
      local: new Map([[besideUid(uid, a), undefined]]),
      restored: none,
      kept: none,
      sizes: new Map(),
    },
    'compare',
  ],
  [
    'a plan that is only shown does not count it as coming',
    {
      wanted: new Map([[uid, a]]),
      local: new Map([
        [uid, b],
        [besideUid(uid, a), b],
      ]),
      restored: none,
      kept: none,
      sizes: new Map(),
      trustCopies: true,
    },
    'here',
  ],
];
for (const [name, input, expected] of CASES) {
  test(name, () => {
    const plan = planRestore(input);
    assert.is(plan.steps[0]?.action ?? 'here', expected);
    assert.is(plan.alreadyHere.length, expected === 'here' ? 1 : 0);
  });
}

test('the bytes of a plan are those of its steps', () => {
  const wanted = new Map([
    [uidOf(1), a],
    [uidOf(2), a],
    [uidOf(3), a],
  ]);
  const sizes = new Map([...wanted.keys()].map((one) => [one, 10]));
  const plan = planRestore({
    wanted,
    local: new Map([[uidOf(2), a]]),
    restored: none,
    kept: none,
    sizes,
  });
  assert.equal([plan.steps.length, plan.bytes], [2, 20]);
});

test('the name beside is a uid, always the same for a version, another for each', () => {
  const name = besideUid(uid, a);
  assert.is(parseUid(name), name);
  assert.match(name, /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.is(besideUid(uid, a), name);
  assert.is.not(besideUid(uid, b), name);
  assert.is.not(besideUid(uidOf(2), a), name);
});

const MIB = 1024 * 1024;
const steps = (sizes: number[]): Step[] =>
  sizes.map((bytes, n) => ({ uid: uidOf(n), digest: a, bytes, action: 'bring' }));

const BATCHES: [string, number[], number, number][] = [
  ['16 MiB at most', [8 * MIB, 8 * MIB, 1], 1000 * MIB, 2],
  ['a quarter of what is free', [4 * MIB, 4 * MIB, 4 * MIB], 41 * MIB, 2],
  ['one entry larger than a batch goes alone', [40 * MIB, 1], 1000 * MIB, 1],
  ['one entry that just fits goes alone', [9 * MIB, 1], 10 * MIB, 1],
  ['200 entries at most', Array(300).fill(1), 1000 * MIB, 200],
  ['one MiB stays free', [100, 1], MIB + 100, 1],
  ['entries without bytes need no room', [0, 0], 0, 2],
];
for (const [name, sizes, free, count] of BATCHES) {
  test(`a batch: ${name}`, () => assert.is(nextBatch(steps(sizes), 0, 9, free), count));
}

test('a child soon sees some come: the first batches are small', () => {
  const many = steps(Array(1000).fill(1));
  const counts = [1, 2, 3, 4, 5].map((number) => nextBatch(many, 0, number, 1000 * MIB));
  assert.equal(counts, [25, 50, 100, 200, 200]);
});

test('not even one entry fits: the laptop is full, and the error says how much is needed', () => {
  assert.throws(
    () => nextBatch(steps([5 * MIB]), 0, 1, 5 * MIB),
    (error: DsError) =>
      error.code === 'laptop-full' &&
      error.message.includes(String(5 * MIB)) &&
      error.hint !== undefined,
  );
});

test.run();
