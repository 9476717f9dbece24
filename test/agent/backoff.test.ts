import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { silenceSeconds, waitSeconds } from '../../agent/backoff.ts';

const test = suite('when to ask again');

const LONGEST: [failures: number, most: number][] = [
  [0, 10],
  [1, 10],
  [2, 20],
  [3, 40],
  [6, 320],
  [7, 640],
  [8, 900],
  [2000, 900],
];
for (const [failures, most] of LONGEST) {
  test(`after ${failures} silences anything from 1 s to ${most} s`, () => {
    assert.is(
      silenceSeconds(failures, () => 0),
      1,
    );
    assert.is(
      silenceSeconds(failures, () => 1),
      most,
    );
    assert.is(
      silenceSeconds(failures, () => 0.5),
      (1 + most) / 2,
    );
  });
}

test('what the server said goes to the second, whatever chance says', () => {
  for (const chance of [0, 0.5, 1]) {
    assert.is(
      waitSeconds(97, 3, () => chance),
      97,
    );
  }
});

test.run();
