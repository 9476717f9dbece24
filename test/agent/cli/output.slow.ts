// weight: 5
/** What a program prints may find no reader, or no room: that is no crash, and its work is done all the same. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('output that nobody takes');

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Runs a program with this as its standard output. */
async function run(program: string, stdout: 'pipe' | number) {
  const child = spawn(process.execPath, ['--import', 'tsx', `${root}/${program}`, '--help'], {
    stdio: ['ignore', stdout, 'pipe'],
  });
  child.stdout?.destroy(); // before it prints anything
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [exitCode] = await once(child, 'close');
  return { exitCode, stderr };
}

for (const program of ['agent/main.ts', 'xs/main.ts']) {
  test(`${program}: whoever has seen enough may go, as "head" does`, async () => {
    assert.equal(await run(program, 'pipe'), { exitCode: 0, stderr: '' });
  });

  test(`${program}: an answer that cannot be written is an error in words`, async () => {
    const full = openSync('/dev/full', 'w');
    const { exitCode, stderr } = await run(program, full);
    closeSync(full);
    assert.match(stderr, /^error: the answer cannot be written: ENOSPC.*\n$/);
    assert.is(exitCode, 1);
  });
}

test.run();
