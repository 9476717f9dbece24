import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type OnLost, whileLeaseLives } from '../../../agent/backup/try-again.ts';
import { realClock } from '../../../shared/clock.ts';
import { DsError, type ErrorCode } from '../../../shared/errors.ts';

const test = suite('a run whose link is cut');

const failure = (code: ErrorCode, retry = true) => new DsError(code, code, { retry });

/** What comes of attempts that do these things, and when each of them began, in seconds. */
async function runOf(attempts: ((onLost: OnLost) => void)[]): Promise<[string, number[]]> {
  let ms = 0;
  const starts: number[] = [];
  const clock = {
    ...realClock,
    monotonicMs: () => ms,
    sleep: async (pause: number) => {
      ms += pause;
    },
  };
  const context = { clock, signal: new AbortController().signal, warn: () => {} };
  const left = [...attempts];
  const attempt = async (onLost: OnLost) => {
    starts.push(ms / 1000);
    (left.shift() ?? attempts.at(-1))?.(onLost);
    return 'done';
  };
  const result = await whileLeaseLives(context, attempt).catch(({ code }: DsError) => code);
  return [result, starts];
}

const cut = (onLost: OnLost) => {
  onLost();
  throw failure('transfer');
};
const away = () => {
  throw failure('server-unreachable');
};
const fine = () => {};

test('is tried again until the link is back', async () => {
  assert.equal(await runOf([cut, fine]), ['done', [0, 2]]);
  assert.equal(await runOf([cut, away, away, fine]), ['done', [0, 2, 17, 32]]);
});

test('ends when the place at school has ended as well', async () => {
  const [result, starts] = await runOf([cut, away]);
  assert.equal([result, starts.at(-1)], ['server-unreachable', 107]);
});

test('is not tried again by a laptop that was not connected, nor for anything else', async () => {
  assert.equal(await runOf([away]), ['server-unreachable', [0]]);
  const refused = (onLost: OnLost) => {
    onLost();
    throw failure('server-refused', false);
  };
  assert.equal(await runOf([refused]), ['server-refused', [0]]);
});

test('does not go on for ever where every connection breaks', async () => {
  assert.equal(await runOf([cut]), ['transfer', [0, 2, 4, 6]]);
});

test.run();
