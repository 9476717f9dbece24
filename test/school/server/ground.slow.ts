// weight: 40
/**
 * The ground under the server gives way: no disk, a full one, a read-only one, children that die, a
 * state folder that is removed. It serves what it can, says what it cannot, and comes back.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compareJournals, readJournal } from '../../journal/compare.ts';
import { changeJournal, generateJournal } from '../../journal/generator.ts';
import { waitFor } from '../../runner/patience.ts';
import { testIf } from '../../runner/skip.ts';
import type { Laptop } from '../laptop.ts';
import { type School, startSchool } from '../school.ts';
import { runsAsRoot, type TestServer } from '../server.ts';
import { settled } from '../settled.ts';

const test = suite('the ground under the server');
const rooted = testIf(runsAsRoot, test, 'mounting needs root');

async function ok(laptop: Laptop, ...args: string[]): Promise<void> {
  const { exitCode, stderr } = await laptop.backup(args);
  assert.is(exitCode, 0, `${args.join(' ')}: ${stderr}`);
}

async function schoolWithBackup(): Promise<{ school: School; laptop: Laptop; server: TestServer }> {
  const school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 8, seed: 5 });
  await ok(laptop, 'now');
  return { school, laptop, server: school.server };
}

async function restores(laptop: Laptop): Promise<void> {
  const before = readJournal(laptop.journal);
  await laptop.loseJournal();
  await laptop.startBus();
  await ok(laptop, 'restore', 'latest');
  assert.is(compareJournals(before, readJournal(laptop.journal)).identical, before.size);
}

/** `xs-backup status`: its exit code and what it printed. */
async function statusOf({ command, configFile }: TestServer, laptop: Laptop) {
  const [program = '', ...args] = [...command, 'status', '--config', configFile];
  const { exitCode, stdout } = await laptop.run(program, args);
  return { exitCode, stdout };
}

/** The pids of the service's children that run this program. */
function childrenOf({ daemon }: TestServer, program: string): number[] {
  const children = readFileSync(`/proc/${daemon.pid}/task/${daemon.pid}/children`, 'utf8');
  return children
    .split(' ')
    .filter((pid) => pid !== '')
    .map(Number)
    .filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(program));
}

function unmount(path: string): void {
  execFileSync('umount', ['--lazy', path]);
}

test('a disk that is not mounted begins no new school', async () => {
  const { school, laptop, server } = await schoolWithBackup();
  await using _school = school;
  await server.daemon.stop();
  renameSync(server.library, `${server.library}-elsewhere`);
  mkdirSync(server.library);
  const [program = '', ...first] = [...server.command, 'serve', '--config', server.configFile];
  const refused = await laptop.run(program, [...first, '--listen', '127.0.0.1:0']);
  assert.is(refused.exitCode, 1, refused.stderr);
  assert.match(refused.stderr, /is empty: its disk may not be mounted/);
  assert.match(refused.stderr, /hint: mount the right disk/);
  rmdirSync(server.library); // nothing was made there
  renameSync(`${server.library}-elsewhere`, server.library);
  await server.start();
  await ok(laptop, 'now');
});

rooted('on a disk without a free byte it starts after a power cut, and gives back', async () => {
  const { school, laptop, server } = await schoolWithBackup();
  await using _school = school;
  await server.daemon.stop();
  const home = join(server.library, '..');
  const saved = `${home}-saved`;
  execFileSync('cp', ['-a', home, saved]);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=40m,mode=0755', 'tmpfs', home]);
  try {
    execFileSync('cp', ['-a', `${saved}/.`, home]);
    await server.start();
    await ok(laptop, 'now');
    assert.throws(() => writeFileSync(join(home, 'ballast'), Buffer.alloc(80 << 20)), /ENOSPC/);
    await server.daemon.kill();
    await server.start();
    await restores(laptop);
    const { exitCode, stdout } = await statusOf(server, laptop);
    assert.is(exitCode, 3, stdout);
    assert.match(stdout, /The disk is (nearly )?full/);
    rmSync(join(home, 'ballast'));
    changeJournal(laptop.journal, { count: 2, seed: 8 });
    await settled();
    await ok(laptop, 'now');
    await server.daemon.stop();
  } finally {
    await server.daemon.kill();
    unmount(home);
  }
});

rooted('a library that became read-only is served, and said', async () => {
  const { school, laptop, server } = await schoolWithBackup();
  await using _school = school;
  const { library } = server;
  await server.daemon.stop();
  execFileSync('mount', ['--bind', library, library]);
  try {
    execFileSync('mount', ['-o', 'remount,ro,bind', library]);
    await server.start();
    await restores(laptop);
    changeJournal(laptop.journal, { count: 2, seed: 9 });
    await settled();
    const refused = await laptop.backup(['now']);
    assert.is(refused.exitCode, 1, refused.stderr);
    assert.match(refused.stderr, /read-only/);
    assert.not.match(refused.stderr, new RegExp(library), 'no path of the server');
    const { exitCode, stdout } = await statusOf(server, laptop);
    assert.is(exitCode, 3, stdout);
    assert.match(stdout, /does not work.*: library \(EROFS/);
    execFileSync('mount', ['-o', 'remount,rw,bind', library]);
    await server.daemon.line(/^works-again part=library/);
    await ok(laptop, 'now');
  } finally {
    await server.daemon.stop();
    unmount(library);
  }
});

for (const [part, portOf] of [
  ['http', ({ url }: TestServer) => Number(new URL(url).port)],
  ['sessions', ({ sshPort }: TestServer) => sshPort],
] as const) {
  test(`it starts while another program has the port of ${part}, says so, and takes it up later`, async () => {
    const { school, laptop, server } = await schoolWithBackup();
    await using _school = school;
    await server.daemon.stop();
    const port = portOf(server);
    // It greets, as another sshd would.
    const other = createServer((socket) => {
      socket.on('error', () => {}).end('SSH-2.0-another\r\n');
    });
    other.listen(port, '127.0.0.1');
    await once(other, 'listening');
    try {
      await server.start();
      const { exitCode, stdout } = await statusOf(server, laptop);
      assert.is(exitCode, 3, stdout);
      assert.match(stdout, new RegExp(`does not work.*: ${part} \\(`));
      if (part === 'http') assert.match(stdout, new RegExp(`Nobody answers at port ${port}`));
    } finally {
      other.close();
    }
    await server.daemon.line(new RegExp(`^works-again part=${part}`));
    changeJournal(laptop.journal, { count: 1, seed: 5 });
    await settled();
    await ok(laptop, 'now');
    await server.daemon.stop();
    assert.is(await server.daemon.ended, 0);
  });
}

test('sshd that dies is started again', async () => {
  const { school, laptop, server } = await schoolWithBackup();
  await using _school = school;
  const [sshd = 0] = childrenOf(server, 'sshd');
  process.kill(sshd, 'SIGKILL');
  await server.daemon.line(/^works-again part=sessions/);
  assert.not.equal(childrenOf(server, 'sshd'), [sshd]);
  changeJournal(laptop.journal, { count: 1, seed: 3 });
  await settled();
  await ok(laptop, 'now');
});

test('without its state folder, the service ends and can be started anew', async () => {
  const { school, laptop, server } = await schoolWithBackup();
  await using _school = school;
  rmSync(server.state, { recursive: true });
  assert.is(await server.daemon.ended, 1);
  await server.daemon.line(/was removed while it was in use/);
  await waitFor('the port to be free', () => !server.daemon.running());
  await server.start();
  changeJournal(laptop.journal, { count: 1, seed: 4 });
  await settled();
  await ok(laptop, 'now');
});

test.run();
