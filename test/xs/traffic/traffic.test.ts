import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import type { Serial } from '../../../shared/ids.ts';
import type { Admission } from '../../../xs/traffic/admit.ts';
import { CALM } from '../../../xs/traffic/pressure.ts';
import type { Purpose } from '../../../xs/traffic/queue.ts';
import { subnetOf } from '../../../xs/traffic/subnet.ts';
import { Traffic } from '../../../xs/traffic/traffic.ts';
import { nthEnd } from '../../../xs/traffic/wait-estimate.ts';
import { seeded } from '../../shared/random.ts';
import { roomy, rules, serialOf, start } from './clocked.ts';

const test = suite('leases and appointments');

test('never more leases than slots, whoever asks (300 requests in a minute)', () => {
  const { traffic, ask, pass } = start();
  for (let n = 0; n < 300; n += 1) {
    ask(n);
    assert.ok(traffic.liveLeases <= 2);
    pass(0.2);
  }
  assert.is(traffic.liveLeases, 2);
});

test('asking again keeps the lease and takes no second slot', () => {
  const { traffic, ask } = start();
  for (let n = 0; n < 5; n += 1) assert.ok(ask(1).admit);
  assert.is(traffic.liveLeases, 1);
});

test('whoever is told of leases hears of each beginning and each end, once', () => {
  const held = new Set<Serial>();
  let ms = 0;
  const clock = { now: () => new Date(0), monotonicMs: () => ms, sleep: async () => {} };
  const traffic = new Traffic(clock, rules, (serial, has) => {
    assert.is(held.has(serial), !has);
    if (has) held.add(serial);
    else held.delete(serial);
  });
  const ask = (n: number) =>
    traffic.ask({ serial: serialOf(n), purpose: 'backup' }, { disk: roomy, pressure: CALM });
  for (const n of [1, 1, 2, 3]) ask(n);
  assert.equal([...held], [serialOf(1), serialOf(2)]);
  traffic.release(serialOf(1));
  assert.equal([...held], [serialOf(2)]);
  ms = 121_000;
  assert.equal(traffic.holders, []);
  assert.is(held.size, 0);
  ask(3);
  traffic.revoke(serialOf(3));
  assert.is(held.size, 0);
});

test('a laptop that is out of use has no lease and no place, whatever it has open', () => {
  const { traffic, ask } = start();
  for (const n of [1, 2, 3]) ask(n);
  traffic.sessionOpened(serialOf(1));
  traffic.revoke(serialOf(1));
  traffic.revoke(serialOf(3));
  assert.equal(traffic.holders, [serialOf(2)]);
  assert.ok(ask(4).admit, 'nobody is before it');
  traffic.sessionClosed(serialOf(1));
  assert.is(traffic.liveLeases, 2);
});

test('a laptop without a channel that vanishes has no lease after 120 s', () => {
  const { traffic, ask, pass } = start();
  ask(1);
  for (let n = 0; n < 30; n += 1) {
    pass(20);
    traffic.renew(serialOf(1)); // its rsync runs, at the end only until sshd notices, within 64 s
  }
  assert.is(traffic.liveLeases, 1);
  pass(120 - 64);
  assert.is(traffic.liveLeases, 0);
});

test('the end of one of two channels does not end the lease', () => {
  const { traffic, ask } = start();
  ask(1);
  traffic.sessionOpened(serialOf(1));
  traffic.sessionOpened(serialOf(1));
  traffic.sessionClosed(serialOf(1));
  assert.is(traffic.liveLeases, 1);
});

test('the end of an old channel does not end a lease that waits for a new one', () => {
  const { traffic, ask, pass } = start();
  traffic.sessionOpened(serialOf(1)); // the child looks around
  ask(1);
  traffic.sessionClosed(serialOf(1));
  assert.is(traffic.liveLeases, 1);
  traffic.sessionOpened(serialOf(1));
  traffic.sessionClosed(serialOf(1));
  assert.is(traffic.liveLeases, 0);
  ask(1);
  traffic.sessionClosed(serialOf(1));
  pass(121);
  assert.is(traffic.liveLeases, 0, 'one that never comes has it for its time');
});

test('a backup that is done gives its slot back, whoever still looks around', () => {
  const { traffic, ask } = start();
  ask(1);
  traffic.sessionOpened(serialOf(1));
  traffic.release(serialOf(1));
  assert.is(traffic.liveLeases, 0);
});

test('with the lease of a restore nothing may be uploaded', () => {
  const told: [Serial, boolean][] = [];
  const clock = { now: () => new Date(0), monotonicMs: () => 0, sleep: async () => {} };
  const traffic = new Traffic(clock, rules, (...one) => told.push(one));
  const ask = (purpose: Purpose, disk = roomy) =>
    traffic.ask({ serial: serialOf(1), purpose }, { disk, pressure: CALM });
  assert.ok(ask('restore').admit);
  assert.equal(told, []);
  assert.is(ask('backup', { ...roomy, freeBlocks: 0.01 }).reason, 'disk-full');
  assert.is(ask('backup').reason, 'free-slot');
  assert.equal(told, [[serialOf(1), true]]);
  assert.is(ask('restore').reason, 'has-lease');
  assert.is(traffic.liveLeases, 1);
  traffic.release(serialOf(1));
  assert.equal(told.at(-1), [serialOf(1), false]);
});

