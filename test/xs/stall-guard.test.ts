import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('a service that hangs');
const program = new URL('../../xs/stall-guard.ts', import.meta.url).href;

/** Runs a program that guards itself and then does `work`; the signal that ended it, or its exit code. */
async function guarded(work: string): Promise<{ how: string | number | null; words: string }> {
  const source = `import { guardAgainstStall } from ${JSON.stringify(program)};
    guardAgainstStall(1000, 100);
    ${work}`;
  const args = ['--import', 'tsx', '--input-type=module', '-e', source];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  child.stderr.on('data', (data) => {
    words += data;
  });
  const [code, signal] = await once(child, 'close');
  return { how: signal ?? code, words };
}

test('is ended, with a line that says why, so that it can be started again', async () => {
  const { how, words } = await guarded('for (;;);');
  assert.is(how, 'SIGKILL');
  assert.match(words, /stalled seconds=/);
});

test('is left alone while it only waits', async () => {
  const { how, words } = await guarded(
    'await new Promise((resolve) => setTimeout(resolve, 3000));',
  );
  assert.equal([how, words], [0, '']);
});

test.run();
