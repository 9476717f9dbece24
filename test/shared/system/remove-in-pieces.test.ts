import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { emptyFolder, removeFolder } from '../../../shared/system/remove-in-pieces.ts';

const test = suite('removing what a session left');

let folder = '';
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'ds-remove-'));
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));

test('one name after the other, in folders too, and others have a turn after each', async () => {
  const deep = join(folder, 'deep', 'deeper');
  mkdirSync(deep, { recursive: true });
  for (let n = 0; n < 200; n += 1) writeFileSync(join(deep, `${n}`), '');
  const left: number[] = [];
  await emptyFolder(folder, async () => {
    left.push(existsSync(deep) ? readdirSync(deep).length : 0);
  });
  assert.equal(left, [...Array(200).keys()].reverse().concat(0, 0));
  assert.equal(readdirSync(folder), []);
});

test('what a link leads to stays, and so does nothing that is not there', async () => {
  const [inside, outside] = [join(folder, 'inside'), join(folder, 'outside')];
  for (const one of [inside, outside]) mkdirSync(one);
  writeFileSync(join(outside, 'kept'), '');
  symlinkSync(outside, join(inside, 'link'));
  const pause = async () => {};
  await removeFolder(inside, pause);
  assert.not.ok(existsSync(inside));
  assert.equal(readdirSync(outside), ['kept']);
  await removeFolder(inside, pause);
});

test('what is removed meanwhile by somebody else does not matter', async () => {
  mkdirSync(join(folder, 'deep'));
  for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, 'deep', name), '');
  let turns = 0;
  await removeFolder(folder, async () => {
    turns += 1;
    if (turns === 1) rmSync(folder, { recursive: true });
  });
  assert.not.ok(existsSync(folder));
});

test.run();
