import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runChild } from './child.ts';
import { type ProcessSample, type Sample, Watchdog, whatMoved } from './progress.ts';

const test = suite('progress of a test file');

const REST: ProcessSample = {
  ...{ startTime: '7', cpuMs: 1000, queuedMs: 1000, ioBytes: 10_000, inDisk: false },
};

function sample(at: number, change: Partial<ProcessSample> = {}, outputBytes = 5): Sample {
  return { at, outputBytes, processes: new Map([[12, { ...REST, ...change }]]) };
}

const START = sample(0);
const MOVES: [what: string, now: Sample, moved: string | null][] = [
  ['nothing at all', sample(1000), null],
  ['a look now and then', sample(1000, { cpuMs: 1030, ioBytes: 20_000 }), null],
  ['a dot', sample(1000, {}, 6), 'output'],
  ['work', sample(1000, { cpuMs: 1100 }), 'a processor'],
  ['waiting for a busy processor', sample(1000, { queuedMs: 1900 }), 'a processor'],
  ['waiting for the disk', sample(1000, { inDisk: true }), 'the disk'],
  ['sending', sample(1000, { ioBytes: 90_000 }), 'data'],
  ['another process of that number', sample(1000, { startTime: '8' }), 'a new process'],
  ['one that has ended', { ...sample(1000), processes: new Map() }, 'an end'],
];

for (const [what, now, moved] of MOVES) {
  test(`${what}: ${moved === null ? 'nothing moves' : `${moved} moves`}`, () => {
    assert.is(whatMoved(START, now), moved);
  });
}

const LIMITS = { everyMs: 1000, stillMs: 30_000, silentCpuMs: 50_000 };

test('what stands still is given up when it has for very long, and not when it moved meanwhile', () => {
  const watchdog = new Watchdog(START, LIMITS);
  for (let at = 1; at < 30; at += 1) assert.is(watchdog.look(sample(1000 * at)), null);
  assert.is(watchdog.look(sample(30_000, {}, 6)), null, 'a dot at the last moment');
  for (let at = 31; at < 60; at += 1) assert.is(watchdog.look(sample(1000 * at, {}, 6)), null);
  assert.is(watchdog.look(sample(60_000, {}, 6)), 'no progress: nothing moved for 30 s');
});

test("the machine's sleep is not the test's", () => {
  const watchdog = new Watchdog(START, LIMITS);
  assert.is(watchdog.look(sample(3_600_000)), null);
});

test('what computes for very long without a word goes in circles', () => {
  const watchdog = new Watchdog(START, LIMITS);
  for (let at = 1; at < 50; at += 1) {
    assert.is(watchdog.look(sample(1000 * at, { cpuMs: 1000 + 1000 * at })), null);
  }
  const complaint = watchdog.look(sample(50_000, { cpuMs: 51_000 }));
  assert.match(complaint ?? '', /^no progress: 50 s of processor time, and no test ended$/);
});

async function run(script: string) {
  return await runChild({
    ...{ command: '/bin/sh', args: ['-c', script], cwd: '/' },
    limits: { everyMs: 20, stillMs: 300, silentCpuMs: 1_000_000 },
    signal: new AbortController().signal,
  });
}

test('a child that stands still is killed, and its output is kept', async () => {
  const { complaint, output } = await run('echo begun; sleep 600');
  assert.match(complaint ?? '', /^no progress: nothing moved for .*; it was killed$/);
  assert.is(output, 'begun\n');
});

test('a child that says something now and then is left alone, however long it takes', async () => {
  const { complaint } = await run('for n in 1 2 3 4 5 6 7 8; do echo .; sleep 0.1; done');
  assert.is(complaint, null);
});

test.run();
