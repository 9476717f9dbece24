/**
 * `npm run test:install [trixie | bookworm]`: the packages on a machine that has nothing, without a network,
 * with its own systemd: installed from a folder as from a stick, a backup, the plug, a restore, an upgrade,
 * removed, installed again, purged. Nothing is listened at that should not be, and no child's work goes.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { makePackages } from '../../bundle/deb/main.ts';
import { describeForTerminal } from '../../shared/errors.ts';
import { generateJournal } from '../journal/generator.ts';
import { Machine, makeBase } from './machine.ts';

/** What the two packages depend on; downloaded beforehand, as `xs-backup stick` would lay it on a stick. */
const NEEDED =
  'nodejs openssh-server openssh-client bubblewrap rsync socat openssl libnss-wrapper adduser libglib2.0-bin'.split(
    ' ',
  );
const ENTRIES = 40;
const CHILD = 'jocinta';
const JOURNAL = `home/${CHILD}/.sugar/default/datastore`;
/** Ours: "may I?" and pages, registration, sessions, pages over HTTPS. In hexadecimal, as /proc/net/tcp has them. */
const OUR_PORTS = ['0050', '08AE', '1F90', '20FB'];

const [suite = 'trixie'] = process.argv.slice(2);
let steps = 0;

function step(name: string): void {
  steps += 1;
  process.stdout.write(`${String(steps).padStart(2)}  ${name}\n`);
}

/** Runs in the machine; what it printed. Anything but 0 is the end of the test. */
function must(machine: Machine, script: string): string {
  const ran = machine.sh(script);
  assert.is(ran.exitCode, 0, `${script}\n${ran.stdout}${ran.stderr}`);
  return ran.stdout;
}

function asChild(machine: Machine, command: string): string {
  return must(machine, `su ${CHILD} -c '${command}'`);
}

function listening(machine: Machine): string[] {
  const lines = must(machine, 'cat /proc/net/tcp /proc/net/tcp6').split('\n');
  const ports = lines.map((line) => /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) \S+ 0A /.exec(line)?.[1]);
  return [...new Set(ports.filter((port) => port !== undefined))].sort();
}

async function serves(machine: Machine): Promise<void> {
  while (!OUR_PORTS.every((port) => listening(machine).includes(port))) {
    const state = machine.run('systemctl', 'is-failed', 'xs-backup').stdout.trim();
    assert.is.not(
      state,
      'failed',
      machine.run('journalctl', '-u', 'xs-backup', '--no-pager').stdout,
    );
    await sleep(500);
  }
}

async function scenes(machine: Machine, folder: string): Promise<void> {
  await machine.boot();
  const install =
    'cd /srv/stick && DEBIAN_FRONTEND=noninteractive apt-get -y --no-install-recommends install ./*.deb';
  must(machine, install);
  await serves(machine);
  step('installed without a network and without a question');

  assert.equal(listening(machine), OUR_PORTS);
  for (const unit of ['ssh.service', 'ssh.socket']) {
    assert.is(machine.run('systemctl', 'is-enabled', unit).stdout.trim(), 'disabled', unit);
  }
  must(machine, 'systemctl --global is-enabled ds-backup.timer');
  step(
    'listens at 80, 8080, 8443 and 2222 only; the sshd of the machine stays off; the daily timer is on',
  );

  must(
    machine,
    `useradd -m ${CHILD}; mkdir -p /home/${CHILD}/.sugar/default; echo 127.0.0.1 schoolserver >>/etc/hosts`,
  );
  generateJournal(join(folder, 'journal'), { entries: ENTRIES, seed: 7 });
  cpSync(join(folder, 'journal'), join(machine.root, JOURNAL), { recursive: true });
  must(machine, `chown -R ${CHILD}: /home/${CHILD}`);
  asChild(machine, 'ds-backup now --direct --wait');
  step(`a laptop's ${ENTRIES} entries are safe, through the sandboxed unit`);

  await machine.powerOff();
  await machine.boot();
  await serves(machine);
  must(machine, 'xs-backup status');
  step('the plug is pulled and put back: served again, all is well');

  const snapshots = snapshotsIn(machine);
  assert.is(snapshots.length, 1);
  must(
    machine,
    `cd /library/users/*/${snapshots[0]} && xs-backup sums $(basename $(dirname $PWD)) ${snapshots[0]} | sha256sum -c --quiet`,
  );
  step('sha256sum finds every file of the snapshot as it was sent');

  must(machine, 'cd /srv/stick && dpkg -i xs-backup_*.deb ds-backup-agent_*.deb');
  await serves(machine);
  assert.equal(snapshotsIn(machine), snapshots);
  asChild(machine, 'ds-backup now --direct --wait');
  step('upgraded: data stays, the laptop goes on');

  must(machine, 'DEBIAN_FRONTEND=noninteractive apt-get -y purge xs-backup ds-backup-agent');
  assert.equal(listening(machine), []);
  assert.equal(snapshotsIn(machine), snapshots, 'a purge takes no library');
  assert.ok(existsSync(join(machine.root, JOURNAL)));
  must(machine, install);
  await serves(machine);
  asChild(machine, 'ds-backup now --direct --wait');
  must(machine, 'xs-backup status');
  step('purged and installed again: the same library, the same laptop, all is well');
}

function snapshotsIn(machine: Machine): string[] {
  const users = join(machine.root, 'library/users');
  return readdirSync(users)
    .filter((name) => !name.startsWith('.'))
    .flatMap((serial) => readdirSync(join(users, serial)))
    .filter((name) => /^datastore-\d/.test(name));
}

async function main(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('needs root: it boots a machine in namespaces');
  const folder = mkdtempSync(join(tmpdir(), 'ds-backup-install-'));
  try {
    const root = join(folder, 'machine');
    makeBase(suite, root, NEEDED);
    const stick = join(root, 'srv/stick');
    mkdirSync(stick);
    const downloaded = join(root, 'var/cache/apt/archives');
    for (const name of readdirSync(downloaded).filter((one) => one.endsWith('.deb'))) {
      cpSync(join(downloaded, name), join(stick, name));
    }
    for (const path of await makePackages(join(folder, 'packages'))) {
      if (!path.includes('sugar-activity'))
        cpSync(path, join(stick, path.slice(path.lastIndexOf('/') + 1)));
    }
    execFileSync('chroot', [root, 'apt-get', 'clean']);
    await using machine = new Machine(root, suite);
    await scenes(machine, folder);
    process.stdout.write(`${steps} passed, 0 failed\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${describeForTerminal(error)}\n`);
  process.exitCode = 1;
}
