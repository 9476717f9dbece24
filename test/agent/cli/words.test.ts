import { Readable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { exitCodeOf, runCli } from '../../../agent/cli/cli.ts';
import { realClock } from '../../../shared/clock.ts';
import { DsError, type ErrorCode } from '../../../shared/errors.ts';
import { VERSION } from '../../../shared/version.ts';
import { makeProfile } from '../journal/journal.ts';

const test = suite('the command line');

const EXIT: [ErrorCode, number][] = [
  ['usage', 2],
  ['busy', 75],
  ['server-busy', 75],
  ['server-unreachable', 75],
  ['pending-approval', 77],
  ['not-registered', 77],
  ['untrusted-server', 77],
  ['laptop-full', 1],
  ['internal', 1],
];
for (const [code, expected] of EXIT) {
  test(`exit code ${expected} for ${code}`, () => {
    assert.is(exitCodeOf(new DsError(code, 'x')), expected);
  });
}

async function cli(...args: string[]) {
  const out = { stdout: '', stderr: '', exitCode: 0 };
  using profile = makeProfile();
  out.exitCode = await runCli({
    args: [...args, '--direct', '--profile', profile.paths.profile],
    env: {},
    clock: realClock,
    stdout: (text) => {
      out.stdout += text;
    },
    stderr: (text) => {
      out.stderr += text;
    },
    isTerminal: false,
    stdin: Readable.from([]),
    stop: new AbortController(),
    self: [],
  });
  return out;
}

const WRONG: [string[], RegExp][] = [
  [[], /a command is needed/],
  [['dance'], /there is no command "dance"/],
  [['now', 'please'], /"now" takes no argument/],
  [['restore'], /"restore" takes a snapshot/],
  [['now', '--entry', 'x'], /"now" does not take --entry/],
  [['now', '--sideways'], /sideways/],
  [['now', '--bandwidth', 'fast'], /--bandwidth must be a whole number/],
];
for (const [args, message] of WRONG) {
  test(`wrong arguments: ds-backup ${args.join(' ')}`, async () => {
    const done = await cli(...args);
    assert.is(done.exitCode, 2, done.stderr);
    assert.match(done.stderr, message);
    assert.match(done.stderr, /hint: ds-backup --help/);
    assert.is(done.stdout, '');
  });
}

test('a snapshot that is no name of one is refused before anything is asked', async () => {
  const done = await cli('restore', '../../etc');
  assert.is(done.exitCode, 1);
  assert.match(done.stderr, /is not a snapshot name \[bad-id\]/);
});

test('help, version and status need no server', async () => {
  assert.match((await cli('--help')).stdout, /ds-backup now/);
  assert.is((await cli('--version')).stdout, `ds-backup ${VERSION}\n`);
  const status = await cli('status', '--server', 'http://127.0.0.1:1', '--json');
  assert.is(status.exitCode, 0, status.stderr);
  assert.equal(JSON.parse(status.stdout), {
    serial: null,
    server: 'http://127.0.0.1:1',
    enrolment: 'none',
    lastSnapshot: null,
    done: null,
    unfinishedRestores: [],
  });
});

test('no server: try again later, in words', async () => {
  const done = await cli('now', '--server', 'http://127.0.0.1:1');
  assert.is(done.exitCode, 75, done.stderr);
  assert.match(done.stderr, /error: no answer from http:\/\/127\.0\.0\.1:1.*\nhint: /);
});

test.run();
