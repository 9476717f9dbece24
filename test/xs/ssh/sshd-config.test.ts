import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { keepKnown } from '../../../xs/ssh/sshd-config.ts';

const test = suite("sshd's configuration");

test('options that the installed sshd does not know are left out, the others keep their order', async () => {
  const lines = ['A 1', 'B no', 'C 2'];
  assert.equal(await keepKnown(lines, async (line) => line !== 'B no'), ['A 1', 'C 2']);
  assert.equal(await keepKnown(lines, async () => false), []);
});

test.run();
