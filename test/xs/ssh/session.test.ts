import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lockFile } from '../../../shared/system/lock.ts';
import { inCompletion, inLaptop } from '../../../xs/storage/paths.ts';
import { waitFor } from '../../runner/patience.ts';
import { refusedLater } from '../../shared/refused.ts';
import { makeLibrary, SERIAL, type TestLibrary } from '../library.ts';
import { CAPS, session, sessionCommand } from './session.ts';

const test = suite('a session does the operations of its laptop and nothing else');

/** Everything a hostile laptop may ask for instead; each must be refused before anything runs. */
const HOSTILE = [
  undefined,
  '',
  ' ',
  'sh',
  '/bin/sh -i',
  'bash -c id',
  'id',
  'cat /etc/passwd',
  'scp -t .',
  'scp -f /etc/passwd',
  'internal-sftp',
  '/usr/lib/openssh/sftp-server',
  'api; id',
  'api\nid',
  'api id',
  ' api',
  'API',
  'apiapi',
  'api$(id)',
  'api`id`',
  'rsync',
  'rsync --version',
  'rsync --server',
  'rsync --server --daemon .',
  'rsync --daemon --config=/tmp/x .',
  `rsync --server -ltrz${CAPS} . /etc`,
  `rsync --server -ltrz${CAPS} . /`,
  `rsync --server -ltrz${CAPS} . .`,
  `rsync --server -ltrz${CAPS} . ..`,
  `rsync --server -ltrz${CAPS} . ../SHC00800000/incoming`,
  `rsync --server -ltrz${CAPS} . incoming/..`,
  `rsync --server -ltrz${CAPS} . incoming/`,
  `rsync --server -ltrz${CAPS} . incoming/../../SHC00800000`,
  `rsync --server -ltrz${CAPS} . ./incoming`,
  `rsync --server -ltrz${CAPS} . /incoming`,
  `rsync --server -ltrz${CAPS} . datastore-latest`,
  `rsync --server -ltrz${CAPS} . datastore-2026-11-22_14:05`,
  `rsync --server -ltrz${CAPS} . datastore-current/`,
  `rsync --server -ltrz${CAPS} . datastore-current/../incoming`,
  `rsync --server -ltrz${CAPS} . pinned`,
  `rsync --server -ltrz${CAPS} . .pool`,
  `rsync --server -ltrz${CAPS} . ../.pool`,
  `rsync --server -ltrz${CAPS} . registration.json`,
  `rsync --server -ltrz${CAPS} . documents/../registration.json`,
  `rsync --server -ltrz${CAPS} . completion`,
  `rsync --server -ltrz${CAPS} . completion/SHC00800000`,
  `rsync --server -ltrz${CAPS} . completion/${SERIAL}/`,
  `rsync --server -ltrz${CAPS} . completion/../${SERIAL}`,
  `rsync --server -ltrz${CAPS} . /var/lib/ds-backup/completion/SHC00800000`,
  `rsync --server -ltrz${CAPS} . /var/lib/ds-backup/completion/`,
  `rsync --server -ltrz${CAPS} . /var/lib/ds-backup/completion/../x`,
  `rsync --server -ltrz${CAPS} incoming`,
  `rsync --server -ltrz${CAPS} . incoming extra`,
  `rsync --server -ltrz${CAPS} --delete . /`,
  `rsync --server -ltrz${CAPS} . incoming; id`,
  `rsync --server -ltrz${CAPS} . incoming|id`,
  `rsync --server -ltrz${CAPS} . incoming&id`,
  `rsync --server -ltrz${CAPS} . incoming\nid`,
  `rsync --server -ltrz${CAPS} . incoming\rid`,
  `rsync --server -ltrz${CAPS} . $HOME`,
  `rsync --server -ltrz${CAPS} . $(id)`,
  `rsync --server -ltrz${CAPS} . \`id\``,
  `rsync --server -ltrz${CAPS} . *`,
  `rsync --server -ltrz${CAPS} . in?oming`,
  `rsync --server -ltrz${CAPS} . [i]ncoming`,
  `rsync --server -ltrz${CAPS} . ~root`,
  `rsync --server -ltrz${CAPS} . 'incoming'`,
  `rsync --server -ltrz${CAPS} . "incoming"`,
  `rsync --server -ltrz${CAPS} . in\\coming`,
  `rsync --server -ltrz${CAPS} . incoming\x9b`,
  `rsync --server -ltrz${CAPS} . inc\u00f3ming`,
  `rsync --server -ltrz${CAPS} -e sh . incoming\t`,
  'rsync --server -ltrz . incoming',
  'rsync --server -ltrze. . incoming',
  'rsync --server --sender -ltrz . snapshots/datastore-2026-11-22_14:05/',
  `rsync --server -t . completion/${SERIAL}`,
  'rsync --server -ltrze.iLsfxCIvuM--rsh=id . incoming',
  'rsync --server -ltrze.iLsfx/../x . incoming',
  'rsync --server -ltrze.-ix . incoming',
  `rsync --server --sender -ltrz${CAPS} . incoming`,
  `rsync --server --sender -ltrz${CAPS} . datastore-current`,
  `rsync --server --sender -ltrz${CAPS} . /etc/`,
  `rsync --server --sender -ltrz${CAPS} . snapshots/`,
  `rsync --server --sender -ltrz${CAPS} . snapshots/../`,
  `rsync --server --sender -ltrz${CAPS} . snapshots/../../SHC00800000/`,
  `rsync --server --sender -ltrz${CAPS} . snapshots/datastore-current/`,
  `rsync --server --sender -ltrz${CAPS} . snapshots/datastore-latest/`,
  `rsync --server --sender -ltrz${CAPS} . snapshots/datastore-2026-11-22_14:05`,
  `rsync --server --sender -ltrz${CAPS} . snapshots/datastore-2026-11-22_14:05/../`,
  `rsync --server --sender -ltrz${CAPS} . snapshots/datastore-2026-11-22_14:05-2/../../x/`,
  `rsync --server --sender -ltrz${CAPS} . snapshots/datastore-2099-11-22_14:05/`,
  `rsync --server --sender -ltrz${CAPS} . snapshots/datastore-2026-01-01_00:00/`,
  `rsync --server --sender -ltrz${CAPS} . completion/${SERIAL}`,
  `rsync --sender --server -ltrz${CAPS} . snapshots/datastore-2026-11-22_14:05/`,
  `  rsync --server -ltrz${CAPS} . incoming`,
  `rsync  --server -ltrz${CAPS} . incoming`,
  `RSYNC --server -ltrz${CAPS} . incoming`,
  `/usr/bin/rsync --server -ltrz${CAPS} . incoming`,
  `env rsync --server -ltrz${CAPS} . incoming`,
  `rsync --server -ltrz${CAPS} . ${'x'.repeat(100_000)}`,
  ...['pinned/', 'pinned/../', 'pinned/x/', 'pinned/../incoming/', 'pinned/x/../../incoming/'].map(
    (target) => `rsync --server --sender -tRz${CAPS} . ${target}`,
  ),
  `rsync --server --sender -tRz${CAPS} . pinned/-x/${'a'.repeat(64)}/`,
  `rsync --server --sender -tRz${CAPS} . pinned/${'x'.repeat(36)}/${'g'.repeat(64)}/`,
  `rsync --server -tRz${CAPS} . pinned/${'x'.repeat(36)}/${'a'.repeat(64)}/`,
];

