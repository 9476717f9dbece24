/** Who goes next, with a clock whose hands the test turns. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FairTurns, type Turn } from '../../../xs/ingest/fair-turns.ts';

const test = suite('turns between laptops');

/** Work of `pieces` pieces of a second; each is noted when it is done. */
function scene() {
  let now = 0;
  const order: string[] = [];
  const turns = new FairTurns(() => now);
  const work = (who: string, pieces: number) =>
    turns.run(who, async (turn) => {
      for (let n = 0; n < pieces; n += 1) {
        now += 1000;
        order.push(who);
        await turn.pass();
      }
    });
  const wait = (ms: number) => {
    now += ms;
  };
  return { turns, order, work, wait };
}

test('who has used the least goes next: small work ends before large work goes on', async () => {
  const { order, work } = scene();
  const greedy = work('greedy', 6);
  await Promise.all([greedy, work('second', 2), work('third', 1)]);
  assert.equal(order.join(' '), 'greedy second third greedy second greedy greedy greedy greedy');
});

test('two with as much to do take turns', async () => {
  const { order, work } = scene();
  await Promise.all([work('a', 3), work('b', 3)]);
  assert.equal(order.join(' '), 'a b a b a b');
});

test('what was used counts for the next work as well, and is forgotten with time', async () => {
  for (const [hours, expected] of [
    [0, 'x b a'],
    [24, 'x a b'],
  ] as const) {
    const { order, work, wait } = scene();
    await work('a', 5);
    order.length = 0;
    wait(hours * 3_600_000);
    await Promise.all([work('x', 1), work('a', 1), work('b', 1)]);
    assert.equal(order.join(' '), expected, `${hours} hours later`);
  }
});

test('who waits for the disk lets others have their turn, and gets it back', async () => {
  const { turns, order, work } = scene();
  let written = () => {};
  const disk = new Promise<void>((resolve) => {
    written = resolve;
  });
  const waiting = turns.run('waiting', async (turn: Turn) => {
    await turn.aside(() => disk);
    order.push('waiting');
  });
  await work('other', 2);
  written();
  await waiting;
  assert.equal(order.join(' '), 'other other waiting');
});

test('who waits for something else has a turn again for what follows', async () => {
  const { turns, order, work } = scene();
  let free = () => {};
  const queue = new Promise<void>((resolve) => {
    free = resolve;
  });
  const waiting = turns.run('waiting', async (turn: Turn) => {
    await turn.aside(async () => {
      await queue;
      order.push('in the queue');
    });
    order.push('after it');
  });
  await work('other', 1);
  free();
  await waiting;
  assert.equal(order, ['other', 'in the queue', 'after it']);
});

test('a failure is the own one only: the next has its turn, also after a failure aside', async () => {
  const { turns, order, work } = scene();
  const broken = turns.run('broken', (turn) =>
    turn.aside(async () => {
      throw new Error('no disk');
    }),
  );
  await Promise.all([broken.catch((error) => order.push(error.message)), work('next', 1)]);
  assert.equal(order.sort(), ['next', 'no disk']);
  await work('again', 1);
});

test.run();
