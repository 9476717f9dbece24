// weight: 20
/**
 * Each system call on one laptop's folder fails with each error of a bad disk while the server serves, takes in and
 * checks: it stays that laptop's trouble, the status names it, and it ends with the trouble.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compileShim } from '../../agent/errno/rule.ts';

const test = suite("a disk that is bad in one laptop's folder");
const folder = mkdtempSync(join(tmpdir(), 'ds-device-'));
const shim = compileShim(folder);
test.after(() => rmSync(folder, { recursive: true, force: true }));

function runChild({ pathname }: URL) {
  const env = { ...process.env, ...shim };
  return spawnSync(process.execPath, ['--import', 'tsx', pathname], { env, encoding: 'utf8' });
}

test('the table', () => {
  const done = runChild(new URL('device-child.ts', import.meta.url));
  const lines = done.stdout.trim().split('\n');
  const [, cases] = /^(\d+) cases$/.exec(lines.pop() ?? '') ?? [];
  assert.ok(cases, `the table ended early: ${done.stderr.slice(-2000)}`);
  assert.is(lines.join('\n'), '');
  assert.ok(Number(cases) >= 12);
});

test('a library without hard links is served, and named for as long as it has none', () => {
  const done = runChild(new URL('linkless-child.ts', import.meta.url));
  assert.is(done.status, 0, done.stderr.slice(-2000));
});

test.run();
