import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Serial } from '../../../shared/ids.ts';
import { type Sharer, shareOut } from '../../../xs/retention/shares.ts';
import { serialOf } from '../whole.ts';

const test = suite('what part of the disk a laptop may use');

function laptops(count: number, from: number, days: number, confirmed = false): Sharer[] {
  return Array.from({ length: count }, (_, n) => ({ serial: serialOf(from + n), confirmed, days }));
}

const near = (value: number, expected: number) =>
  assert.ok(Math.abs(value - expected) < 1e-6, `${value}, not ${expected}`);
const sumOf = (sharers: readonly Sharer[]) =>
  sharers.reduce((sum, { serial }) => sum + shareOut(sharers).of(serial), 0);
const REAL = serialOf(1);

test('a laptop that is alone has everything, and so has one that is awaited', () => {
  for (const days of [0, 10, 400]) near(shareOut(laptops(1, 1, days)).of(REAL), 1);
  near(shareOut([]).of(REAL), 1);
});

test('in a new school all share alike', () => {
  const sharers = laptops(100, 1, 3);
  for (const { serial } of sharers) near(shareOut(sharers).of(serial), 0.01);
  near(shareOut(sharers).full, 0.01);
});

test('in a new school who was there first has more', () => {
  const shares = shareOut([...laptops(1, 1, 63), ...laptops(9, 2, 0)]);
  near(shares.of(REAL), 0.5);
});

test('laptops with a history share alike, confirmed or not', () => {
  const sharers = [...laptops(40, 1, 90), ...laptops(10, 41, 1, true)];
  for (const { serial } of sharers) near(shareOut(sharers).of(serial), 0.02);
});

test('a flood of made-up laptops takes a fifth of a real share at most, however large it is', () => {
  for (const count of [29, 1000, 20_000]) {
    for (const days of [0, 30, 89]) {
      const real = shareOut([...laptops(1, 1, 400), ...laptops(count, 2, days)]).of(REAL);
      assert.ok(real >= 0.8 - 1e-9, `${count} of ${days} days leave ${real}`);
    }
  }
});

test('all newcomers together weigh a quarter of what is established', () => {
  const shares = shareOut([...laptops(4, 1, 400), ...laptops(1000, 10, 89)]);
  near(shares.of(REAL), 1 / 5);
  near(shares.full, 1 / 5);
  near(shares.of(serialOf(10)), 1 / 5 / 1000);
});

test('a laptop that a teacher confirmed has its full share at once', () => {
  const sharers = [...laptops(1, 1, 0, true), ...laptops(29, 2, 60)];
  near(shareOut(sharers).of(REAL), 0.8);
});

test('newcomers grow into their share day by day, and never fall', () => {
  let last = 0;
  for (let days = 0; days <= 120; days += 1) {
    const share = shareOut([...laptops(99, 1, 400), ...laptops(1, 500, days)]).of(serialOf(500));
    assert.ok(share >= last - 1e-12, `day ${days}`);
    last = share;
  }
  near(last, 0.01);
  const first = shareOut(laptops(99, 1, 400)).of(serialOf(500));
  assert.ok(first > 0 && first < last / 10);
});

test('together they never have more than there is', () => {
  for (const [a, b, days] of [
    [0, 30, 5],
    [1, 30, 89],
    [10, 3, 0],
    [100, 1000, 50],
  ] as const) {
    const sum = sumOf([...laptops(a, 1, 200), ...laptops(b, 300, days)]);
    assert.ok(sum <= 1 + 1e-9, `${a} and ${b}: ${sum}`);
  }
});

test('who has no snapshot takes nothing', () => {
  const sharers = laptops(2, 1, 400);
  near(shareOut(sharers).of(REAL), 0.5);
  const stranger: Serial = serialOf(77);
  assert.ok(shareOut(sharers).of(stranger) < 0.05);
});

test.run();
