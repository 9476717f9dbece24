// alone
/**
 * The laptop's program as it is installed: what starts its agent, its manual page and its
 * completion; and taking it away again. Alone, because NetworkManager's hook wakes the agents of all
 * sessions on this machine.
 */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { build } from '../../../bundle/build.ts';
import { Bus, DAEMON } from '../../../shared/system/bus.ts';
import { generateJournal } from '../../journal/generator.ts';
import { waitFor } from '../../runner/patience.ts';
import { testIf } from '../../runner/skip.ts';
import type { Laptop } from '../laptop.ts';
import { type Daemon, startDaemon } from '../processes.ts';
import { type School, startSchool } from '../school.ts';
import { runsAsRoot } from '../server.ts';

const test = suite('the installed laptop program');
const installer = fileURLToPath(new URL('../../../bundle/install.sh', import.meta.url));
const NAME = 'org.sugarlabs.Backup1';

let school: School;
let laptop: Laptop;
let prefix: string;
let etc: string;

test.before(async () => {
  await build();
  school = await startSchool();
  laptop = school.laptop(0);
  prefix = join(school.folder, 'usr');
  etc = join(school.folder, 'etc');
  laptop.env.XDG_DATA_DIRS = `${join(prefix, 'share')}:/usr/share`;
  laptop.configure(`server = "${school.server.url}"\nspreadSeconds = 0\n`);
  generateJournal(laptop.journal, { entries: 3, seed: 5 });
  await install();
  await laptop.startBus();
});

test.after(async () => {
  await school?.[Symbol.asyncDispose]();
});

async function install(...more: string[]): Promise<void> {
  const done = await laptop.run('sh', [
    installer,
    'laptop',
    '--prefix',
    prefix,
    '--etc',
    etc,
    ...more,
  ]);
  assert.is(done.exitCode, 0, done.stderr);
  if (more.includes('--remove')) assert.is(done.stderr, '');
  else assert.match(done.stderr, /Sugar in \/usr does not look into .*ds_backup.*\nhint: .*ln -s/);
}

/** Whether the agent is on the laptop's bus. */
async function isAwake(): Promise<boolean> {
  using bus = await Bus.open(laptop.env.DBUS_SESSION_BUS_ADDRESS ?? '');
  const [owned] = await bus.call(DAEMON, 'NameHasOwner', 's', [NAME]);
  return owned === true;
}

/** With nothing to do it goes within ten seconds and a little. */
async function sleeps(): Promise<void> {
  await waitFor('the agent ends by itself', async () => !(await isAwake()));
}

test('the manual page is what man understands, and completion offers what there is', async () => {
  const page = join(prefix, 'share', 'man', 'man1', 'ds-backup.1');
  const shown = await laptop.run('man', ['--warnings', '-l', page]);
  assert.is(shown.stderr, '');
  // Lines are filled up with blanks.
  const text = shown.stdout.replace(/\s+/g, ' ');
  for (const words of ['restore SNAPSHOT', 'EXIT STATUS', '--bandwidth KIB']) {
    assert.ok(text.includes(words), words);
  }
  const script = join(prefix, 'share', 'bash-completion', 'completions', 'ds-backup');
  const complete = async (...words: string[]) => {
    const line = `. "${script}"; COMP_WORDS=(ds-backup ${words.map((word) => `'${word}'`).join(' ')})
      COMP_CWORD=${words.length}; _ds_backup; printf '%s ' "\${COMPREPLY[@]}"`;
    return (await laptop.run('bash', ['-c', line])).stdout.trim();
  };
  assert.is(await complete('re'), 'restore resume retry');
  assert.is(await complete('restore', 'l'), 'latest');
  assert.is(await complete('restore', 'latest', '--en'), '--entry');
  assert.is(await complete('unpin', '--en'), '');
});

