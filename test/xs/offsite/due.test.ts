/** When the service copies by itself. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isDue, isWithin } from '../../../xs/offsite/due.ts';
import type { OffsiteState } from '../../../xs/offsite/offsite-state.ts';

const test = suite('when a copy is due');
const at = (hour: number, day = 10) => new Date(2026, 2, day, hour, 30);

const HOURS: [hours: string, hour: number, expected: boolean][] = [
  ['', 12, true],
  ['20-6', 20, true],
  ['20-6', 23, true],
  ['20-6', 0, true],
  ['20-6', 5, true],
  ['20-6', 6, false],
  ['20-6', 19, false],
  ['1-5', 0, false],
  ['1-5', 1, true],
  ['1-5', 4, true],
  ['1-5', 5, false],
  ['7-7', 7, false],
];
for (const [hours, hour, expected] of HOURS) {
  test(`${hours || 'any hour'} at ${hour}: ${expected ? 'yes' : 'no'}`, () => {
    assert.is(isWithin(hours, at(hour)), expected);
  });
}

const NONE: OffsiteState = {
  version: 1,
  tried: null,
  copied: null,
  fingerprint: '',
  problem: null,
};
const problem = { kind: 'unreachable' as const, text: 'no network' };
const DUE: [what: string, Partial<OffsiteState>, hour: number, expected: boolean][] = [
  ['never tried', {}, 3, true],
  ['never tried, by day', {}, 12, false],
  ['copied last night', { copied: at(3, 9).toISOString() }, 3, true],
  ['copied 20 hours ago', { copied: at(6, 9).toISOString() }, 2, true],
  ['never copied, and tried just now', { tried: at(3).toISOString() }, 3, false],
  ['copied an hour ago', { copied: at(3).toISOString() }, 4, false],
  ['failed just now', { tried: at(3).toISOString(), problem }, 3, false],
  ['failed an hour ago', { tried: at(3).toISOString(), problem }, 4, true],
  [
    'failed an hour ago, copied before',
    {
      ...{ copied: at(2).toISOString(), tried: at(3).toISOString(), problem },
    },
    4,
    true,
  ],
  ['copied in the year 2099, by a wrong clock', { copied: '2099-01-01T00:00:00Z' }, 3, true],
];
for (const [what, state, hour, expected] of DUE) {
  test(`${what}: ${expected ? 'due' : 'not due'}`, () => {
    assert.is(isDue({ ...NONE, ...state }, '20-6', at(hour)), expected);
  });
}

test.run();
