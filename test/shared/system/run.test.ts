import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ExitError, run } from '../../../shared/system/run.ts';
import { waitFor } from '../../runner/patience.ts';
import { temporaryFolder } from '../folder.ts';
import { refusedLater } from '../refused.ts';

const test = suite('run');
const folder = temporaryFolder(test);
const env = { PATH: process.env.PATH };

function sh(script: string, options: Partial<Parameters<typeof run>[2]> = {}) {
  return run('sh', ['-c', script], { env, ...options });
}

async function failure(promise: Promise<unknown>): Promise<ExitError> {
  const error = await refusedLater(promise, 'program-failed');
  assert.instance(error, ExitError);
  return error as ExitError;
}

test('gives output, complaints and exit code', async () => {
  const result = await sh('echo out; echo "ñ☀"; echo err >&2');
  assert.equal(result, { exitCode: 0, stdout: 'out\nñ☀\n', stderr: 'err\n' });
});

test('passes arguments as they are: there is no shell in between', async () => {
  const strange = ['$(id)', '; exit 3', '*', 'a b', '"', "'", '\n', ''];
  const result = await run('printf', ['[%s]', ...strange], { env });
  assert.is(result.stdout, strange.map((text) => `[${text}]`).join(''));
});

test('passes the environment it is given and nothing of ours', async () => {
  process.env.DS_TEST_SECRET = 'secret';
  const result = await run('env', [], { env: { ...env, A: 'b c' } });
  delete process.env.DS_TEST_SECRET;
  assert.equal(result.stdout.trim().split('\n').sort(), ['A=b c', `PATH=${env.PATH}`]);
});

test('runs in the folder it is given', async () => {
  assert.is((await sh('pwd -P', { cwd: folder })).stdout.trim().endsWith(folder), true);
});

test('feeds the input, and without one a program that reads finds nothing', async () => {
  const big = 'x'.repeat(1_000_000);
  assert.is((await run('wc', ['-c'], { env, input: big })).stdout.trim(), '1000000');
  assert.is((await run('wc', ['-c'], { env })).stdout.trim(), '0');
});

test('a program that ends without reading its input is no error', async () => {
  assert.is((await run('true', [], { env, input: 'x'.repeat(1_000_000) })).exitCode, 0);
});

test('hands on lines ended by \\n or \\r as they come, also the last without an end', async () => {
  const lines: string[] = [];
  const result = await sh(
    "printf '  10%%\\r  50'; sleep 0.05; printf '%%\\r 100%%\\n\\nñ'; sleep 0.05; printf 'x\\r\\nlast'",
    { onLine: (line) => lines.push(line) },
  );
  assert.equal(lines, ['  10%', '  50%', ' 100%', 'ñx', 'last']);
  assert.is(result.stdout, '', 'lines that were handed on are not kept');
});

test('a character cut in two by the pipe stays whole', async () => {
  const lines: string[] = [];
  await sh("printf '\\303'; sleep 0.05; printf '\\261\\n'", { onLine: (line) => lines.push(line) });
  assert.equal(lines, ['ñ']);
});

test('an exit code becomes an error with the last words of stderr', async () => {
  const error = await failure(sh('for i in 1 2 3 4 5; do echo "line $i" >&2; done; exit 23'));
  assert.is(error.message, 'sh: exit code 23: line 3 | line 4 | line 5');
  assert.is(error.exitCode, 23);
  assert.is(error.command, 'sh');
  assert.is(error.stderr, 'line 1\nline 2\nline 3\nline 4\nline 5\n');
  assert.is(error.retry, true);
});

test('of a flood on stderr only the end is kept', async () => {
  const error = await failure(sh('seq 100000 >&2; exit 1'));
  assert.ok(error.stderr.length <= 8192);
  assert.match(error.message, /99998 \| 99999 \| 100000$/);
});

test('an exit without words, and an end by a signal', async () => {
  assert.is((await failure(sh('exit 12'))).message, 'sh: exit code 12');
  const killed = await failure(sh('kill -9 $$'));
  assert.is(killed.message, 'sh: ended by SIGKILL');
  assert.is(killed.exitCode, null);
});

test('an exit code may be an answer', async () => {
  assert.is((await sh('exit 24', { accept: [24] })).exitCode, 24);
  await failure(sh('exit 23', { accept: [24] }));
});

test('a program that is not there is named, with the way out', async () => {
  const error = await refusedLater(run('no-such-tool', [], { env }), 'missing-tool');
  assert.match(error.message, /^no-such-tool is not installed/);
  assert.match(error.hint ?? '', /setup\.sh/);
});

test('an abort ends the child and throws the reason', async () => {
  const stop = new AbortController();
  const start = performance.now();
  const pid = join(folder, 'pid');
  const running = sh(`echo $$ > ${pid}; exec sleep 60`, { signal: stop.signal });
  await waitFor('the program to start', () => existsSync(pid));
  stop.abort(new Error('power is low'));
  const [outcome] = await Promise.allSettled([running]);
  assert.is((outcome as PromiseRejectedResult).reason.message, 'power is low');
  assert.ok(performance.now() - start < 2000);
});

test('an abort does not wait for a grandchild that keeps the pipes open', async () => {
  const stop = new AbortController();
  const start = performance.now();
  const lines: string[] = [];
  const running = sh('sleep 20 & echo $!; wait', {
    signal: stop.signal,
    onLine: (line) => {
      lines.push(line);
      stop.abort(new Error('enough'));
    },
  });
  const [outcome] = await Promise.allSettled([running]);
  process.kill(Number(lines[0]), 'SIGKILL'); // ours to clean up: run() ends the child only
  assert.is((outcome as PromiseRejectedResult).reason.message, 'enough');
  assert.ok(performance.now() - start < 5000);
});

test('a child that ignores SIGTERM is killed', async () => {
  const stop = new AbortController();
  const start = performance.now();
  const running = sh("trap '' TERM; echo ready; while :; do sleep 0.1; done", {
    signal: stop.signal,
    onLine: () => stop.abort(new Error('enough')),
  });
  const [outcome] = await Promise.allSettled([running]);
  assert.is((outcome as PromiseRejectedResult).reason.message, 'enough');
  const seconds = (performance.now() - start) / 1000;
  assert.ok(seconds > 2.5 && seconds < 8, `${seconds} s`);
});

test('after an abort nothing is started', async () => {
  const touched = join(folder, 'touched');
  const running = run('touch', [touched], { env, signal: AbortSignal.abort(new Error('no')) });
  const [outcome] = await Promise.allSettled([running]);
  assert.is((outcome as PromiseRejectedResult).reason.message, 'no');
  assert.not(existsSync(touched));
});

test('an abort after the end changes nothing', async () => {
  const stop = new AbortController();
  const result = await sh('echo done', { signal: stop.signal });
  stop.abort();
  assert.is(result.stdout, 'done\n');
});

test.run();
