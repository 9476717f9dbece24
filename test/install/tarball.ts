/**
 * The tarball and `install.sh server --service` on a machine that has what the server needs: installed, made newer,
 * kept from port 80 by another program, with settings that are wrong, taken away. Whatever does not work is said in
 * a line with what to do about it, and in the exit code.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { distFolder } from '../../bundle/build.ts';
import { root as tree } from '../tree.ts';
import { listening, must, OUR_PORTS, serves, step } from './looks.ts';
import type { Machine, Ran } from './machine.ts';

const INSTALL = 'sh /srv/tarball/bundle/install.sh server --service';
const HTTP = '0050';
const SETTINGS = '/etc/xs-backup/config.toml';
/** What Debian's package would ask for, but its Node.js. */
const NEEDED = 'openssh-server bubblewrap rsync socat openssl libnss-wrapper';

/** Packages that judge what is shipped, beside those of a stick. */
export const JUDGES: readonly string[] = ['apparmor'];
/** The profile is of its version; older ones do not know the word "userns". */
const OLDEST_PARSER = 4;

/** `node`: our package of Node.js, where the system's own is too old. */
export async function tarballScenes(machine: Machine, node?: string): Promise<void> {
  unpack(machine);
  await refusedBeforeAnything(machine);
  await machine.boot();
  if (node) cpSync(node, join(machine.root, 'srv/node.deb'));
  if (node)
    must(machine, 'dpkg -i /srv/node.deb && ln -s ../lib/ds-backup-node/node /usr/bin/node');
  else installNeeded(machine, 'nodejs');
  const early = machine.sh(INSTALL);
  assert.is(early.exitCode, 1);
  assert.match(early.stderr, /^error: these programs are missing: .*sshd.*bwrap.*\nhint: .+\n$/);
  assert.equal(machine.sh('ls /usr/bin/xs-backup').exitCode, 2, 'nothing was written');
  installNeeded(machine, NEEDED);
  said(machine.sh(INSTALL), 0);
  await serves(machine);
  // The sshd of this machine is Debian's own affair here.
  assert.equal(ours(machine), OUR_PORTS);
  step('the tarball is installed: says what is missing first, and then serves');

  const before = mainPid(machine);
  said(machine.sh(INSTALL), 0);
  assert.is.not(mainPid(machine), before, 'the program that runs is the one that was installed');
  await serves(machine);
  step('installed again, the program that runs is the new one');

  await withoutPort80(machine);
  wrongSettings(machine);
  await serves(machine);
  appArmor(machine);

  said(machine.sh('sh /srv/tarball/bundle/install.sh server --remove'), 0);
  assert.equal(ours(machine), []);
  assert.is(machine.sh('ls /library/users /etc/xs-backup /var/lib/xs-backup').exitCode, 0);
  assert.is(machine.sh('ls /etc/apparmor.d/xs-backup').exitCode, 2);
  said(machine.sh(INSTALL), 0);
  await serves(machine);
  step('taken away: nothing listens, the library stays; installed again, it serves');
}

/** The newest tarball that can be made here. */
function unpack(machine: Machine): void {
  const packages = join(distFolder, 'packages');
  rmSync(packages, { recursive: true, force: true });
  execFileSync('sh', [join(tree, 'bundle/tarball.sh')], { stdio: 'ignore' });
  const [name = ''] = readdirSync(packages).filter((one) => one.endsWith('.tar.xz'));
  const target = join(machine.root, 'srv/tarball');
  mkdirSync(target, { recursive: true });
  const whole = ['-xf', join(packages, name), '-C', target, '--strip-components=1'];
  execFileSync('tar', whole);
}

function installNeeded(machine: Machine, names: string): void {
  const apt =
    'DEBIAN_FRONTEND=noninteractive apt-get -y --no-download --no-install-recommends install';
  must(machine, `${apt} ${names}`);
}

