import { writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { childEnvironment, defaultProfile, readConfig, serverUrls } from '../../agent/config.ts';
import type { DsError } from '../../shared/errors.ts';
import { makeProfile } from './journal/journal.ts';

const test = suite('settings of the agent');

test('the server is the one on the command line, in the settings, or of Sugar', () => {
  const base = {
    trust: 'first-use' as const,
    bandwidth: 0,
    spreadSeconds: 0,
    batch: { bytes: 1, entries: 1 },
  };
  const urls = (server?: string, backupUrl = '') =>
    serverUrls({ ...base, ...(server && { server }) }, backupUrl);
  assert.equal(urls(), {
    server: 'http://schoolserver',
    registration: 'http://schoolserver:8080/',
  });
  assert.is(urls(undefined, 'CSN74803BB1@xs.school:backup').server, 'http://xs.school');
  assert.is(urls(undefined, 'nonsense').server, 'http://schoolserver');
  assert.is(urls(undefined, 'CSN74803BB1@[fd00::12]:backup').server, 'http://[fd00::12]');
  assert.equal(urls(undefined, 'http://[::1]:8080/'), {
    server: 'http://[::1]:8080',
    registration: 'http://[::1]:8080/',
  });
  assert.is(urls(undefined, 'https://xs.school/backup').server, 'https://xs.school');
  assert.equal(urls('http://a:1234/'), {
    server: 'http://a:1234',
    registration: 'http://a:1234/',
  });
});

test('a setting that does not exist or cannot be is an error that names it and its place', () => {
  using profile = makeProfile();
  const { paths } = profile;
  const error = (text: string) => {
    writeFileSync(paths.config, text);
    try {
      readConfig(paths, {});
    } catch (caught) {
      return (caught as DsError).message;
    }
    return 'no error';
  };
  assert.match(error('sever = "x"'), /config\.toml: unknown key "sever"/);
  assert.match(error('server = "schoolserver"'), /"server": must be an address/);
  assert.match(error('[batch]\nbytes = 0'), /"batch\.bytes"/);
  assert.match(error('='), /config\.toml:1:1 is not TOML/);
  assert.is(error('bandwidth = 100'), 'no error');
  assert.is(readConfig(paths, { bandwidth: 7 }).bandwidth, 7, 'the command line wins');
});

test('the environment says where the profile is, and does not change what rsync says', () => {
  assert.is(defaultProfile({ HOME: '/h' }), '/h/.sugar/default');
  assert.is(defaultProfile({ HOME: '/h', SUGAR_HOME: '/s', SUGAR_PROFILE: 'p' }), '/s/p');
  assert.equal(childEnvironment({ PATH: '/bin', RSYNC_RSH: 'rsh', LC_ALL: 'es_PE.UTF-8' }), {
    PATH: '/bin',
    LC_ALL: 'C.UTF-8',
  });
});

test.run();
