import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Progress } from '../../../agent/progress.ts';
import { timeLeft } from '../../../agent/rules/time-left.ts';

const test = suite('how long a job still takes');

const sent = (bytesDone: number): Progress => {
  return { phase: 'sending', entriesDone: 0, entriesTotal: 10, bytesDone, bytesTotal: 100 };
};

const CASES: [what: string, bytesDone: number, elapsedMs: number, left: [number, number]][] = [
  ['nothing is said in the first seconds', 50, 19_999, [0, 0]],
  ['after twenty the rest takes as long as the first half, more or less', 50, 20_000, [16, 30]],
  ['nothing is said of the first hundredth', 1, 60_000, [0, 0]],
  ['the second is enough', 2, 60_000, [2352, 4410]],
  ['whole seconds, rounded outwards', 70, 21_234, [7, 14]],
  ['nothing is left at the end', 100, 60_000, [0, 0]],
];
for (const [what, bytesDone, elapsedMs, left] of CASES) {
  test(what, () => assert.equal(timeLeft(sent(bytesDone), elapsedMs), left));
}

test.run();
