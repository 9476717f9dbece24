import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Serial } from '../../../shared/ids.ts';
import type { TrafficRules } from '../../../xs/traffic/admit.ts';
import { CALM } from '../../../xs/traffic/pressure.ts';
import { Traffic } from '../../../xs/traffic/traffic.ts';
import { serialOf } from '../whole.ts';

const test = suite('questions that prove nothing');

const rules: TrafficRules = {
  ...{ slots: 2, restoreSlots: 1, leaseSeconds: 120, minFreePercent: 3, perSubnet: 0 },
};
const roomy = { freeBytes: 1e12, usedBytes: 1e9, freeBlocks: 0.5, freeInodes: 0.5 };

function start(slots: number, known = false) {
  let ms = 0;
  const clock = { now: () => new Date(0), monotonicMs: () => ms, sleep: async () => {} };
  const pass = (seconds: number) => {
    ms += seconds * 1000;
  };
  const traffic = new Traffic(clock, { ...rules, slots }, undefined, undefined, () => known);
  /** By plain HTTP, from an address. */
  const from = (n: number, unproved: string) => {
    const question = { serial: serialOf(n), purpose: 'backup', unproved } as const;
    return traffic.ask(question, { disk: roomy, pressure: CALM });
  };
  return { traffic, pass, from };
}

test('a question without proof holds a slot for 15 s only, however often it is asked', () => {
  const { traffic, pass, from } = start(1);
  assert.ok(from(1, '10.0.0.1').admit);
  pass(10);
  assert.ok(from(1, '10.0.0.1').admit);
  pass(6);
  assert.is(traffic.liveLeases, 0);
  assert.ok(from(2, '10.0.0.2').admit);
  traffic.sessionOpened(serialOf(2)); // it came
  pass(16);
  assert.ok(from(2, '10.0.0.2').admit, 'a lease that a session began lasts');
  assert.not.ok(from(3, '10.0.0.3').admit);
});

test('the lease for uploads begins with a session, not with a question', () => {
  const told: [Serial, boolean][] = [];
  const clock = { now: () => new Date(0), monotonicMs: () => 0, sleep: async () => {} };
  const traffic = new Traffic(clock, rules, (...one) => void told.push(one));
  const load = { disk: roomy, pressure: CALM };
  traffic.ask({ serial: serialOf(1), purpose: 'backup', unproved: '10.0.0.1' }, load);
  assert.equal(told, []);
  traffic.ask({ serial: serialOf(1), purpose: 'backup' }, load); // its session asks
  assert.equal(told, [[serialOf(1), true]]);
});

test('one address keeps a few slots waiting, and the others have theirs', () => {
  const { traffic, from } = start(8);
  for (let n = 0; n < 8; n += 1) from(n, '10.0.0.1');
  assert.is(traffic.liveLeases, 4);
  // No place either: one that nobody comes for would keep a slot empty, too.
  const more = { admit: false, reason: 'address-busy', retryAfterSeconds: 15 };
  assert.equal(from(8, '10.0.0.1'), more);
  assert.ok(from(20, '10.0.0.2').admit);
  for (let n = 0; n < 4; n += 1) traffic.sessionOpened(serialOf(n));
  assert.ok(from(5, '10.0.0.1').admit, 'its laptops came');
});

test('what an address that keeps slots empty asks counts little, unless its laptops come', () => {
  const { traffic, pass, from } = start(8, true);
  for (let n = 0; n < 4; n += 1) from(n, '10.0.0.1');
  pass(16);
  assert.is(traffic.liveLeases, 0);
  for (let n = 10; n < 18; n += 1) {
    assert.ok(from(n, '10.0.0.3').admit);
    traffic.sessionOpened(serialOf(n));
  }
  assert.not.ok(from(20, '10.0.0.2').admit, 'it waits');
  traffic.sessionClosed(serialOf(10));
  assert.not.ok(from(5, '10.0.0.1').admit, 'four came to nothing, and somebody waits');
  assert.ok(from(20, '10.0.0.2').admit);
  for (let n = 11; n < 18; n += 1) traffic.sessionClosed(serialOf(n));
  assert.ok(from(5, '10.0.0.1').admit, 'nobody waits');
  for (let n = 21; n < 24; n += 1) from(n, '10.0.0.3');
  pass(16);
  for (let n = 30; n < 38; n += 1) traffic.ask(byKey(n), calm);
  from(40, '10.0.0.2');
  traffic.release(serialOf(30));
  assert.ok(from(24, '10.0.0.3').admit, 'a school behind one address has its places');
});

test('nobody takes many places in the names of others', () => {
  const { traffic, from } = start(1, true);
  traffic.ask(byKey(1), calm);
  const places = Array.from({ length: 40 }, (_, n) => from(100 + n, '10.0.0.66'));
  assert.ok(places.every(({ admit }) => !admit));
  const honest = from(2, '10.0.0.2');
  assert.ok(!honest.admit && 'place' in honest && honest.place <= 6, JSON.stringify(honest));
});

const calm = { disk: roomy, pressure: CALM };
const byKey = (n: number) => ({ serial: serialOf(n), purpose: 'backup' }) as const;

test.run();
