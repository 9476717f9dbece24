/**
 * A thousand laptops in ten minutes, with the server's own decisions and the agent's own back-off.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertWithinLimits } from './limits.ts';
import { jitter, METHODS, ours } from './methods.ts';
import { plotDay } from './plot.ts';
import { DAYS, type Day } from './school-day.ts';
import { simulate } from './simulate.ts';

const test = suite('a simulated school');

/** `days.slow.ts` has more. */
const SEEDS = [1, 2];

for (const seed of SEEDS) {
  test(`1,000 laptops in 10 minutes keep within the limits of the issue (seed ${seed})`, () => {
    assertWithinLimits(seed);
  });
}

test('all days are survived: no more at once than slots, nobody starves', () => {
  for (const day of DAYS) {
    const { atOnce, done, staying } = simulate(day, ours);
    assert.ok(atOnce <= day.slots, day.name);
    assert.is(done, staying, day.name);
  }
});

test('a slow disk is spared: everybody is done earlier than with chance alone', () => {
  const day = DAYS.find(({ knee }) => Number.isFinite(knee)) as Day;
  assert.ok(simulate(day, ours).allDone < simulate(day, jitter).allDone);
});

test('the same seed is the same day', () => {
  const [day] = DAYS;
  assert.ok(day);
  for (const make of METHODS) assert.equal(simulate(day, make), simulate(day, make));
});

test('the plot has two lines for each method, and names them', () => {
  const [day] = DAYS;
  assert.ok(day);
  const svg = plotDay(
    day,
    METHODS.map((make) => simulate(day, make)),
  );
  assert.match(svg, /^<svg [^>]+>[\s\S]*<\/svg>\n$/);
  assert.is(svg.match(/<polyline /g)?.length, 2 * METHODS.length);
  for (const word of [
    'original as meant: ',
    'ours: all in ',
    'laptops done',
    'requests a minute',
    'ideal',
  ])
    assert.match(svg, `>${word}`);
  assert.not.match(svg, /NaN|undefined|Infinity/);
});

test.run();
