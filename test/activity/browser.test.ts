/**
 * The settings in which Browse is started.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { browseEnvironment } from '../../activity/browser.ts';
import { temporaryFolder } from '../shared/folder.ts';

const test = suite('the settings of Browse');
const folder = temporaryFolder(test);

function inProfile(env: NodeJS.ProcessEnv, dataFolder = join(folder, 'data')) {
  const failures: Error[] = [];
  const onFailure = (error: Error) => void failures.push(error);
  const made = browseEnvironment({ bundlePath: '/bundle', dataFolder, env, onFailure });
  return { made, failures };
}

test("the child's own settings come first, then what is empty and locked", () => {
  const named = join(folder, 'named');
  writeFileSync(named, 'user-db:user\nsystem-db:school');
  const { made, failures } = inProfile({ HOME: '/child', DCONF_PROFILE: named });
  assert.equal(failures, []);
  assert.is(made.HOME, '/child');
  assert.is(
    readFileSync(made.DCONF_PROFILE ?? '', 'utf8'),
    'user-db:user\nsystem-db:school\nfile-db:/bundle/browse.dconf\n',
  );
});

test('a profile that is not there is that of dconf itself', () => {
  const { made } = inProfile({ DCONF_PROFILE: join(folder, 'gone') });
  assert.is(
    readFileSync(made.DCONF_PROFILE ?? '', 'utf8'),
    'user-db:user\nfile-db:/bundle/browse.dconf\n',
  );
});

test('where nothing can be written Browse is started all the same, and the reason is told', () => {
  const { made, failures } = inProfile({ HOME: '/child' }, '/dev/null/data');
  assert.equal(made, { HOME: '/child' });
  assert.is(failures.length, 1);
});

test.run();
