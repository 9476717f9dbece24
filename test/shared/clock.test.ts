import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { realClock } from '../../shared/clock.ts';
import { asDsError } from '../../shared/errors.ts';

const test = suite('clock');

test('tells the time and never goes back', async () => {
  assert.ok(Math.abs(realClock.now().getTime() - Date.now()) < 1000);
  const start = realClock.monotonicMs();
  await realClock.sleep(20);
  assert.ok(realClock.monotonicMs() - start >= 19);
});

test('a sleep ends at once when it is aborted, and that is a cancellation', async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 10);
  const start = performance.now();
  const [outcome] = await Promise.allSettled([realClock.sleep(60_000, stop.signal)]);
  assert.is(asDsError((outcome as PromiseRejectedResult).reason).code, 'cancelled');
  assert.ok(performance.now() - start < 2000);
});

test.run();
