import { setImmediate as nextRound } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Turns } from '../../../xs/api/turns.ts';
import { refused } from '../../shared/refused.ts';

const test = suite('requests that write take turns');

test('between two of a flood everybody else is answered', async () => {
  const turns = new Turns();
  const order: string[] = [];
  const flood = Array.from({ length: 50 }, () => turns.take(() => order.push('flood')));
  await nextRound();
  order.push('may I?');
  await Promise.all(flood);
  assert.is(order.length, 51);
  assert.ok(order.indexOf('may I?') <= 2, order.join(' '));
});

test('the order is kept, a failure ends nobody else, and too many are refused at once', async () => {
  const turns = new Turns();
  const order: number[] = [];
  const fails = turns.take(() => {
    throw new Error('full');
  });
  const rest = Array.from({ length: 249 }, (_, n) => turns.take(() => order.push(n)));
  const over = await turns.take(() => order.push(-1)).catch((error: unknown) => error);
  refused(() => {
    throw over;
  }, 'server-busy');
  assert.match((await fails.catch((error: Error) => error)) as unknown as string, /full/);
  await Promise.all(rest);
  assert.equal(
    order,
    Array.from({ length: 249 }, (_, n) => n),
  );
  await turns.take(() => order.push(1000));
  assert.is(order.at(-1), 1000, 'room again');
});

test('a flood from many addresses keeps nobody waiting for more than a turn of each', async () => {
  const turns = new Turns();
  const order: string[] = [];
  const flood = Array.from({ length: 300 }, (_, n) =>
    turns.take(() => order.push('flood'), `10.0.0.${n % 3}`),
  );
  const one = Promise.allSettled(
    Array.from({ length: 300 }, () => turns.take(() => order.push('flood'), '10.0.0.9')),
  );
  const child = turns.take(() => order.push('child'), '10.0.0.7');
  await child;
  assert.ok(order.indexOf('child') <= 5, String(order.indexOf('child')));
  assert.is((await one).filter(({ status }) => status === 'rejected').length, 50, 'of one address');
  await Promise.all(flood);
  await turns.take(() => order.push('after'));
  assert.is(order.at(-1), 'after');
});

test.run();