/** Where systemd does not run, and by somebody who may not. */
async function refusedBeforeAnything(machine: Machine): Promise<void> {
  const inside = ['chroot', machine.root, 'sh', '-c'];
  for (const [command, message] of [
    [INSTALL, /^error: systemd does not run here\nhint: .*xs-backup serve.*\n$/],
    [`setpriv --reuid=65534 ${INSTALL}`, /^error: .*root.*\nhint: .*sudo.*\n$/],
  ] as const) {
    const options = { encoding: 'utf8', stdio: 'pipe' } as const;
    let stderr = '';
    try {
      execFileSync('env', ['-i', 'PATH=/usr/sbin:/usr/bin', ...inside, command], options);
      assert.unreachable(command);
    } catch (error) {
      stderr = String((error as { stderr?: string }).stderr);
    }
    assert.match(stderr, message);
  }
}

/** As where nginx is: said, and all else works. */
async function withoutPort80(machine: Machine): Promise<void> {
  must(machine, 'systemctl stop xs-backup.service xs-backup-http.socket');
  must(
    machine,
    `systemd-run --unit=web -p Type=exec node -e 'require("node:http").createServer().listen(80)'`,
  );
  while (!listening(machine).includes(HTTP)) must(machine, 'systemctl is-active web');
  const done = machine.sh(INSTALL);
  assert.match(
    done.stderr,
    /^error: .*port 80.*\nhint: .*examples\/nginx\.conf.*apache\.conf.*\n$/,
  );
  assert.is(done.exitCode, 1);
  await serves(machine);
  must(machine, 'systemctl is-active xs-backup.service');
  must(machine, 'systemctl stop web');
  said(machine.sh(INSTALL), 0);
  await serves(machine);
  step('port 80 is taken: says so, with the way out; all other ports serve');
}

function wrongSettings(machine: Machine): void {
  must(machine, `mkdir -p /etc/xs-backup && echo 'no-such-setting = 1' >${SETTINGS}`);
  const done = machine.sh(INSTALL);
  assert.match(
    done.stderr,
    /^error: .*xs-backup does not start.*no-such-setting.*\nhint: .*journalctl -u xs-backup.*\n$/,
  );
  assert.is(done.exitCode, 1);
  must(machine, `: >${SETTINGS}`);
  said(machine.sh(INSTALL), 0);
  step('settings that are wrong: says what the program says');
}

/** A kernel that keeps user namespaces to itself, and no program to load a profile with. */
function appArmor(machine: Machine): void {
  const word = '/proc/sys/kernel/apparmor_restrict_unprivileged_userns';
  must(
    machine,
    `mount -t tmpfs tmpfs /proc/sys/kernel && echo 1 >${word} && mkdir -p /etc/apparmor.d`,
  );
  const done = machine.sh(INSTALL);
  must(machine, 'umount /proc/sys/kernel');
  assert.match(done.stderr, /^error: .*AppArmor.*\nhint: .*apparmor_parser -r .*\n$/);
  assert.is(done.exitCode, 1);
  must(machine, 'cmp /etc/apparmor.d/xs-backup /usr/share/xs-backup/apparmor');
  step('AppArmor is on and its profile cannot be loaded: says so');
  installNeeded(machine, 'apparmor');
  const [, major] = /parser version (\d+)/.exec(must(machine, 'apparmor_parser --version')) ?? [];
  if (Number(major) < OLDEST_PARSER) {
    process.stdout.write(`    not tried: apparmor_parser ${major} knows no "userns"\n`);
  } else {
    must(machine, 'apparmor_parser --skip-kernel-load --skip-cache /etc/apparmor.d/xs-backup');
    step('apparmor_parser takes the profile');
  }
}

/** Nothing is complained of. */
function said({ exitCode, stdout, stderr }: Ran, wanted: number): void {
  assert.equal([exitCode, stderr], [wanted, ''], stdout);
}

const ours = (machine: Machine) => listening(machine).filter((port) => OUR_PORTS.includes(port));
const mainPid = (machine: Machine) =>
  must(machine, 'systemctl show -P MainPID xs-backup.service').trim();
