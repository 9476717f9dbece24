/**
 * `npm run test:install [-- trixie | bookworm [BASE]]`: the packages on a machine that has nothing, without a
 * network, with its own systemd: an older package with a laptop that is sending, the upgrade from a folder as
 * from a stick, the plug, removed, installed again, purged. Nothing is listened at that should not be, and no
 * child's work goes. Then the tarball, on another machine that has nothing of ours. Before all, what is shipped
 * is judged by lintian, web servers, rpm and Ansible. BASE is a folder where the bare system is kept for the next time.
 */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { makeBareSystem, takeMissing, writeFirstStick } from '../../bundle/deb/first-stick.ts';
import { makePackages } from '../../bundle/deb/main.ts';
import { describeForTerminal } from '../../shared/errors.ts';
import { generateJournal } from '../journal/generator.ts';
import { checkShipped } from './checks.ts';
import { listening, must, OUR_PORTS, serves, step, stepsDone } from './looks.ts';
import { Machine } from './machine.ts';
import { JUDGES, tarballScenes } from './tarball.ts';

/** Where a system's own Node.js is too old. */
const NEEDS_NODE = ['bookworm'];
const PROGRAMS = ['xs-backup', 'ds-backup-agent'];
/** The most that `systemd-analyze security` may find, of 10. */
const EXPOSURE = 2.5;
const ENTRIES = 40;
const CHILD = 'jocinta';
const JOURNAL = `home/${CHILD}/.sugar/default/datastore`;
const [suite = 'trixie', kept] = process.argv.slice(2);
function asChild(machine: Machine, command: string): string {
  return must(machine, `su ${CHILD} -c '${command}'`);
}

/** As a teacher does it. */
function install(machine: Machine, stick: string, part: string): void {
  process.stdout.write(`    ${stick}, ${part}\n`);
  must(machine, `LANG=es_PE.UTF-8 sh '/srv/${stick}/install.sh' ${part}`);
}

async function scenes(machine: Machine, folder: string): Promise<void> {
  await machine.boot();
  install(machine, 'older stick', 'server');
  install(machine, 'older stick', 'laptop');
  await serves(machine);
  must(machine, 'command -v sshfs && command -v restic');
  step('installed without a network and without a question, and with what is of use beside it');

  assert.equal(listening(machine), OUR_PORTS);
  for (const unit of ['ssh.service', 'ssh.socket']) {
    assert.is(machine.run('systemctl', 'is-enabled', unit).stdout.trim(), 'disabled', unit);
  }
  must(machine, 'systemctl --global is-enabled ds-backup.timer');
  const judged = must(machine, 'systemd-analyze security --no-pager xs-backup.service');
  const exposure = Number(/exposure level for xs-backup.service: ([\d.]+)/.exec(judged)?.[1]);
  assert.ok(exposure <= EXPOSURE, judged);
  process.stdout.write(`    systemd-analyze security: ${exposure}\n`);
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
  must(machine, "echo 'a long password' | xs-backup teacher add Rosa");
  must(
    machine,
    'mkdir /srv/school && xs-backup stick /srv/school --packages /srv/stick/ds-backup/packages',
  );
  await upgradeWhileSending(machine, () => {
    install(machine, 'school', 'server');
    install(machine, 'school', 'laptop');
  });
  staysNew(machine);
  const [, digits = ''] =
    /^code: +(\d{3} ?\d{3})/m.exec(asChild(machine, 'ds-backup status --direct')) ?? [];
  must(machine, `xs-backup approve ${CHILD} ${digits}`);
  must(machine, 'xs-backup status');
  step(`upgraded while a laptop sent: its ${ENTRIES} entries are safe; six digits, all is well`);

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

  await comeAndGo(machine, snapshots);
}

