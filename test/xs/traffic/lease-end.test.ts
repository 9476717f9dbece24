import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CALM } from '../../../xs/traffic/pressure.ts';
import { roomy, serialOf, start } from './clocked.ts';

const test = suite('what a lease lasts for, and whom it goes to');

test('a lease lasts while something moves, and ends with the channel', () => {
  const { traffic, ask, pass } = start();
  ask(1);
  ask(2);
  traffic.sessionOpened(serialOf(1));
  for (let n = 0; n < 30; n += 1) {
    pass(20);
    traffic.active(serialOf(1));
    traffic.renew(serialOf(1));
  }
  assert.equal(traffic.holders, [serialOf(1)]);
  traffic.sessionClosed(serialOf(1));
  assert.is(traffic.liveLeases, 0);
});

test('a channel that is only open keeps no slot', () => {
  const { traffic, ask, pass } = start();
  for (const n of [1, 2]) {
    ask(n);
    traffic.sessionOpened(serialOf(n));
  }
  assert.not.ok(ask(3).admit);
  pass(121);
  assert.is(traffic.liveLeases, 0);
  assert.ok(ask(3).admit);
});

test('no lease lasts longer than two hours, a quarter of one for a laptop that is not known', () => {
  for (const [known, seconds] of [
    [true, 7200],
    [false, 900],
  ] as const) {
    const { traffic, ask, pass, noteSuccess } = start();
    if (known) noteSuccess(serialOf(1), new Date(0));
    ask(1);
    traffic.sessionOpened(serialOf(1));
    for (let n = 0; n < seconds; n += 20) {
      assert.is(traffic.liveLeases, 1);
      pass(20);
      traffic.renew(serialOf(1));
      traffic.active(serialOf(1));
    }
    assert.is(traffic.liveLeases, 0);
    assert.ok(ask(1).admit);
  }
});

test('a laptop that transfers nothing keeps its slot for ten minutes, one that is not known for two', () => {
  for (const [known, seconds] of [
    [true, 600],
    [false, 120],
  ] as const) {
    const { traffic, ask, pass, noteSuccess } = start();
    if (known) noteSuccess(serialOf(1), new Date(0));
    ask(1);
    for (let n = 0; n < seconds; n += 20) {
      assert.is(traffic.liveLeases, 1);
      traffic.sessionOpened(serialOf(1)); // once more and once more
      pass(20);
    }
    assert.is(traffic.liveLeases, 0);
  }
});

test('whoever may be made up gets no slot while known laptops wait, not even for a restore', () => {
  const { traffic, ask, pass, noteSuccess } = start();
  for (const n of [3, 4]) noteSuccess(serialOf(n), new Date(n));
  for (const n of [1, 2, 3, 4]) ask(n);
  traffic.sessionOpened(serialOf(1));
  traffic.sessionClosed(serialOf(1));
  pass(1); // a slot is free, and those who wait have been told to come later
  const stranger = ask(5);
  assert.not.ok(stranger.admit);
  ask(6, 'restore'); // the restores' own slot
  assert.not.ok(ask(7, 'restore').admit);
  assert.ok(ask(3).admit);
});

test('a question in the name of a laptop that transfers does not make its lease last longer', () => {
  const { traffic, ask } = start();
  ask(1);
  traffic.sessionOpened(serialOf(1));
  const liar = { serial: serialOf(1), purpose: 'backup', unproved: '10.0.0.66' } as const;
  assert.ok(traffic.ask(liar, { disk: roomy, pressure: CALM }).admit);
  traffic.sessionClosed(serialOf(1));
  assert.is(traffic.liveLeases, 0);
});

test.run();
