/** What an error of an ingest means, by its code. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ErrorCode } from '../../../shared/errors.ts';
import {
  type Blame,
  blameOf,
  isLaptopsFault,
  retryDelayMs,
} from '../../../xs/ingest/retry-schedule.ts';

const test = suite('what an error of an ingest means');

const MEANINGS: [Blame, ErrorCode[], isLaptops: boolean][] = [
  ['wrong', ['bad-id', 'bad-input'], true],
  ['not-yet', ['pending-approval'], true],
  ['over-limit', ['over-quota', 'server-refused'], true],
  ['passing', ['busy', 'cancelled', 'server-full', 'server-trouble'], false],
  ['trouble', ['damaged', 'internal', 'program-failed', 'not-found', 'transfer'], false],
];

for (const [blame, codes, isLaptops] of MEANINGS) {
  test(`${codes.join(', ')}: ${blame}, which is ${isLaptops ? '' : 'not '}the laptop's fault`, () => {
    for (const code of codes) assert.is(blameOf(code), blame, code);
    assert.is(isLaptopsFault(blame), isLaptops);
  });
}

test('waiting grows from seconds to minutes, but not for a laptop that is still sending', () => {
  const seconds = [1, 2, 3, 9, 50].map((n) => retryDelayMs('program-failed', n) / 1000);
  assert.equal(seconds, [4, 8, 16, 1024, 1800]);
  assert.is(retryDelayMs('busy', 7), 2000);
});

test.run();