test('who was told a time comes before who was not', () => {
  const { traffic, ask, pass } = start();
  ask(1);
  ask(2);
  assert.not.ok(ask(3).admit);
  assert.not.ok(ask(4).admit);
  pass(39.5);
  traffic.release(serialOf(1));
  traffic.release(serialOf(2));
  const newcomer = ask(5);
  assert.equal([newcomer.admit, newcomer.reason], [false, 'others-first']);
  assert.ok(ask(3).admit);
  assert.ok(ask(4).admit);
});

test('a missed appointment is given away', () => {
  const { ask, pass } = start();
  ask(1);
  ask(2);
  ask(3);
  pass(200);
  assert.ok(ask(5).admit);
  assert.ok(ask(6).admit);
});

test('the further back in the queue, the later the time, and the answer tells the place', () => {
  const { ask } = start();
  const told: [seconds: number, place: number][] = [];
  for (let n = 0; n < 8; n += 1) {
    const answer = ask(n);
    if ('place' in answer) told.push([answer.retryAfterSeconds, answer.place]);
  }
  const first = [40, 40, 80, 80, 120, 120]; // 40 s a transfer
  assert.equal(
    told,
    first.map((seconds, index) => [seconds, index + 1]),
  );
});

test('times follow what transfers take on this server', () => {
  const { traffic, ask, pass } = start({ slots: 1 });
  const told: number[] = [];
  for (let n = 0; n < 40; n += 1) {
    ask(n);
    const next = ask(1000 + n);
    if (!next.admit) told.push(next.retryAfterSeconds);
    pass(100);
    traffic.release(serialOf(n));
  }
  assert.is(told[0], 40);
  assert.ok((told.at(-1) ?? 0) > 85, told.join(' '));
  assert.ok(traffic.usual > 85_000, String(traffic.usual));
});

test('the longest without a backup gets the earliest time; one that never had any goes last', () => {
  const { noteSuccess, ask } = start({ slots: 1 });
  for (let n = 10; n < 20; n += 1) noteSuccess(serialOf(n), new Date(0));
  for (let n = 10; n < 20; n += 1) ask(n); // a queue longer than what is promised already
  const ages: [n: number, days: number | undefined][] = [
    [1, 1],
    [2, 9],
    [3, 3],
    [4, undefined],
  ];
  for (const [n, days] of ages) {
    if (days) noteSuccess(serialOf(n), new Date(-days * DAY_MS));
  }
  for (let n = 30; n < 45; n += 1) {
    noteSuccess(serialOf(n), new Date(-3_600_000));
    ask(n);
  }
  for (const [n] of ages) ask(n);
  const place = new Map(ages.map(([n]) => [n, placeOf(ask(n)) ?? 0]));
  const order = [...place].sort((a, b) => a[1] - b[1]).map(([n]) => n);
  assert.equal(order, [2, 3, 1, 4]);
});

test('a time that was promised stays before whoever comes later, however old its backup', () => {
  const { noteSuccess, traffic, ask, pass } = start({ slots: 1 });
  ask(1);
  noteSuccess(serialOf(2), new Date(0));
  const told = ask(2);
  assert.is(!told.admit && told.retryAfterSeconds, 40);
  noteSuccess(serialOf(3), new Date(-DAY_MS));
  assert.equal(placeOf(ask(3)), 2, 'an older backup, and yet behind');
  pass(40);
  traffic.release(serialOf(1));
  assert.not.ok(ask(3).admit);
  assert.ok(ask(2).admit);
});

test('made-up laptops, however many and early, wait behind those that have a history', () => {
  const { noteSuccess, ask } = start({ slots: 1 });
  ask(0);
  for (let n = 1; n <= 50; n += 1) ask(n);
  noteSuccess(serialOf(60), new Date(0));
  assert.is(placeOf(ask(60)), 1);
});

test('who comes early gets a free slot unless somebody is expected now', () => {
  const { traffic, ask, pass } = start({ slots: 1 });
  ask(1);
  ask(2); // told 40 s
  pass(10);
  traffic.release(serialOf(1));
  assert.ok(ask(3).admit, 'the other comes in 30 s only');
});

test('a restore has a slot of its own, and a disk that is full does not stop it', () => {
  const { ask } = start();
  const full = { ...roomy, freeInodes: 0.01 };
  ask(1);
  ask(2);
  assert.ok(ask(3, 'restore', full).admit);
  assert.not.ok(ask(4, 'restore', full).admit);
});

