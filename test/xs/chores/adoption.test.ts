/** Adopting waits for a laptop that is sending, and keeps nobody else waiting meanwhile. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { asDsError } from '../../../shared/errors.ts';
import { lockFile } from '../../../shared/system/lock.ts';
import { adoptInTurn } from '../../../xs/chores/adoption.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { SERIAL } from '../library.ts';
import { openWhole } from '../whole.ts';

const test = suite('adopting in turn');

test("a session's lock is waited for outside of the work queue", async () => {
  await using whole = await openWhole('');
  const { paths, env, workQueue } = whole.library;
  await using sending = await lockFile(inLaptop(paths, SERIAL).sessionLock, {
    ...{ env, shared: true, waitSeconds: 0 },
  });
  const stop = new AbortController();
  const adopting = adoptInTurn(whole.library, SERIAL, stop.signal).catch(asDsError);
  // Resolves although the lock is held all the while.
  assert.is(await workQueue.run(() => 'served'), 'served');
  await workQueue.idle();
  stop.abort();
  assert.is((await adopting) instanceof Error, true);
  await sending.release();
  const { adopted } = await adoptInTurn(whole.library, SERIAL, new AbortController().signal);
  assert.equal(adopted, []);
});

test.run();
