import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { idleShare, sumTicks } from './idle.ts';
import { waitFor } from './patience.ts';
import { inOrder, type Job, type Limits, mayStart, runAll } from './schedule.ts';
import type { Directives } from './totals.ts';

const test = suite('which slow test starts when');

const LIMITS: Limits = { least: 2, most: 4, calm: 2, everyMs: 1, idle: 0.25 };

const job = (file: string, weight: number, beside: Directives['beside'] = 'anything'): Job => {
  return { file, weight, beside };
};

test('heavy ones first, then calm ones, then those that run alone', () => {
  const jobs = [job('a', 1, 'nothing'), job('b', 9, 'calm'), job('c', 2), job('d', 5)];
  assert.equal(
    inOrder(jobs).map(({ file }) => file),
    ['d', 'c', 'b', 'a'],
  );
});

const STARTS: [Directives['beside'], running: number, idle: number, may: boolean][] = [
  ['anything', 1, 0, true],
  ['anything', 2, 0, false],
  ['anything', 2, 0.24, false],
  ['anything', 2, 0.25, true],
  ['anything', 3, 1, true],
  ['anything', 4, 1, false],
  ['calm', 1, 0, true],
  ['calm', 2, 1, false],
  ['nothing', 0, 0, true],
  ['nothing', 1, 1, false],
];
for (const [beside, running, idle, may] of STARTS) {
  test(`beside ${running}, ${idle * 100} % idle, "${beside}" ${may ? 'starts' : 'waits'}`, () => {
    assert.is(mayStart({ weight: 1, beside }, running, idle, LIMITS), may);
  });
}

/** Runs jobs that end when they are told to. */
function stage(jobs: readonly Job[], idle: () => number) {
  const ends = new Map<string, () => void>();
  const run = ({ file }: Job) => new Promise<void>((resolve) => ends.set(file, resolve));
  const all = runAll(jobs, run, idle, LIMITS);
  const end = (file: string) => {
    ends.get(file)?.();
    ends.delete(file);
  };
  const running = () => [...ends.keys()].join('');
  const becomes = (files: string) => waitFor(`${files} run`, () => running() === files);
  return { all, end, becomes, running };
}

test('while the machine is busy so many run as always; idle, one more at each look', async () => {
  let idle = 0;
  let looks = 0;
  const jobs = [...'abcde'].map((file, n) => job(file, 9 - n));
  const { all, end, becomes, running } = stage(jobs, () => {
    looks += 1;
    return idle;
  });
  await waitFor('some looks', () => looks > 3);
  assert.is(running(), 'ab');
  idle = 1;
  await becomes('abcd');
  end('b');
  await becomes('acde');
  for (const file of 'acde') end(file);
  await all;
});

test('a calm one starts when one other is left, and one that runs alone when none is', async () => {
  const jobs = [job('a', 3), job('b', 2), job('c', 1, 'calm'), job('d', 1, 'nothing')];
  const { all, end, becomes, running } = stage(jobs, () => 1);
  await becomes('ab');
  end('a');
  await becomes('bc');
  end('b');
  await Promise.resolve();
  assert.is(running(), 'c');
  end('c');
  await becomes('d');
  end('d');
  await all;
});

test('what a job throws is thrown', async () => {
  const run = () => Promise.reject(new Error('stopped'));
  const result = await runAll([job('a', 1)], run, () => 0, LIMITS).catch((error) => error.message);
  assert.is(result, 'stopped');
});

const STAT = `cpu  99 99 99 99 99 99 99 99 99 99
cpu0 10 1 5 100 20 2 3 4 5 0
cpu1 1 0 0 7 0 0 0 0 0 0
cpu10 500 0 0 500 0 0 0 0 0 0
`;

test('only the processors that we may use are counted, and waiting for a disk as idle', () => {
  assert.equal(sumTicks(STAT, '0'), { idle: 120, all: 145 });
  assert.equal(sumTicks(STAT, '0-1'), { idle: 127, all: 153 });
  assert.equal(sumTicks(STAT, '1,10'), { idle: 507, all: 1008 });
  assert.is(idleShare({ idle: 10, all: 100 }, { idle: 40, all: 200 }), 0.3);
  assert.is(idleShare({ idle: 10, all: 100 }, { idle: 10, all: 100 }), 0, 'no time went by');
});

test.run();
