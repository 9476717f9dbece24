/**
 * bundle/setup.sh installs what this tree's programs, build and tests call. Seen are programs that are named where
 * they are started (`spawn('rsync', …)`); what a script of the shell calls is not.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { testIf } from '../runner/skip.ts';
import { readTree, root } from '../tree.ts';

const all = suite('what setup.sh installs');
const test = testIf(existsSync('/usr/bin/dpkg-query'), all, 'no dpkg here');

const CALL =
  /\b(?:execFileSync|spawnSync|spawn|execFile|execFile\)|startDaemon|must|ran)\(\s*'([a-z0-9./_+-]+)'/g;
/** Where they are not there it goes without, or a test is skipped and says so. */
const WISHED = ['promtool', 'modprobe', 'systemd-inhibit'];
/** Comes with Node.js, and Sugar's are no commands of their own. */
const OTHERS = ['node', 'npm'];
/** Of packages that are installed for benchmarks, sticks and test:install only. */
const ABSENT: Readonly<Record<string, string>> = {
  ...{ borg: 'borgbackup', debootstrap: 'debootstrap', lintian: 'lintian', rpm: 'rpm' },
  ...{ nginx: 'nginx-light', apache2: 'apache2', rpmbuild: 'rpm', 'ansible-lint': 'ansible-lint' },
};
const PATH = ['/usr/bin', '/usr/sbin', '/bin', '/sbin'];

/** Program → a file that starts it. */
function called(): Map<string, string> {
  const found = new Map<string, string>();
  for (const [path, text] of readTree(/\.tsx?$/)) {
    for (const [, name = ''] of text.matchAll(CALL)) found.set(name, path);
  }
  for (const name of [...WISHED, ...OTHERS]) found.delete(name);
  return found;
}

interface Installed {
  essential: boolean;
  needs: string[];
}

function installed(): Map<string, Installed> {
  const fields = ['db:Status-Status', 'Package', 'Essential', 'Pre-Depends', 'Depends', 'Provides'];
  const format = `${fields.map((one) => `\${${one}}`).join('\\t')}\\n`;
  const told = execFileSync('dpkg-query', ['-W', '-f', format], { encoding: 'utf8' });
  const found = new Map<string, Installed>();
  for (const line of told.split('\n').filter((one) => one.startsWith('installed\t'))) {
    const [, name = '', essential, ...needs] = line.split('\t');
    const names = needs.slice(0, 2).join(',').split(/[,|]/);
    const them = names.map((one) => one.trim().replace(/[ :(].*/, '')).filter(Boolean);
    found.set(name, { essential: essential === 'yes', needs: them });
  }
  return found;
}

/** Those that setup.sh names, those of every Debian, and what they need. */
function comesAlong(): Set<string> {
  const script = readFileSync(join(root, 'bundle/setup.sh'), 'utf8');
  const lists = [...script.matchAll(/^(?:BENCH_|STICK_|INSTALL_)?PACKAGES='([^']*)'/gm)];
  const there = installed();
  const names = lists.flatMap(([, list = '']) => list.trim().split(/\s+/));
  for (const [name, { essential }] of there) if (essential) names.push(name);
  const along = new Set(names);
  for (const name of along) for (const one of there.get(name)?.needs ?? []) along.add(one);
  return along;
}

/** Program → the package that it is of, of those that are installed. */
function packagesOf(programs: readonly string[]): Map<string, string> {
  const places = new Map<string, string[]>();
  for (const program of programs) {
    const paths = program.startsWith('/') ? [program] : PATH.map((one) => join(one, program));
    const path = paths.find((one) => existsSync(one));
    if (path === undefined) continue;
    // dpkg knows it by one of these names.
    for (const one of [path, realpathSync(path), path.replace(/^\/usr/, '')]) {
      places.set(one, [...(places.get(one) ?? []), program]);
    }
  }
  const told = spawnSync('dpkg-query', ['-S', ...places.keys()], { encoding: 'utf8' }).stdout;
  const found = new Map<string, string>();
  for (const [, name = '', path = ''] of told.matchAll(/^(?!diversion)([^:,\s]+).*: (\/.*)$/gm)) {
    for (const program of places.get(path) ?? []) found.set(program, name);
  }
  return found;
}

test('every program that is started is of a package that it names, or of every Debian', () => {
  const programs = called();
  assert.ok(programs.size > 30, `${programs.size}`);
  const along = comesAlong();
  const owners = packagesOf([...programs.keys()]);
  const lacking = [...programs].flatMap(([program, path]) => {
    const owner = owners.get(program) ?? ABSENT[program];
    return owner && along.has(owner) ? [] : [`${program} (${owner}), in ${path}`];
  });
  assert.equal(lacking, []);
});

all.run();
