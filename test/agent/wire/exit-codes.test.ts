import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { explainRsync } from '../../../agent/wire/rsync.ts';
import { explainSsh } from '../../../agent/wire/ssh.ts';
import type { ErrorCode } from '../../../shared/errors.ts';

const test = suite('what the exit codes of rsync and ssh mean');

const RSYNC: [number, string, 'send' | 'fetch', ErrorCode | 'partial'][] = [
  [11, 'write failed on "/incoming/x": No space left on device (28)', 'send', 'server-full'],
  [23, 'mkstemp "/incoming/.x" failed: No space left on device (28)', 'send', 'server-full'],
  [11, 'write failed on "x": No space left on device (28)', 'fetch', 'laptop-full'],
  [11, 'write failed: Disk quota exceeded (122)', 'fetch', 'laptop-full'],
  [23, 'mkstemp "/incoming/.x" failed: Read-only file system (30)', 'send', 'server-trouble'],
  [23, 'some files could not be transferred', 'send', 'partial'],
  [24, 'some files vanished', 'send', 'partial'],
  [12, 'ds-backup: refused: not a place of this laptop', 'send', 'server-refused'],
  [12, 'ds-backup: refused: all-slots-taken, come back in 40 seconds', 'send', 'server-busy'],
  [12, 'ds-backup: refused: the service does not answer', 'send', 'server-unreachable'],
  [12, 'connection unexpectedly closed', 'send', 'transfer'],
  [30, 'timeout in data send/receive', 'fetch', 'transfer'],
  [255, 'Broken pipe', 'send', 'transfer'],
  [10, '', 'send', 'transfer'],
];
for (const [code, stderr, direction, expected] of RSYNC) {
  test(`rsync's exit code ${code} (${stderr || 'silent'}) on ${direction} is ${expected}`, () => {
    const result = explainRsync(code, stderr, direction);
    assert.is(result === 'partial' ? result : result.code, expected);
  });
}

const SSH: [string, ErrorCode][] = [
  ['Host key verification failed.', 'untrusted-server'],
  ['ds-receive@host: Permission denied (publickey).', 'not-registered'],
  ['exec: /var/lib/xs-backup/ssh/ds-session: Permission denied', 'server-unreachable'],
  ['ssh: connect to host x port 22: Connection refused', 'server-unreachable'],
  ['', 'server-unreachable'],
];
for (const [stderr, expected] of SSH) {
  test(`"${stderr}" of ssh is ${expected}`, () => {
    assert.is(explainSsh(255, stderr, 'http://x').code, expected);
  });
}

test.run();
