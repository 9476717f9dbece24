/** Whoever asks "may I?" waits for no disk: only the very first measurement is waited for. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cachedAtOnce } from '../../../xs/storage/cached.ts';
import { waitFor } from '../../runner/patience.ts';
import { testClock } from '../whole.ts';

const test = suite('measurements for those who cannot wait');

/** Each measurement ends when it is told to. */
function slowMeasure() {
  const under: { end: (value: number) => void; fail: (error: Error) => void }[] = [];
  const measure = () =>
    new Promise<number>((end, fail) => {
      under.push({ end, fail });
    });
  return { under, measure };
}

test('while a measurement hangs, the last one is the answer, and no second one is begun', async () => {
  const clock = testClock('2026-11-29T12:00:00Z');
  const { under, measure } = slowMeasure();
  const ask = cachedAtOnce(clock, 1000, measure);
  const first = ask();
  under[0]?.end(1);
  assert.is(await first, 1);
  clock.pass(1000);
  assert.is(await ask(), 1, 'the second one hangs');
  clock.pass(3_600_000);
  assert.is(await ask(), 1);
  assert.is(under.length, 2);
  under[1]?.end(2);
  await waitFor('the measurement that came late', async () => (await ask()) === 2 || undefined);
});

test('the first one is waited for, and shared', async () => {
  const { under, measure } = slowMeasure();
  const ask = cachedAtOnce(testClock('2026-11-29T12:00:00Z'), 1000, measure);
  const answers = [ask(), ask()];
  under[0]?.end(7);
  assert.equal(await Promise.all(answers), [7, 7]);
  assert.is(under.length, 1);
});

test('a failure is told, and the next measurement counts again', async () => {
  const clock = testClock('2026-11-29T12:00:00Z');
  const { under, measure } = slowMeasure();
  const ask = cachedAtOnce(clock, 1000, measure);
  const first = ask();
  under[0]?.fail(new Error('no disk'));
  assert.is(await first.catch((error: Error) => error.message), 'no disk');
  clock.pass(1000);
  const second = ask();
  under[1]?.end(3);
  await second.catch(() => {}); // the failure, or the new figure: whichever is quicker
  await waitFor('the disk that is back', async () => (await ask()) === 3 || undefined);
});

test.run();