test(`${HOSTILE.length} hostile commands are refused with exit status 12 and one line`, () => {
  using library = makeLibrary();
  const home = inLaptop(library.paths, SERIAL).home;
  mkdirSync(join(home, 'datastore-2026-11-22_14:05'));
  symlinkSync('/etc', join(home, 'datastore-2026-01-01_00:00'));
  for (const command of HOSTILE) {
    const result = session(library, command);
    const shown = JSON.stringify(command)?.slice(0, 120);
    assert.is(result.status, 12, `${shown} ended with ${result.status}: ${result.stderr}`);
    assert.match(result.stderr, /^ds-backup: refused: .*\n$/, shown);
    assert.is(result.stdout, '', shown);
  }
  assert.ok(HOSTILE.length >= 80);
});

/** What a correct rsync would be greeted with: its protocol number. */
const ALLOWED = [
  `rsync --server -trIz${CAPS} --timeout=120 --partial-dir .part . incoming`,
  `rsync --server -ltrz${CAPS} --timeout=160 --delete --partial . datastore-current`,
  `rsync --server -ltrz${CAPS} --timeout=160 --delete --partial . documents`,
  `rsync --server -ltrz${CAPS} --timeout=160 --delete --partial . power-logs`,
  // rsync 2.6.9 sends no letters
  'rsync --server -ltrz --timeout=160 --delete --partial . datastore-current',
  'rsync --server -ltrz --timeout=160 --delete --partial . documents',
  `rsync --server -ltrz --timeout=10 --temp-dir /tmp . /var/lib/ds-backup/completion/${SERIAL}`,
  `rsync --server -t${CAPS} --timeout=60 . completion/${SERIAL}`,
  `rsync --server -ltrz${CAPS} --timeout=10 --temp-dir /tmp . /var/lib/ds-backup/completion/${SERIAL}`,
  `rsync --server --sender -tRz${CAPS} --files-from=- --from0 . snapshots/datastore-2026-11-22_14:05/`,
  `rsync --server --sender -tRz${CAPS} --files-from=- --from0 . snapshots/datastore-2026-11-22_14:05-2/`,
];

