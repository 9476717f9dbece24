import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Cleanup } from '../../../shared/system/cleanup.ts';

const test = suite('cleanup');

function recorder() {
  const closed: string[] = [];
  return {
    closed,
    later: (name: string) => ({ [Symbol.asyncDispose]: async () => void closed.push(name) }),
    now: (name: string) => ({ [Symbol.dispose]: () => void closed.push(name) }),
  };
}

test('closes in reverse order, whatever kind of thing it is', async () => {
  const { closed, later, now } = recorder();
  {
    await using cleanup = new Cleanup();
    const first = later('first');
    assert.is(cleanup.use(first), first);
    cleanup.use(now('second'));
    cleanup.defer(() => closed.push('third'));
  }
  assert.equal(closed, ['third', 'second', 'first']);
});

test('closes the others also when one fails, and throws the first failure', async () => {
  const { closed, later } = recorder();
  const cleanup = new Cleanup();
  cleanup.use(later('first'));
  for (const name of ['second', 'third']) {
    cleanup.defer(() => {
      throw new Error(name);
    });
  }
  const [outcome] = await Promise.allSettled([cleanup[Symbol.asyncDispose]()]);
  assert.is((outcome as PromiseRejectedResult).reason.message, 'third');
  assert.equal(closed, ['first']);
});

test('closes once; and what was handed over is closed by its new owner', async () => {
  const { closed, later } = recorder();
  let owner: Cleanup;
  {
    await using cleanup = new Cleanup();
    cleanup.use(later('kept'));
    owner = cleanup.move();
  }
  assert.equal(closed, []);
  await owner[Symbol.asyncDispose]();
  await owner[Symbol.asyncDispose]();
  assert.equal(closed, ['kept']);
});

test.run();
