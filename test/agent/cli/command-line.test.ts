import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseArguments } from '../../../agent/cli/arguments.ts';
import { exitCodeOf, runCli } from '../../../agent/cli/cli.ts';
import { AGENT_PROPERTIES } from '../../../shared/backup-bus.ts';
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

async function run(...args: string[]) {
  const out = { stdout: '', stderr: '', exitCode: 0 };
  out.exitCode = await runCli({
    args,
    env: {},
    clock: realClock,
    stdout: (text) => {
      out.stdout += text;
    },
    stderr: (text) => {
      out.stderr += text;
    },
    isTerminal: false,
    parent: process,
    stop: new AbortController(),
    self: [],
  });
  return out;
}

/** Without the agent, in a profile of its own. */
async function cli(...args: string[]) {
  using profile = makeProfile();
  return await run(...args, '--direct', '--profile', profile.paths.profile);
}

const WRONG: [string[], RegExp][] = [
  [[], /a command is needed/],
  [['dance'], /unknown command 'dance'/],
  [['stats'], /unknown command 'stats' \(Did you mean status\?\)/],
  [['now', 'please'], /too many arguments for 'now'/],
  [['restore'], /missing required argument 'SNAPSHOT\|latest'/],
  [['now', '--entry', 'x'], /"now" does not take --entry/],
  [['now', '--sideways'], /unknown option '--sideways'/],
  [['now', '--bandwidth', 'fast'], /--bandwidth must be a whole number/],
  [['restore', 'latest', '--of'], /--of needs a value, and --direct is an option/],
  [['pause', '--json'], /"pause" does not take --direct: only the agent can do it/],
  [['status', '--wait'], /"status" does not take --wait/],
  [['agent', '--json'], /"agent" does not take --json/],
];
for (const [args, message] of WRONG) {
  test(`wrong arguments: ds-backup ${args.join(' ')}`, async () => {
    const done = await cli(...args);
    assert.is(done.exitCode, 2, done.stderr);
    assert.match(done.stderr, message);
    assert.match(done.stderr, /\[usage\]\nhint: .*ds-backup .*--help\n$/);
    assert.is(done.stdout, '');
  });
}

test('options belong after the command', () => {
  assert.throws(() => parseArguments(['--json', 'status']), /--json belongs after the command/);
  assert.throws(() => parseArguments(['restore', 'latest', '--of']), /argument missing/);
});

test('settings are refused where the agent does the work, because it has its own', () => {
  assert.throws(() => parseArguments(['now', '--server', 'http://x']), /--server is for --direct/);
  const direct = parseArguments(['now', '--server', 'http://x', '--direct']);
  assert.equal(direct, {
    type: 'command',
    command: 'now',
    arguments: [],
    options: { server: 'http://x', direct: true },
  });
  const agent = parseArguments(['agent', '--server', 'http://x']);
  assert.equal(agent, { ...direct, command: 'agent', options: { server: 'http://x' } });
});

test('a worker that a person starts says that it is none of hers', async () => {
  const done = await run('worker');
  assert.is(done.exitCode, 2);
  assert.match(done.stderr, /started by the agent only/);
});

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
    ...{ LastBackup: 0, LastSnapshot: '', Registration: 'none', PairingCode: '', Serial: '' },
    ...{
      ServerTrust: 'none',
      Server: 'http://127.0.0.1:1',
      SafeEntries: 0,
      TotalEntries: 0,
      WaitingEntries: 0,
      ProblemEntries: 0,
      Unfinished: [],
    },
  });
  const words = await cli('status', '--server', 'http://127.0.0.1:1');
  assert.match(words.stdout, /^safe at school: +0 of 0 entries\nlast backup: +-\nlaptop: +not reg/);
  assert.match((await run('restore', '--help')).stdout, /restore \[options\] <SNAPSHOT\|latest>/);
});

test('every property that status prints without the agent is one of the agent', async () => {
  const status = await cli('status', '--json', '--server', 'http://127.0.0.1:1');
  for (const name of Object.keys(JSON.parse(status.stdout))) {
    assert.ok(Object.hasOwn(AGENT_PROPERTIES, name), name);
  }
});

test('no server: try again later, in words', async () => {
  const done = await cli('now', '--server', 'http://127.0.0.1:1');
  assert.is(done.exitCode, 75, done.stderr);
  assert.match(done.stderr, /error: no answer from http:\/\/127\.0\.0\.1:1.*\nhint: /);
});

test.run();