test('the operations of the protocol reach a real rsync in its sandbox', () => {
  using library = makeLibrary();
  const home = inLaptop(library.paths, SERIAL).home;
  for (const name of ['datastore-2026-11-22_14:05', 'datastore-2026-11-22_14:05-2']) {
    mkdirSync(join(home, name));
  }
  for (const command of ALLOWED) {
    const result = session(library, command);
    assert.is(result.stderr.includes('refused'), false, `${command}: ${result.stderr}`);
    // A stock rsync greets with its protocol version, 4 bytes, little-endian.
    assert.is(Buffer.from(result.stdout, 'latin1').length >= 4, true, command);
  }
});

/** What rsync calls as ssh, with HOST COMMAND…; `filter` is a shell command that the command passes. */
function remoteShell(library: TestLibrary, filter = 'cat'): string {
  const [script, conf, serial] = sessionCommand(library.paths, SERIAL);
  const shell = join(library.folder, 'rsh');
  const asked = `SSH_ORIGINAL_COMMAND=$(echo "$*" | ${filter})`;
  const text = `shift; ${asked} exec sh ${script} ${conf} ${serial}`;
  writeFileSync(shell, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return shell;
}

test('a newer rsync, which can more, is served as one of today', () => {
  using library = makeLibrary();
  const shell = remoteShell(library, "sed 's/ \\(-[A-Za-z]*e[.]\\)/ \\1ZqW/'");
  const source = join(library.folder, 'source');
  mkdirSync(source);
  writeFileSync(join(source, 'one'), 'x'.repeat(50_000));
  execFileSync('rsync', ['-trzI', '-e', shell, `${source}/`, 'host:incoming'], { stdio: 'pipe' });
  execFileSync('diff', ['-r', source, inLaptop(library.paths, SERIAL).incoming]);
});

test('a file of holes takes no more room at school than on the laptop', () => {
  using library = makeLibrary();
  const shell = remoteShell(library);
  const source = join(library.folder, 'source');
  mkdirSync(source);
  const file = join(source, 'holes');
  writeFileSync(file, 'begin');
  truncateSync(file, 64 << 20);
  appendFileSync(file, 'end');
  execFileSync('rsync', ['-trzI', '-e', shell, `${source}/`, 'host:incoming'], { stdio: 'pipe' });
  const { incoming } = inLaptop(library.paths, SERIAL);
  const arrived = statSync(join(incoming, 'holes'));
  assert.is(arrived.size, (64 << 20) + 3);
  assert.ok(arrived.blocks * 512 < 1 << 20, `${arrived.blocks} blocks`);
  execFileSync('cmp', [file, join(incoming, 'holes')]);
});

test('an rsync without such letters, as an XO has it, mirrors a folder', () => {
  using library = makeLibrary();
  const source = join(library.folder, 'source');
  mkdirSync(join(source, 'deep'), { recursive: true });
  for (const name of ['one', 'deep/two']) writeFileSync(join(source, name), name.repeat(5000));
  const shell = remoteShell(library);
  const { original } = inLaptop(library.paths, SERIAL);
  const send = () => {
    // Protocol 29 is that of rsync 2.6.9; rsync then sends no letters.
    const args = ['--protocol=29', '-z', '-rlt', '--partial', '--delete', '-e', shell];
    execFileSync('rsync', [...args, `${source}/`, 'host:datastore-current'], { stdio: 'pipe' });
    execFileSync('diff', ['-r', source, original]);
  };
  send();
  rmSync(join(source, 'one'));
  writeFileSync(join(source, 'deep', 'two'), 'changed');
  send();
});

test('options that a client slips in have no effect: the command line is ours', () => {
  using library = makeLibrary();
  const target = join(library.folder, 'pwned');
  const slipped = [
    `--log-file=${target}`,
    `--temp-dir=${library.folder}`,
    `--backup-dir=${target}`,
    `--partial-dir=${target}`,
    `--link-dest=/etc`,
    `--compare-dest=/etc`,
    `--copy-dest=/etc`,
    '--remove-source-files',
    '--write-devices',
    '--super',
    '--max-alloc=0',
    '--debug=ALL9',
    '--daemon',
  ];
  for (const option of slipped) {
    session(library, `rsync --server -trIz${CAPS} ${option} . incoming`);
    assert.is(existsSync(target), false, option);
  }
  assert.equal(readdirSync(inLaptop(library.paths, SERIAL).incoming), []);
});

test('the lock is out of reach of what runs in the sandbox, and ends with it', async () => {
  using library = makeLibrary();
  const { sessionLock } = inLaptop(library.paths, SERIAL);
  const child = spawn('sh', sessionCommand(library.paths, SERIAL), {
    env: { PATH: process.env.PATH, SSH_ORIGINAL_COMMAND: `rsync --server -trIz${CAPS} . incoming` },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data'); // rsync greets
  const programs = descendants(child.pid ?? 0);
  const confined = programs.filter(({ name }) => name === 'rsync' || name === 'bwrap');
  assert.ok(confined.some(({ name }) => name === 'rsync'));
  for (const { pid } of confined) assert.not(filesOf(pid).includes(sessionLock), `${pid}`);
  const now = { env: process.env, waitSeconds: 0 };
  await refusedLater(lockFile(sessionLock, now), 'busy');
  const holder = [{ pid: child.pid ?? 0 }, ...programs].find(({ pid }) =>
    filesOf(pid).includes(sessionLock),
  );
  process.kill(holder?.pid ?? 0, 'SIGKILL');
  await waitFor('the sessions to end', () => {
    return !confined.some(({ pid }) => existsSync(`/proc/${pid}/exe`));
  });
  await (await lockFile(sessionLock, now)).release();
});

/** All programs below this process. */
function descendants(parent: number): { pid: number; name: string }[] {
  const pids = readdirSync('/proc').map(Number).filter(Boolean);
  return pids.flatMap((pid) => {
    const stat = read(`/proc/${pid}/stat`);
    const [, name = '', above] = /\((.*)\) \w (\d+)/.exec(stat) ?? [];
    return Number(above) === parent ? [{ pid, name }, ...descendants(pid)] : [];
  });
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it ended meanwhile
  }
}

function filesOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((fd) => {
    try {
      return [readlinkSync(join(folder, fd))];
    } catch {
      return [];
    }
  });
}

test('no room: nothing is written below the reserve, and restores go on', () => {
  using library = makeLibrary();
  const { home } = inLaptop(library.paths, SERIAL);
  mkdirSync(join(home, 'datastore-2026-11-22_14:05'));
  const send = `rsync --server -trIz${CAPS} . incoming`;
  const full = session(library, send, SERIAL, 2 ** 50);
  assert.equal([full.status, full.stdout], [12, '']);
  assert.match(full.stderr, /refused: No space left on device/);
  const restore = `rsync --server --sender -tRz${CAPS} . snapshots/datastore-2026-11-22_14:05/`;
  const allowed = session(library, restore, SERIAL, 2 ** 50);
  assert.not.match(allowed.stderr, /refused/, 'a restore works on a full disk');
});

test('a completion file that is no plain file is not handed over', () => {
  using library = makeLibrary();
  const places = inCompletion(library.paths);
  symlinkSync('/etc/passwd', join(places.drop(SERIAL), SERIAL));
  session(library, `rsync --server -t${CAPS} --timeout=60 . completion/${SERIAL}`);
  assert.is(existsSync(places.waiting(SERIAL)), false);
});

test('nothing is uploaded without a lease when nobody can be asked for one', () => {
  using library = makeLibrary();
  for (const target of [
    'incoming',
    'datastore-current',
    'documents',
    'power-logs',
    `completion/${SERIAL}`,
    `/var/lib/ds-backup/completion/${SERIAL}`,
  ]) {
    const command = `rsync --server -ltrz${CAPS} . ${target}`;
    const { status, stderr } = session(library, command, SERIAL, 0, false);
    assert.is(status, 12, target);
    assert.match(stderr, 'ds-backup: refused: the service does not answer', target);
    assert.not.match(session(library, command).stderr, 'refused', target);
  }
});

/** What a key of the old server's database may and may not do. */
const ORIGINAL: [allowed: boolean, command: string][] = [
  [true, `rsync --server -ltrz${CAPS} --delete --partial . datastore-current`],
  [true, 'rsync --server -ltrz --delete --partial . documents'],
  [true, `rsync --server -ltrz${CAPS} . /var/lib/ds-backup/completion/${SERIAL}`],
  [false, 'api'],
  [false, `rsync --server -tIrz${CAPS} . incoming`],
  [false, `rsync --server -t${CAPS} . completion/${SERIAL}`],
  [false, `rsync --server --sender -tRz${CAPS} . snapshots/datastore-2026-11-22_14:05/`],
  [false, `rsync --server --sender -tRz${CAPS} . laptops/SHC00800000/snapshots/x/`],
  [false, `rsync --server --sender -tRz${CAPS} . pinned/${SERIAL}/0a/`],
];
for (const [allowed, command] of ORIGINAL) {
  test(`a key that may only back up ${allowed ? 'may' : 'may not'} ask for ${command}`, () => {
    using library = makeLibrary();
    const args = [...sessionCommand(library.paths, SERIAL), 'original'];
    const env = { PATH: process.env.PATH, SSH_ORIGINAL_COMMAND: command };
    const { stderr } = spawnSync('sh', args, { env, input: '', encoding: 'utf8' });
    assert.is(/a teacher has to approve this key/.test(stderr), !allowed, stderr);
    if (allowed) assert.not.match(stderr, 'refused');
  });
}

test.run();
