/**
 * `install.sh` of a stick, with apt and dpkg as they are, on this machine as it is under a layer that is thrown away:
 * what it brings along, what it makes newer, and that it never makes anything older or takes anything away. The
 * packages are ours by name and version only; what they do is tried by `npm run test:install`.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { build } from '../../bundle/build.ts';
import { writeFirstStick } from '../../bundle/deb/first-stick.ts';
import { testIf } from '../runner/skip.ts';
import { temporaryFolder } from '../shared/folder.ts';
import { type Ran, Throwaway } from './throwaway.ts';

const all = suite('install.sh of a stick');
const folder = temporaryFolder(all);
const test = testIf(Throwaway.isPossible(), all, 'no overlayfs, apt or rights of root here');

const codename =
  /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? '';
const [OLD, NEW] = ['1.0+20261130.094214.4795dcda-1', '1.0+20261201.080000.00aabbcc-1'];
/** As on a system that has not seen us; what a whole Sugar brings stays. */
const BARE = 'dpkg --purge --force-depends sshfs restic';
const KEPT = '/var/lib/xs-backup/packages';

/** A package that does nothing. */
function makePackage(into: string, name: string, version: string, depends = ''): void {
  const tree = join(folder, 'tree');
  mkdirSync(join(tree, 'DEBIAN'), { recursive: true });
  mkdirSync(join(tree, 'var/lib/xs-backup'), { recursive: true });
  // dpkg takes a package for replaced whose files are all another's.
  mkdirSync(join(tree, 'usr/share', name), { recursive: true });
  writeFileSync(join(tree, 'usr/share', name, 'version'), version);
  mkdirSync(into, { recursive: true });
  const fields = {
    Package: name,
    Version: version,
    Architecture: 'all',
    Maintainer: 'x <x@localhost>',
  };
  const more = depends ? { Depends: depends } : {};
  const control = Object.entries({ ...fields, ...more, Description: 'x' });
  const lines = control.map(([field, value]) => `${field}: ${value}\n`);
  writeFileSync(join(tree, 'DEBIAN/control'), lines.join(''));
  const path = join(into, `${name}_${version}_all.deb`);
  execFileSync('dpkg-deb', ['-Zgzip', '-b', tree, path], { stdio: 'ignore' });
  rmSync(tree, { recursive: true });
}

/** A stick of this version; returns its folder. */
function makeStick(name: string, version: string, also: readonly string[] = []): string {
  const packages = join(folder, `${name} packages`);
  for (const one of ['xs-backup', 'ds-backup-agent']) makePackage(packages, one, version);
  makePackage(packages, 'sugar-activity-backup', version, `ds-backup-agent (= ${version})`);
  mkdirSync(join(packages, codename), { recursive: true });
  for (const one of also) makePackage(join(packages, codename), one, '99');
  const stick = join(folder, name);
  writeFirstStick(stick, packages);
  return stick;
}

const install = (machine: Throwaway, stick: string, part: string): Ran =>
  machine.sh(`sh '${stick}/install.sh' ${part}`);

/** Name and version of those that are installed, sorted. */
function installed(machine: Throwaway, ...names: string[]): string[] {
  const told = machine.sh(`dpkg -l ${names.join(' ')} 2>/dev/null`).stdout;
  return [...told.matchAll(/^ii +(\S+) +(\S+)/gm)].map(([, one, version]) => `${one} ${version}`);
}

let older: string;
let newer: string;

all.before(async () => {
  await build();
  older = makeStick('older stick', OLD, ['sshfs', 'restic']);
  newer = makeStick('newer stick', NEW, ['sshfs', 'restic']);
});

test('brings what shows a day in the Journal, and what makes the copy elsewhere', () => {
  using machine = new Throwaway(folder);
  machine.must(BARE);
  const laptop = install(machine, older, 'laptop');
  assert.is(laptop.exitCode, 0, laptop.stdout + laptop.stderr);
  assert.equal(installed(machine, 'sshfs', 'restic'), ['sshfs 99']);
  assert.is(install(machine, older, 'server').exitCode, 0);
  assert.equal(installed(machine, 'sshfs', 'restic'), ['restic 99', 'sshfs 99']);
});

test('installs from a stick that has neither', () => {
  using machine = new Throwaway(folder);
  machine.must(BARE);
  const plain = makeStick('plain stick', OLD);
  for (const part of ['laptop', 'server']) {
    const done = install(machine, plain, part);
    assert.is(done.exitCode, 0, done.stdout + done.stderr);
  }
  const names = ['ds-backup-agent', 'sugar-activity-backup', 'xs-backup'];
  assert.equal(
    installed(machine, ...names),
    names.map((name) => `${name} ${OLD}`),
  );
});

test('a newer stick makes all newer; an older one says what is there, and makes nothing older', () => {
  using machine = new Throwaway(folder);
  const names = ['ds-backup-agent', 'sugar-activity-backup', 'xs-backup'];
  for (const stick of [older, newer]) {
    for (const part of ['laptop', 'server']) {
      const done = install(machine, stick, part);
      assert.is(done.exitCode, 0, done.stdout + done.stderr);
      assert.not.match(done.stdout + done.stderr, /newer version/);
    }
  }
  const isNew = names.map((name) => `${name} ${NEW}`);
  assert.equal(installed(machine, ...names), isNew);
  const kept = machine.must(`ls ${KEPT}`);
  assert.match(kept, NEW);
  for (const part of ['laptop', 'server']) {
    const done = install(machine, older, part);
    assert.is(done.exitCode, 0, done.stdout + done.stderr);
    assert.match(done.stdout, new RegExp(`newer version.* ${NEW.replaceAll(/[.+]/g, '\\$&')}\n`));
  }
  assert.equal(installed(machine, ...names), isNew);
  assert.is(machine.must(`ls ${KEPT}`), kept, 'laptops are offered what they were offered before');
});

test('what is installed is not taken away to make another thing newer', () => {
  using machine = new Throwaway(folder);
  assert.is(install(machine, older, 'laptop').exitCode, 0);
  // Of this activity nothing newer can be had here.
  const packages = join(folder, 'odd packages');
  makePackage(packages, 'ds-backup-agent', NEW);
  makePackage(packages, 'sugar-activity-backup', NEW, 'no-such-package');
  writeFirstStick(join(folder, 'odd stick'), packages);
  const done = install(machine, join(folder, 'odd stick'), 'laptop');
  assert.is.not(done.exitCode, 0);
  assert.match(done.stderr, /This did not work/);
  assert.equal(installed(machine, 'ds-backup-agent', 'sugar-activity-backup'), [
    `ds-backup-agent ${OLD}`,
    `sugar-activity-backup ${OLD}`,
  ]);
});

all.run();
