/** Who waits, behind whom and for how long: the pure parts of traffic control. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial, type Serial } from '../../../shared/ids.ts';
import {
  admit,
  type Lease,
  type TrafficRules,
  type TrafficState,
} from '../../../xs/traffic/admit.ts';
import {
  type Asker,
  countAhead,
  NEVER,
  nextPlace,
  type Waiter,
} from '../../../xs/traffic/queue.ts';
import { afterRush } from '../../../xs/traffic/wait-estimate.ts';

const test = suite('waiting for a transfer');

const NOW = 1_000_000;
const USUAL = 40_000;
const [HERE, THERE] = ['10.0.1.0/24', '10.0.2.0/24'];
const SELF = serialOf(0);

function serialOf(n: number): Serial {
  return parseSerial(`TST${String(n).padStart(8, '0')}`);
}

function asker(subnet?: string): Asker {
  return { purpose: 'backup', known: true, lastSuccess: NEVER, subnet };
}

const RUSHES: [what: string, wait: number, newcomers: number, expected: number][] = [
  ['no rush: as many as the slots serve in nine turns', 100_000, 18, 100_000],
  ['one more is a rush: away for eight turns and three quarters of the wait', 100_000, 19, 395_000],
  ['a wait that is longer than that stays', 2_000_000, 19, 2_000_000],
  ['… and both are the same in between', 1_280_000, 19, 1_280_000],
];
for (const [what, wait, newcomers, expected] of RUSHES) {
  test(`in a rush: ${what}`, () => {
    assert.is(afterRush(wait, newcomers, 2, USUAL), expected);
  });
}

const QUEUES: [
  what: string,
  own: string | undefined,
  others: (string | undefined)[],
  near: number,
][] = [
  ['only those of its own access network', HERE, [HERE, THERE, HERE], 2],
  ['nobody whose network is unknown', HERE, [undefined, undefined], 0],
  ['nobody when its own is unknown', undefined, [HERE, undefined], 0],
];
for (const [what, own, others, near] of QUEUES) {
  test(`neighbours ahead of a laptop are ${what}`, () => {
    const places = others.map((subnet, n): [Serial, Waiter] => {
      return [serialOf(n + 1), nextPlace(undefined, asker(subnet), NOW + 10_000, NOW)];
    });
    const ahead = countAhead(SELF, asker(own), new Map(places), () => false, NOW + 1);
    assert.equal(ahead, { all: others.length, expected: 0, known: others.length, near });
  });
}

test('neighbours that come later, or have missed their time, are not ahead', () => {
  const now = NOW + 30_000;
  const own = { ...asker(HERE), lastSuccess: 0 };
  const places: [Serial, Waiter][] = [
    [serialOf(1), nextPlace(undefined, asker(HERE), NOW + 1000, NOW)],
    [serialOf(2), { ...nextPlace(undefined, asker(HERE), NOW + 3_600_000, NOW), lastSuccess: 5 }],
    [SELF, nextPlace(undefined, own, now, NOW)],
  ];
  const ahead = countAhead(SELF, own, new Map(places), () => true, now);
  assert.equal(ahead, { all: 0, expected: 0, known: 0, near: 0 });
});

const disk = { freeBytes: 1e12, usedBytes: 1e9, freeBlocks: 0.5, freeInodes: 0.5 };
const rules: TrafficRules = {
  ...{ slots: 4, restoreSlots: 1, leaseSeconds: 120, minFreePercent: 3, perSubnet: 0 },
};

function decide(running: number, perSubnet: number, queue: TrafficState['queue'] = new Map()) {
  const leases = Array.from({ length: running }, (_, n): [Serial, Lease] => {
    return [
      serialOf(n + 1),
      { purpose: 'backup', started: NOW, expires: NOW + 120_000, subnet: HERE },
    ];
  });
  const state = { leases: new Map(leases), queue, usual: USUAL, newcomers: 0 };
  return admit(SELF, asker(HERE), state, { disk, slots: 4 }, { ...rules, perSubnet }, NOW);
}

test('perSubnet = 0 is no limit: a whole class behind one access point gets all slots', () => {
  for (const running of [0, 1, 3]) {
    assert.equal(decide(running, 0), { admit: true, reason: 'free-slot' });
  }
  const refused = { admit: false, reason: 'all-slots-taken', place: 1, retryAfterSeconds: 40 };
  assert.equal(decide(4, 0), refused);
});

test('perSubnet counts transfers at once: as many are let in, one more is not', () => {
  assert.is(decide(1, 2).admit, true);
  const refused = { admit: false, reason: 'access-point-busy', place: 1, retryAfterSeconds: 40 };
  assert.equal(decide(2, 2), refused);
});

test('behind a busy access point the neighbours ahead make the wait longer', () => {
  const neighbour = nextPlace(undefined, asker(HERE), NOW + 10_000, NOW);
  const stranger = nextPlace(undefined, asker(THERE), NOW + 10_000, NOW);
  const told = (waiter: Waiter) => {
    const answer = decide(1, 1, new Map([[serialOf(9), waiter]]));
    return 'place' in answer ? [answer.place, answer.retryAfterSeconds] : [];
  };
  assert.equal(told(neighbour), [2, 80]);
  assert.equal(told(stranger), [2, 40]);
});

test.run();
