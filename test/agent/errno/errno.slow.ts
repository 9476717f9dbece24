// weight: 90
/**
 * Each system call on the Journal and on the agent's own folder fails with each error of a bad disk: no error
 * about one entry stops the others, and none is passed over in silence.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startSchool } from '../../school/school.ts';
import { compileShim } from './rule.ts';

const test = suite('a disk with errors');
const folder = mkdtempSync(join(tmpdir(), 'ds-errno-'));
const shim = compileShim(folder);
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a table in a process of its own, in which calls fail. Returns how many cases it had; throws what was wrong. */
function runTable(name: string, args: readonly string[], env: NodeJS.ProcessEnv): number {
  const file = new URL(name, import.meta.url).pathname;
  const words = ['--import', 'tsx', file, ...args];
  const done = spawnSync(process.execPath, words, { env: { ...env, ...shim }, encoding: 'utf8' });
  const lines = done.stdout.trim().split('\n');
  const [, cases] = /^(\d+) cases$/.exec(lines.pop() ?? '') ?? [];
  assert.ok(cases, `the table ended early: ${done.stderr.slice(-2000)}`);
  assert.is(lines.join('\n'), '');
  return Number(cases);
}

test('reading the Journal: an error about one entry is its named problem', () => {
  assert.ok(runTable('journal-child.ts', [], process.env) >= 120);
});

test('a backup with errors in its own folder gets there, or says in words why not', async () => {
  await using school = await startSchool({ laptops: 1 });
  const laptop = school.laptop(0);
  const env = { ...laptop.env, DS_BACKUP_SOAK: process.env.DS_BACKUP_SOAK };
  const cases = runTable('run-child.ts', laptop.where(), env);
  console.log(`${cases} cases`);
});

test('a restore with errors in the Journal and in its own folder is whole, or says what is not', async () => {
  await using school = await startSchool({ laptops: 1 });
  const laptop = school.laptop(0);
  await laptop.startBus();
  const env = { ...laptop.env, DS_BACKUP_SOAK: process.env.DS_BACKUP_SOAK };
  const cases = runTable('restore-child.ts', laptop.where(), env);
  console.log(`${cases} cases`);
});

test.run();
