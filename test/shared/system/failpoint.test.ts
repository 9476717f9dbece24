import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { transformSync } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('failpoint');
const path = new URL('../../../shared/system/failpoint.ts', import.meta.url);
/** The module as JavaScript: plain Node starts five times faster than with tsx. */
const code = transformSync(readFileSync(path, 'utf8'), { loader: 'ts' }).code;

/** What a program prints that passes point a twice and then point b, armed with `spec`. */
function passing(spec: string | undefined) {
  const script = `${code}
    armFailpoint(${JSON.stringify(spec)});
    for (const name of ['a', 'a', 'b']) { failpoint(name); process.stdout.write(name); }`;
  const args = ['--input-type=module', '-e', script];
  const { stdout, signal } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { stdout, signal };
}

const CASES: [spec: string | undefined, printed: string, signal: string | null][] = [
  [undefined, 'aab', null],
  ['c', 'aab', null],
  ['a', '', 'SIGKILL'],
  ['a:2', 'a', 'SIGKILL'],
  ['b', 'aa', 'SIGKILL'],
];

for (const [spec, stdout, signal] of CASES) {
  test(`armed with ${spec ?? 'nothing'}: ${signal ? 'dies there, as in a power cut' : 'lives'}`, () => {
    assert.equal(passing(spec), { stdout, signal });
  });
}

test.run();
