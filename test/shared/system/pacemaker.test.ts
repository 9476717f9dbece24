import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pacemaker } from '../../../shared/system/pacemaker.ts';

const test = suite('long work lets others have their turn');

test('a timer fires while work goes on, and not before its slice is over', async () => {
  let fired = false;
  setTimeout(() => {
    fired = true;
  }, 0);
  const pause = pacemaker(5);
  await pause();
  assert.is(fired, false, 'the slice has only begun');
  const start = performance.now();
  while (!fired && performance.now() - start < 1000) await pause();
  assert.ok(fired);
});

test.run();
