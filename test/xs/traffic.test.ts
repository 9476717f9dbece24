import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial, type Serial } from '../../shared/ids.ts';
import { Traffic } from '../../xs/traffic.ts';

const test = suite('X1: leases and appointments');

const rules = { slots: 2, restoreSlots: 1, leaseSeconds: 120, minFreePercent: 3 };
const roomy = { freeBytes: 1e12, usedBytes: 1e9, freeBlocks: 0.5, freeInodes: 0.5 };

function serialOf(n: number): Serial {
  return parseSerial(`TST${String(n).padStart(8, '0')}`);
}

function start() {
  let ms = 0;
  const clock = { now: () => new Date(0), monotonicMs: () => ms, sleep: async () => {} };
  const pass = (seconds: number) => {
    ms += seconds * 1000;
  };
  return { traffic: new Traffic(clock, rules), pass };
}

test('never more leases than slots, whoever asks (O1: 300 requests in a minute)', () => {
  const { traffic, pass } = start();
  for (let n = 0; n < 300; n += 1) {
    traffic.ask(serialOf(n), 'backup', roomy);
    assert.ok(traffic.liveLeases <= 2);
    pass(0.2);
  }
  assert.is(traffic.liveLeases, 2);
});

test('asking again keeps the lease and takes no second slot', () => {
  const { traffic } = start();
  for (let n = 0; n < 5; n += 1) assert.ok(traffic.ask(serialOf(1), 'backup', roomy).admit);
  assert.is(traffic.liveLeases, 1);
});

test('a lease ends after its time without a session, and not while there is one', () => {
  const { traffic, pass } = start();
  traffic.ask(serialOf(1), 'backup', roomy);
  traffic.ask(serialOf(2), 'backup', roomy);
  traffic.sessionOpened(serialOf(1));
  pass(121);
  assert.is(traffic.liveLeases, 1);
  pass(100_000);
  assert.is(traffic.liveLeases, 1);
  traffic.sessionClosed(serialOf(1));
  assert.is(traffic.liveLeases, 0);
});

test('the end of one of two channels does not end the lease', () => {
  const { traffic } = start();
  traffic.ask(serialOf(1), 'backup', roomy);
  traffic.sessionOpened(serialOf(1));
  traffic.sessionOpened(serialOf(1));
  traffic.sessionClosed(serialOf(1));
  assert.is(traffic.liveLeases, 1);
});

test('who was told a time comes before who was not', () => {
  const { traffic, pass } = start();
  traffic.ask(serialOf(1), 'backup', roomy);
  traffic.ask(serialOf(2), 'backup', roomy);
  assert.not.ok(traffic.ask(serialOf(3), 'backup', roomy).admit);
  assert.not.ok(traffic.ask(serialOf(4), 'backup', roomy).admit);
  pass(10);
  traffic.release(serialOf(1));
  traffic.release(serialOf(2));
  const newcomer = traffic.ask(serialOf(5), 'backup', roomy);
  assert.equal([newcomer.admit, newcomer.reason], [false, 'others-first']);
  assert.ok(traffic.ask(serialOf(3), 'backup', roomy).admit);
  assert.ok(traffic.ask(serialOf(4), 'backup', roomy).admit);
});

test('a missed appointment is given away', () => {
  const { traffic, pass } = start();
  traffic.ask(serialOf(1), 'backup', roomy);
  traffic.ask(serialOf(2), 'backup', roomy);
  traffic.ask(serialOf(3), 'backup', roomy);
  pass(200);
  assert.ok(traffic.ask(serialOf(5), 'backup', roomy).admit);
  assert.ok(traffic.ask(serialOf(6), 'backup', roomy).admit);
});

test('the further back in the queue, the later the time', () => {
  const { traffic } = start();
  const times: number[] = [];
  for (let n = 0; n < 10; n += 1) {
    const answer = traffic.ask(serialOf(n), 'backup', roomy);
    if (!answer.admit) times.push(answer.retryAfterSeconds);
  }
  assert.equal(times, [40, 40, 80, 80, 120, 120, 160, 160]);
});

test('a restore has a slot of its own, and a disk that is full does not stop it', () => {
  const { traffic } = start();
  const full = { ...roomy, freeInodes: 0.01 };
  traffic.ask(serialOf(1), 'backup', roomy);
  traffic.ask(serialOf(2), 'backup', roomy);
  assert.ok(traffic.ask(serialOf(3), 'restore', full).admit);
  assert.not.ok(traffic.ask(serialOf(4), 'restore', full).admit);
});

for (const [what, disk] of [
  ['blocks', { ...roomy, freeBlocks: 0.02 }],
  ['inodes', { ...roomy, freeInodes: 0.02 }],
] as const) {
  test(`no backup begins when the disk has no ${what}`, () => {
    const { traffic } = start();
    const answer = traffic.ask(serialOf(1), 'backup', disk);
    assert.equal([answer.admit, answer.reason], [false, 'disk-full']);
  });
}

test.run();
