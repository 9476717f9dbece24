import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pacemaker } from '../../../shared/system/pacemaker.ts';
import { countSteps } from '../turns.ts';

const test = suite('long work lets others have their turn');

test('a timer fires while work goes on, and not before its slice is over', async () => {
  await pacemaker(0)(); // the event loop has turned
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

test('two hundred short works, each with a pacemaker of its own, let others have their turn, too', async () => {
  using steps = countSteps();
  for (let n = 0; n < 200; n += 1) {
    const pause = pacemaker(50);
    const start = performance.now();
    while (performance.now() - start < 1);
    steps.step();
    await pause();
  }
  assert.ok(steps.most < steps.all / 2, `${steps.most} of ${steps.all} steps in one go`);
});

test.run();
