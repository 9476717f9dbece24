import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Figures, PHASES } from './phases.ts';
import { formatTables, median, summarize } from './report.ts';
import type { Round } from './round.ts';

const test = suite("the bench's report");

/** A round in which a contender's every figure of every phase is this number. */
function roundOf(numbers: Partial<Record<'ours' | 'original', number>>): Round {
  const round: Round = {};
  for (const [name, n] of Object.entries(numbers)) {
    const figures: Figures = {
      ...{ wallS: n, clientCpuS: n, sentBytes: n, serverKiB: n, serverInodes: n },
    };
    round[name as 'ours'] = {
      ...{ first: figures, unchanged: figures, changed1: figures, restore: figures },
    };
  }
  return round;
}

test('the median of an even number of rounds lies between the two in the middle', () => {
  const table: [number[], number][] = [
    [[3], 3],
    [[3, 1], 2],
    [[9, 1, 2], 2],
    [[4, 100, 2, 3], 3.5],
  ];
  for (const [values, expected] of table) assert.is(median(values), expected);
});

test('every figure of every phase and contender is the median of its rounds', () => {
  const rounds = [5, 1, 3].map((n) => roundOf({ ours: n, original: 10 * n }));
  const summary = summarize(rounds, ['ours', 'original']);
  assert.equal(Object.keys(summary), [...PHASES]);
  for (const phase of PHASES) {
    assert.equal(Object.keys(summary[phase]), ['ours', 'original']);
    assert.equal(new Set(Object.values(summary[phase].ours ?? {})), new Set([3]));
    assert.equal(new Set(Object.values(summary[phase].original ?? {})), new Set([30]));
  }
});

test('the table has a line for each phase and contender, and names what misses its target', () => {
  const slow = summarize([roundOf({ ours: 5, original: 1 })], ['ours', 'original']);
  const lines = formatTables({ J2000: slow }, PHASES).split('\n');
  assert.is(lines.filter((line) => /^\| .* \| (ours|original) \|/.test(line)).length, 8);
  assert.ok(lines.some((line) => /first backup, wallS: 5\.000 × .* MISSED$/.test(line)));
  const quick = summarize([roundOf({ ours: 0.001, original: 1 })], ['ours', 'original']);
  assert.not.match(formatTables({ J2000: quick }, PHASES), /MISSED/);
  assert.not.match(formatTables({ J200: slow }, PHASES), /MISSED/, 'which has no targets');
});

test('without the original beside it nothing is compared', () => {
  const alone = formatTables({ J200: summarize([roundOf({ ours: 5 })], ['ours']) }, PHASES);
  assert.not.match(alone, /the original/);
});

test.run();
