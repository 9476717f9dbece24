import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OpeningSession } from '../../../agent/backup/opening-session.ts';
import type { Context } from '../../../agent/context.ts';
import type { Session } from '../../../agent/school/session.ts';

const test = suite('the session of a backup');

const context = {} as Context;

/** A way to open a session, and how often it was opened and closed. */
function makeOpener(failure?: Error) {
  const counts = { opened: 0, closed: 0 };
  const open = async () => {
    counts.opened += 1;
    if (failure) throw failure;
    const close = async () => {
      counts.closed += 1;
    };
    return { [Symbol.asyncDispose]: close } as unknown as Session;
  };
  return { counts, open };
}

test('a session that nobody needs is not opened', async () => {
  const { counts, open } = makeOpener();
  {
    await using opening = new OpeningSession(context, false, open);
    assert.not(opening.hasBegun);
  }
  assert.equal(counts, { opened: 0, closed: 0 });
});

test('it is opened once, and closed also when the scan fails meanwhile', async () => {
  const { counts, open } = makeOpener();
  const backup = async () => {
    await using opening = new OpeningSession(context, false, open);
    void opening.begin();
    assert.ok(opening.hasBegun);
    assert.is(await opening.begin(), await opening.begin());
    throw new Error('the Journal cannot be read');
  };
  assert.match(String(await backup().catch((error: unknown) => error)), /Journal cannot be read/);
  assert.equal(counts, { opened: 1, closed: 1 });
});

test('a failure to open is thrown to whoever awaits it, and there is nothing to close', async () => {
  const { counts, open } = makeOpener(new Error('nobody there'));
  {
    await using opening = new OpeningSession(context, false, open);
    void opening.begin(); // unawaited, it must not end the process
    const error: unknown = await opening.begin().catch((caught: unknown) => caught);
    assert.match(String(error), /nobody there/);
  }
  assert.equal(counts, { opened: 1, closed: 0 });
});

test.run();
