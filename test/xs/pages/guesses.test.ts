/** How often wrong codes may be typed. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Guesses } from '../../../xs/pages/sign-in/guesses.ts';

const test = suite('how often a wrong code may be typed');
const HOUR = 3_600_000;
/** Less than the shortest time in which another try is allowed. */
const STEP = 2500;

/** Tries as often as it may, from these addresses, for `ms`; returns how often that was. */
function guessAll(guesses: Guesses, addresses: readonly string[], ms: number, from = 0): number {
  let tries = 0;
  for (let now = from; now < from + ms; now += STEP) {
    for (const address of addresses) {
      if (guesses.wait(address, now) > 0) continue;
      guesses.count(address, now);
      tries += 1;
    }
  }
  return tries;
}

const addresses = (n: number, net = '10.0.0') => Array.from({ length: n }, (_, i) => `${net}.${i}`);

test('a child who types badly five times goes on at once, and never waits more than two minutes', () => {
  const guesses = new Guesses();
  let now = 0;
  for (let n = 0; n < 5; n += 1) {
    assert.is(guesses.wait('child', now), 0);
    guesses.count('child', now);
  }
  const waits = [];
  for (let n = 0; n < 6; n += 1) {
    waits.push(guesses.wait('child', now) / 1000);
    now += guesses.wait('child', now);
    assert.is(guesses.wait('child', now), 0);
    guesses.count('child', now);
  }
  assert.equal(waits, [15, 30, 60, 120, 120, 120]);
  assert.is(guesses.wait('child', now + HOUR), 0, 'an hour later all is forgotten');
});

test('one address gets 40 tries in an hour, a thousand addresses some 2,000', () => {
  assert.ok(guessAll(new Guesses(), ['one'], HOUR) <= 40);
  const all = guessAll(new Guesses(), addresses(1000), HOUR);
  assert.ok(all > 1000 && all <= 1200 + 120 + 600 + 60, String(all));
});

test('with 253 addresses that guess without a pause, a child is let try at once, hour after hour', () => {
  const guesses = new Guesses();
  const attackers = addresses(253);
  for (let hour = 0; hour < 2; hour += 1) {
    // Their burst is over after some minutes of each hour.
    guessAll(guesses, attackers, HOUR, hour * HOUR);
    assert.is(guesses.wait('10.0.1.1', (hour + 1) * HOUR), 0, `hour ${hour}`);
  }
});

test('more addresses than are remembered take no more than their share, and no memory', () => {
  const guesses = new Guesses();
  const all = guessAll(guesses, addresses(30_000), 60_000);
  assert.ok(all <= 120 + 20 + 60 + 10, String(all));
  assert.ok(guesses.wait('new', 60_000) <= 3000, 'and whoever comes waits for seconds');
});

test.run();
