/** What the service depends on is looked after, and a look that is impossible is no verdict. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { supervise } from '../../../xs/chores/supervision.ts';
import { waitFor } from '../../runner/patience.ts';
import { openWhole } from '../whole.ts';

const test = suite('what the service depends on');

test('while no file can be opened nobody is told that the library is gone; when it is, the service ends', async () => {
  await using whole = await openWhole();
  let look = (): boolean => {
    throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
  };
  using watched = supervise(whole.library, () => look(), 5);
  let ended = false;
  void watched.failed.then(() => {
    ended = true;
  });
  const told = () => whole.events.filter(({ event }) => event === 'not-looked-after').length;
  await waitFor('several looks', () => told() >= 3);
  look = () => true;
  const before = told();
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.is(ended, false);
  assert.ok(told() <= before + 1, 'and then all is well again');
  look = () => false;
  assert.match(String(await watched.failed), /is not there any more/);
});

test.run();
