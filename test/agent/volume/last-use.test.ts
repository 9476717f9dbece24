import { setImmediate as turn } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LastUse } from '../../../agent/volume/last-use.ts';
import { DsError } from '../../../shared/errors.ts';
import { slowClock } from '../slow-clock.ts';

const test = suite('the last use of a day in the Journal');

const MINUTE_MS = 60_000;

test('ten minutes without a request end it, and each request begins them anew', async () => {
  const { clock, pass } = slowClock();
  const { signal } = new AbortController();
  using use = new LastUse({ clock, signal }, 10 * MINUTE_MS);
  let end: string | undefined;
  void use.end.then((why) => {
    end = why;
  });
  await pass(9 * MINUTE_MS);
  use.note();
  await pass(9 * MINUTE_MS);
  assert.is(end, undefined);
  await pass(0.9 * MINUTE_MS);
  assert.is(end, undefined);
  await pass(0.1 * MINUTE_MS);
  assert.is(end, 'idle');
});

test('what stops the process ends the wait with its reason', async () => {
  const { clock, sleepers } = slowClock();
  const stop = new AbortController();
  using use = new LastUse({ clock, signal: stop.signal }, MINUTE_MS);
  stop.abort(new DsError('cancelled', 'the agent is gone'));
  const error = await use.end.catch((caught: unknown) => caught);
  assert.is((error as DsError).message, 'the agent is gone');
  assert.is(sleepers.size, 0);
});

test('nothing waits for one that is over', async () => {
  const { clock, sleepers } = slowClock();
  const { signal } = new AbortController();
  const use = new LastUse({ clock, signal }, MINUTE_MS);
  use[Symbol.dispose]();
  await turn();
  assert.is(sleepers.size, 0);
});

test.run();
