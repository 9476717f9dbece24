/** What is said where restic itself does not answer. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { initOffsite } from '../../../xs/offsite/offsite.ts';
import { withoutSecrets } from '../../../xs/offsite/restic.ts';
import { refusedLater } from '../../shared/refused.ts';
import { openWhole } from '../whole.ts';

const test = suite('restic');

test('a server without it is told to install it, and not that the disk is away', async () => {
  await using whole = await openWhole('[offsite]\nrepository = "/nowhere"\n');
  const { config, paths } = whole.library;
  const bin = join(paths.state, 'bin');
  mkdirSync(bin);
  for (const name of ['ionice', 'nice']) symlinkSync(`/usr/bin/${name}`, join(bin, name));
  const error = await refusedLater(initOffsite({ config, env: { PATH: bin } }), 'config');
  assert.match(error.message, 'restic is not installed');
  assert.match(error.hint ?? '', 'apt-get install restic');
});

test('names and passwords in an address are not shown', () => {
  const text = 'cannot open rest:https://jo:pa%20ss@away.example/x and sftp:u@host:/y';
  assert.is(withoutSecrets(text), 'cannot open rest:https://…@away.example/x and sftp:u@host:/y');
});

test.run();
