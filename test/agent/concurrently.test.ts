import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { forEachConcurrently } from '../../agent/concurrently.ts';

const test = suite('work on several items at once');

async function* slowly(count: number, ms: number) {
  for (let n = 0; n < count; n += 1) {
    await sleep(ms);
    yield n;
  }
}

async function failureOf(work: Promise<void>): Promise<string> {
  return work.then(
    () => 'none',
    (error: Error) => error.message,
  );
}

test('everything is worked on, never more than the limit at a time', async () => {
  let now = 0;
  let most = 0;
  const seen: number[] = [];
  await forEachConcurrently(slowly(8, 1), 3, async (n) => {
    now += 1;
    most = Math.max(most, now);
    await sleep(10);
    now -= 1;
    seen.push(n);
  });
  assert.equal(seen.sort(), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.is(most, 3);
});

test('a failure is told, also when it came while the source made the next piece', async () => {
  const work = forEachConcurrently(slowly(3, 20), 2, async (n) => {
    await sleep(1);
    if (n === 0) throw new Error('the disk is full');
  });
  assert.is(await failureOf(work), 'the disk is full');
});

test('a failing source is told after what was begun has ended', async () => {
  let ended = false;
  const source = async function* () {
    yield 1;
    throw new Error('cannot read');
  };
  const work = forEachConcurrently(source(), 2, async () => {
    await sleep(20);
    ended = true;
  });
  assert.is(await failureOf(work), 'cannot read');
  assert.ok(ended);
});

test.run();