for (const [what, disk] of [
  ['blocks', { ...roomy, freeBlocks: 0.02 }],
  ['inodes', { ...roomy, freeInodes: 0.02 }],
] as const) {
  test(`no backup begins when the disk has no ${what}`, () => {
    const { ask } = start();
    const answer = ask(1, 'backup', disk);
    assert.equal([answer.admit, answer.reason], [false, 'disk-full']);
  });
}

test('restores go before backups, and use their slots when their own are taken', () => {
  const { traffic, ask, pass } = start();
  for (const n of [1, 2]) ask(n);
  assert.ok(ask(3, 'restore').admit);
  assert.equal(placeOf(ask(4)), 1);
  assert.equal(placeOf(ask(5, 'restore')), 1, 'before the backup that came earlier');
  pass(40);
  traffic.release(serialOf(1));
  assert.not.ok(ask(4).admit);
  assert.ok(ask(5, 'restore').admit);
  assert.is(traffic.liveLeases, 3);
});

test('no more from one access point than is allowed, and others do not wait for it', () => {
  const { traffic, ask } = start({ slots: 4, perSubnet: 1 });
  assert.ok(ask(1, 'backup', roomy, '10.0.1.0/24').admit);
  const second = ask(2, 'backup', roomy, '10.0.1.0/24');
  assert.equal([second.admit, second.reason], [false, 'access-point-busy']);
  assert.ok(ask(3, 'backup', roomy, '10.0.2.0/24').admit);
  assert.ok(ask(4).admit, 'from where cannot be told');
  traffic.release(serialOf(1));
  assert.ok(ask(2, 'backup', roomy, '10.0.1.0/24').admit);
});

const SUBNETS: [address: string, subnet: string | undefined][] = [
  ['172.18.96.7', '172.18.96.0/24'],
  ['::ffff:172.18.96.7', '172.18.96.0/24'],
  ['2001:db8:0:1:a:b:c:d', '2001:db8:0:1::/64'],
  ['2001:0DB8::1', '2001:db8:0:0::/64'],
  ['fe80::1%wlan0', 'fe80:0:0:0::/64'],
  ['127.0.0.1', undefined],
  ['::1', undefined],
  ['::ffff:127.0.0.1', undefined],
  ['', undefined],
  ['schoolserver', undefined],
];
for (const [address, subnet] of SUBNETS) {
  test(`"${address}" belongs to ${subnet ?? 'no network'}`, () => {
    assert.is(subnetOf(address), subnet);
  });
}

const ENDS: [what: string, n: number, started: number[], slots: number, seconds: number][] = [
  ['the first to end makes room', 0, [-10, -15], 2, 25],
  ['then the second', 1, [-10, -15], 2, 30],
  ['then a whole round later', 2, [-10, -15], 2, 65],
  ['not sooner than in two fifths of a transfer', 0, [-39], 1, 16],
  ['a free slot is free now', 0, [-10], 2, 0],
  ['one that is late by little', 0, [-42], 1, 16],
  ['one that is late by much has vanished', 0, [-50], 1, 60],
  ['… which is noticed in time', 0, [-100], 1, 120],
  ['more run than may now', 0, [-10, -20, -30], 1, 30],
];
for (const [what, n, started, slots, seconds] of ENDS) {
  test(`when a place is free: ${what}`, () => {
    const running = started.map((at) => ({ started: at * 1000 }));
    assert.is(nthEnd(n, running, slots, 40_000, 0) / 1000, seconds);
  });
}

for (const seed of [1, 2, 3, 4]) {
  test(`whoever keeps asking as told gets its turn, and the slots are never exceeded (seed ${seed})`, () => {
    const random = seeded(seed);
    const { noteSuccess, traffic, ask, pass, seconds } = start({ slots: 4 });
    const next = new Map<number, number>();
    for (let n = 0; n < 300; n += 1) {
      next.set(n, random.below(600));
      if (random.below(2)) noteSuccess(serialOf(n), new Date(-random.below(1e9)));
    }
    const ends = new Map<number, number>();
    for (; next.size > 0; pass(1)) {
      assert.ok(seconds() < 3 * 3600, `still waiting: ${[...next.keys()]}`);
      for (const [n, end] of ends) {
        if (end > seconds()) continue;
        traffic.release(serialOf(n));
        ends.delete(n);
      }
      for (const [n, time] of next) {
        if (time > seconds()) continue;
        const answer = ask(n);
        assert.ok(traffic.liveLeases <= 4);
        if (!answer.admit) {
          next.set(n, seconds() + answer.retryAfterSeconds);
          continue;
        }
        next.delete(n);
        if (random.below(10) > 0) ends.set(n, seconds() + 5 + random.below(60)); // else it vanishes
      }
      for (const n of ends.keys()) traffic.renew(serialOf(n));
    }
  });
}

function placeOf(answer: Admission): number | undefined {
  return 'place' in answer ? answer.place : undefined;
}

test.run();