test('"My class" stands where Sugar looks for accounts, readable for every child', () => {
  const folder = join(prefix, 'share', 'sugar', 'extensions', 'webservice', 'ds_backup');
  for (const name of ['account.py', 'ds_backup/ds_backup.py']) {
    const path = join(folder, name);
    assert.is(statSync(path).mode & 0o777, 0o644, name);
    assert.match(readFileSync(path, 'utf8'), /^# SPDX-License-Identifier: GPL-3\.0-or-later\n/);
  }
});

test('asking it starts the agent, which ends when nothing is left to do', async () => {
  const woken = await laptop.run(join(prefix, 'bin', 'ds-backup'), ['wake']);
  assert.equal([woken.exitCode, woken.stdout, woken.stderr], [0, '', '']);
  assert.ok(await isAwake());
  await sleeps();
  assert.ok(existsSync(join(laptop.profile, 'ds-backup-done')), 'it has seen to the backup');
});

const rooted = testIf(runsAsRoot, test, "NetworkManager's hook is run by root, as it is for real");

rooted(
  "a network that comes wakes the agent of Sugar's session, and nothing else does",
  async () => {
    const hook = join(etc, 'NetworkManager', 'dispatcher.d', '90-ds-backup');
    const shell = await startShell();
    try {
      assert.is((await laptop.run(hook, ['wlan0', 'down'])).exitCode, 0);
      assert.is((await laptop.run(hook, [])).exitCode, 0);
      assert.not(await isAwake(), 'a network that goes is no reason');
      assert.is((await laptop.run('env', ['-i', hook, 'wlan0', 'up'])).exitCode, 0);
      await waitFor('the agent is woken', isAwake);
    } finally {
      await shell.stop();
    }
    await sleeps();
  },
);

/** A process called as Sugar's shell is, in the laptop's session: all that the hook looks for. */
async function startShell(): Promise<Daemon> {
  const package_ = join(school.folder, 'python', 'jarabe');
  mkdirSync(package_, { recursive: true });
  writeFileSync(join(package_, '__init__.py'), '');
  writeFileSync(
    join(package_, 'main.py'),
    'import time\nprint("ready", flush=True)\ntime.sleep(600)\n',
  );
  const env = { ...laptop.env, PYTHONPATH: join(school.folder, 'python') };
  const shell = startDaemon('python3', ['-m', 'jarabe.main'], env);
  await shell.line(/ready/);
  return shell;
}

const hasSystemd = existsSync('/usr/bin/systemd-analyze');
const withSystemd = testIf(hasSystemd, test, 'systemd-analyze is not installed');

withSystemd('systemd takes the units as they are', async () => {
  const units = join(prefix, 'lib', 'systemd', 'user');
  const paths = ['ds-backup.service', 'ds-backup.timer'].map((name) => join(units, name));
  const checked = await laptop.run('systemd-analyze', ['verify', '--user', '--man=no', ...paths]);
  assert.equal([checked.exitCode, checked.stderr], [0, '']);
});

withSystemd('systemd calls the daily timer enabled for every user', async () => {
  const root = join(school.folder, 'machine');
  await laptop.run('sh', [
    installer,
    'laptop',
    '--destdir',
    root,
    '--prefix',
    '/usr',
    '--etc',
    '/etc',
  ]);
  const isEnabled = async () => {
    const ask = ['--root', root, '--global', 'is-enabled', 'ds-backup.timer'];
    return (await laptop.run('systemctl', ask)).stdout.trim();
  };
  assert.is(await isEnabled(), 'enabled');
  const links = join(root, 'etc', 'systemd', 'user');
  renameSync(join(links, 'timers.target.wants'), join(links, 'timers.target.wanted'));
  assert.is(await isEnabled(), 'disabled', 'a folder with another name is none that it reads');
});

test('another version takes its place; removed, nothing is left of it', async () => {
  const before = filesIn(prefix);
  await install();
  assert.equal(filesIn(prefix), before, 'the same files, and none beside');
  await install('--remove');
  assert.equal([filesIn(prefix), filesIn(etc)], [[], []]);
});

test('installed by somebody who keeps her own files to herself, everybody can run it', async () => {
  const elsewhere = join(school.folder, 'shared');
  const guarded = ['-c', 'umask 077; exec sh "$0" "$@"', installer, 'laptop'];
  const done = await laptop.run('sh', [...guarded, '--destdir', elsewhere]);
  assert.equal([done.exitCode, done.stderr], [0, '']);
  const names = readdirSync(elsewhere, { recursive: true, encoding: 'utf8' });
  assert.ok(names.length > 10);
  for (const name of names) {
    const stat = lstatSync(join(elsewhere, name));
    if (stat.isSymbolicLink()) continue;
    const needed = stat.isDirectory() || stat.mode & 0o100 ? 0o555 : 0o444;
    assert.is(stat.mode & needed, needed, name);
  }
  rmSync(elsewhere, { recursive: true });
});

test('an installation that cannot be is refused before anything is written', async () => {
  const elsewhere = join(school.folder, 'elsewhere');
  const wrong: [string[], number, RegExp][] = [
    [['--prefix', 'usr'], 1, /usr is not an absolute path.*\n.*\//],
    [['--prefix'], 2, /--prefix needs a folder/],
    [['--colour'], 2, /unknown option --colour/],
  ];
  for (const [args, exitCode, message] of wrong) {
    const done = await laptop.run('sh', [installer, 'laptop', '--destdir', elsewhere, ...args]);
    assert.is(done.exitCode, exitCode);
    assert.match(done.stderr, message);
  }
  assert.not(existsSync(elsewhere));
  rmSync(elsewhere, { recursive: true, force: true });
});

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !lstatSync(join(folder, name)).isDirectory())
    .sort();
}

test.run();
