import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Context } from '../../../agent/context.ts';
import type { Session } from '../../../agent/school/session.ts';
import { SharedSession } from '../../../agent/school/shared-session.ts';
import { DsError } from '../../../shared/errors.ts';
import { makeProfile } from '../journal/journal.ts';

const test = suite('one session for many requests');

interface Numbered extends Session {
  number: number;
}
const gone = () => new DsError('server-unreachable', 'the connection is gone', { retry: true });

/** Opens sessions numbered from 1, and notes which were closed. */
function makeOpener() {
  const closed: number[] = [];
  let closedOne = () => {};
  const firstClosed = new Promise<void>((resolve) => {
    closedOne = resolve;
  });
  let number = 0;
  const open = async () => {
    number += 1;
    const mine = number;
    const session: Pick<Numbered, 'number' | typeof Symbol.asyncDispose> = {
      number: mine,
      [Symbol.asyncDispose]: async () => {
        closed.push(mine);
        closedOne();
      },
    };
    return session as Numbered;
  };
  return { open, closed, firstClosed, opened: () => number };
}

async function withShared(
  work: (shared: SharedSession, opener: ReturnType<typeof makeOpener>) => Promise<void>,
  idleMs?: number,
): Promise<void> {
  using profile = makeProfile();
  const opener = makeOpener();
  const context = { paths: profile.paths, signal: new AbortController().signal };
  const options = { open: opener.open, ...(idleMs !== undefined && { idleMs }) };
  {
    await using shared = new SharedSession(context as unknown as Context, options);
    await work(shared, opener);
  }
  assert.is(opener.closed.length, opener.opened(), 'whatever was opened is closed');
}
const numberOf = async (session: Session) => (session as Numbered).number;

test('several requests go over one session', () =>
  withShared(async (shared, { opened }) => {
    assert.equal([await shared.ask(numberOf), await shared.ask(numberOf)], [1, 1]);
    assert.is(opened(), 1);
  }));

test('a request over a session that died is repeated once over a new one', () =>
  withShared(async (shared, { closed }) => {
    await shared.ask(numberOf);
    const answer = await shared.ask(async (session) => {
      if ((await numberOf(session)) === 1) throw gone();
      return 'answered';
    });
    assert.is(answer, 'answered');
    assert.equal(closed, [1]);
  }));

test('a request that fails over a new session is not repeated', () =>
  withShared(async (shared) => {
    let tries = 0;
    const asked = shared.ask(async () => {
      tries += 1;
      throw gone();
    });
    await asked.then(
      () => assert.unreachable(),
      (error: DsError) => assert.is(error.code, 'server-unreachable'),
    );
    assert.is(tries, 1);
  }));

test("the server's refusal leaves the session open", () =>
  withShared(async (shared, { closed }) => {
    const refused = shared.ask(async () => {
      throw new DsError('not-found', 'no such entry');
    });
    assert.is(await refused.catch((error: DsError) => error.code), 'not-found');
    assert.is(await shared.ask(numberOf), 1);
    assert.equal(closed, []);
  }));

test('an idle session is closed, and the next request opens another', () =>
  withShared(async (shared, { firstClosed, closed }) => {
    await shared.ask(numberOf);
    await firstClosed;
    assert.equal(closed, [1]);
    assert.is(await shared.ask(numberOf), 2);
  }, 1));

test('a session stays open while a request has no answer yet', () =>
  withShared(async (shared, { closed }) => {
    let answer = () => {};
    const slow = shared.ask(
      () =>
        new Promise<void>((resolve) => {
          answer = resolve;
        }),
    );
    await shared.ask(numberOf);
    await sleep(30); // thirty times as long as an idle session stays
    assert.equal(closed, []);
    answer();
    await slow;
  }, 1));

test('a session that cannot be closed when it is idle does no harm', async () => {
  using profile = makeProfile();
  let closing = () => {};
  const isClosing = new Promise<void>((resolve) => {
    closing = resolve;
  });
  const open = async () =>
    ({
      [Symbol.asyncDispose]: async () => {
        closing();
        throw new Error('gone already');
      },
    }) as unknown as Session;
  const context = { paths: profile.paths, signal: new AbortController().signal };
  const shared = new SharedSession(context as unknown as Context, { open, idleMs: 1 });
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', note);
  await shared.ask(async () => 1);
  await isClosing;
  await sleep(1);
  process.off('unhandledRejection', note);
  assert.equal(unhandled, []);
});

test.run();
