import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeTemporaryFolder } from '../../../shared/system/temporary-folder.ts';
import { temporaryFolder } from '../folder.ts';

const test = suite('folders for the time a program runs');
const folder = temporaryFolder(test);

test('those of programs that were killed go, all others stay', () => {
  const { pid: dead } = spawnSync('true');
  const leftover = join(folder, `dsb-${dead}-Ab3dEf`);
  mkdirSync(join(leftover, 'deep'), { recursive: true });
  const others = ['dsb-away-x', `dsb-${dead}`, `other-${dead}-Ab3dEf`, `dsb-away-${dead}-Ab3dEf`];
  for (const name of others) mkdirSync(join(folder, name));
  writeFileSync(join(folder, `dsb-${dead}-a_file`), '');
  const [one, two] = [makeTemporaryFolder(folder, 'dsb'), makeTemporaryFolder(folder, 'dsb')];
  assert.ok(existsSync(one) && existsSync(two) && one !== two);
  assert.not(existsSync(leftover));
  for (const name of [...others, `dsb-${dead}-a_file`])
    assert.ok(existsSync(join(folder, name)), name);
});

test.run();
