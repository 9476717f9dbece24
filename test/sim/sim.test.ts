/**
 * T9: a thousand laptops in ten minutes, with the server's own decisions and the agent's own
 * back-off. Chance makes one day differ from the next, so times and peaks are means of some days.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { jitter, METHODS, ours } from './methods.ts';
import { plotCompletions } from './plot.ts';
import { DAYS, type Day, idealSeconds, USUAL } from './school-day.ts';
import { bestPossible, type Outcome, simulate } from './simulate.ts';

const test = suite('T9 X1: a simulated school');

const SEEDS = [1, 2, 3, 4];
const days = SEEDS.map(
  (seed): Day => ({ ...USUAL, name: '', laptops: 1000, arrival: { within: 600 }, seed }),
);
let outcomes: Outcome[] = [];

test.before(() => {
  outcomes = days.map((day) => simulate(day, ours));
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

test('1,000 laptops in 10 minutes: never more leases than slots', () => {
  for (const { atOnce } of outcomes) assert.is(atOnce, 8);
});

test('… and every laptop that stays is done', () => {
  for (const { done, staying } of outcomes) assert.equal([done, staying], [900, 900]);
});

test('… within 1.4 times the ideal, each day', () => {
  for (const [index, { allDone }] of outcomes.entries()) {
    const ratio = allDone / idealSeconds(days[index] as Day);
    assert.ok(ratio <= 1.4, `seed ${SEEDS[index]}: ${ratio.toFixed(2)}`);
  }
});

test('… 19 of 20 wait at most 1.1 times as long as with perfect knowledge', () => {
  const ratios = outcomes.map(({ p95Wait }, i) => p95Wait / bestPossible(days[i] as Day).p95Wait);
  assert.ok(mean(ratios) <= 1.1, ratios.map((ratio) => ratio.toFixed(2)).join(' '));
});

test('… with at most 6 requests a laptop and 150 a minute', () => {
  const each = mean(outcomes.map(({ requestsPerLaptop }) => requestsPerLaptop));
  assert.ok(each <= 6, String(each));
  const peaks = outcomes.map(({ peakPerMinute }) => peakPerMinute);
  assert.ok(mean(peaks) <= 150, peaks.join(' '));
  assert.ok(Math.max(...peaks) <= 170, peaks.join(' '));
});

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

test('the plot has a line for each method', () => {
  const [day] = DAYS;
  assert.ok(day);
  const svg = plotCompletions(
    day,
    METHODS.map((make) => simulate(day, make)),
  );
  assert.match(svg, /^<svg [^>]+>[\s\S]*<\/svg>\n$/);
  assert.is(svg.match(/<polyline /g)?.length, METHODS.length);
  assert.not.match(svg, /NaN|undefined|Infinity/);
});

test.run();