async function comeAndGo(machine: Machine, snapshots: string[]): Promise<void> {
  must(machine, 'DEBIAN_FRONTEND=noninteractive apt-get -y remove xs-backup ds-backup-agent');
  assert.equal(listening(machine), []);
  install(machine, 'school', 'server');
  install(machine, 'school', 'laptop');
  await serves(machine);
  asChild(machine, 'ds-backup now --direct --wait');
  must(machine, 'xs-backup status');
  step('removed and installed again: served as before');

  must(machine, 'DEBIAN_FRONTEND=noninteractive apt-get -y purge xs-backup ds-backup-agent');
  assert.equal(listening(machine), []);
  assert.equal(snapshotsIn(machine), snapshots, 'a purge takes no library');
  assert.ok(existsSync(join(machine.root, JOURNAL)));
  must(machine, 'rm -r /etc/ds-backup');
  install(machine, 'school', 'server');
  install(machine, 'school', 'laptop');
  assert.match(must(machine, 'cat /etc/ds-backup/config.toml'), /^server-key = "ssh-ed25519 /m);
  await serves(machine);
  asChild(machine, 'ds-backup now --direct --wait');
  must(machine, 'xs-backup status');
  step('purged and installed again: the same library, the same laptop, all is well');
}

/** An older stick makes nothing older. */
function staysNew(machine: Machine): void {
  const version = () =>
    must(machine, 'xs-backup --version; ds-backup --version; dpkg -l xs-backup');
  const upgraded = version();
  install(machine, 'older stick', 'server');
  install(machine, 'older stick', 'laptop');
  assert.is(version(), upgraded);
}

/** What a child sends goes on where it was, whenever in between the packages are replaced. */
async function upgradeWhileSending(machine: Machine, upgrade: () => void): Promise<void> {
  machine.write(`home/${CHILD}/slow.toml`, 'bandwidth = 100\n');
  must(
    machine,
    `mkdir -p /etc/ds-backup && cp /home/${CHILD}/slow.toml /etc/ds-backup/config.toml`,
  );
  must(
    machine,
    `su ${CHILD} -c 'ds-backup now --direct --wait >~/log 2>&1; echo $? >~/done' </dev/null >/dev/null 2>&1 &`,
  );
  while (machine.sh('pgrep -x rsync').exitCode !== 0) await sleep(100);
  upgrade();
  await serves(machine);
  const done = join(machine.root, `home/${CHILD}/done`);
  while (!existsSync(done)) await sleep(500);
  must(machine, 'rm /etc/ds-backup/config.toml');
  asChild(machine, 'ds-backup now --direct --wait');
}

function snapshotsIn(machine: Machine): string[] {
  const users = join(machine.root, 'library/users');
  return readdirSync(users)
    .filter((name) => !name.startsWith('.'))
    .flatMap((serial) => readdirSync(join(users, serial)))
    .filter((name) => /^datastore-\d/.test(name));
}

async function onMachine(
  root: string,
  happens: (machine: Machine) => Promise<void>,
): Promise<void> {
  await using machine = new Machine(root, suite);
  await happens(machine);
}

/** The same package as one of yesterday. */
function makeOlder(path: string, into: string): void {
  const tree = mkdtempSync(join(tmpdir(), 'ds-backup-older-'));
  try {
    execFileSync('dpkg-deb', ['-R', path, tree]);
    const control = join(tree, 'DEBIAN/control');
    const text = readFileSync(control, 'utf8').replace(/^Version: /m, 'Version: 0.0.1+');
    writeFileSync(control, text);
    const target = join(into, basename(path).replace('_', '_0.0.1+'));
    execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '-z0', '-b', tree, target], {
      stdio: 'ignore',
    });
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('needs root: it boots a machine in namespaces');
  const folder = mkdtempSync(join(tmpdir(), 'ds-backup-install-'));
  try {
    const [root, other] = [join(folder, 'machine'), join(folder, 'other machine')];
    const base = kept ?? join(folder, 'base');
    const names = [...PROGRAMS, ...(NEEDS_NODE.includes(suite) ? ['ds-backup-node'] : [])];
    if (!existsSync(base)) makeBareSystem(suite, base, JUDGES);
    for (const copy of [root, other]) execFileSync('cp', ['-a', base, copy]);
    const packages = join(folder, 'packages');
    const older = join(folder, 'older');
    takeMissing(suite, root, packages);
    takeMissing(suite, root, older);
    const made = await makePackages(join(folder, 'made'), names);
    await checkShipped(made);
    let node: string | undefined;
    for (const path of made) {
      if (basename(path).startsWith('ds-backup-node_')) node = path;
      cpSync(path, join(packages, basename(path)));
      if (PROGRAMS.some((name) => basename(path).startsWith(`${name}_`))) makeOlder(path, older);
      else cpSync(path, join(older, basename(path)));
    }
    writeFirstStick(join(root, 'srv/older stick'), older);
    writeFirstStick(join(root, 'srv/stick'), packages);
    execFileSync('chroot', [root, 'apt-get', 'clean']);
    await onMachine(root, (machine) => scenes(machine, folder));
    await onMachine(other, (machine) => tarballScenes(machine, node));
    process.stdout.write(`${stepsDone()} passed, 0 failed\n`);
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
