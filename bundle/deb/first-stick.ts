/**
 * `npm run stick -- DIR [SUITE…]`: a stick for a school that has no server yet, made where there is a network:
 * our packages, and of each Debian release what a bare system lacks. Needs root. Later sticks
 * are written by the server itself, with its key: `xs-backup stick`.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeForTerminal } from '../../shared/errors.ts';
import { stickFiles } from '../../xs/stick/contents.ts';
import { writeStick } from '../../xs/stick/write.ts';
import { distFolder } from '../build.ts';
import { makeForAll } from '../modes.ts';
import { makePackages } from './main.ts';
import { packages } from './packages.ts';

const ENV = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/tmp', TERM: 'dumb', LANG: 'C.UTF-8' };
/**
 * What server and laptop depend on, without what is named with a version (a system's own Node.js and libraries),
 * and what they are of more use with.
 */
const NEEDED = packages('', '')
  .filter(({ name }) => ['xs-backup', 'ds-backup-agent'].includes(name))
  .flatMap(({ depends, onStick = [] }) => [
    ...depends.filter((one) => !/[ |]/.test(one)),
    ...onStick,
  ]);
/** Debian 12 has a Node.js that is too old; ds-backup-node takes its place. */
const NEEDED_OF: Readonly<Record<string, readonly string[]>> = {
  bookworm: NEEDED,
  trixie: [...NEEDED, 'nodejs'],
};
export const SUITES: readonly string[] = Object.keys(NEEDED_OF);

/** Makes `base`, a minimal system with systemd; what it lacks, and `also`, lies in its apt archive afterwards. */
export function makeBareSystem(suite: string, base: string, also: readonly string[] = []): void {
  const include = 'systemd,systemd-sysv,dbus';
  const made = ['--variant=minbase', `--include=${include}`, suite, base];
  execFileSync('debootstrap', made, { stdio: ['ignore', 'ignore', 'inherit'] });
  execFileSync('chroot', [base, 'apt-get', 'clean'], { env: ENV });
  for (const args of [
    ['update'],
    ['install', '-y', '-d', '--no-install-recommends', ...(NEEDED_OF[suite] ?? NEEDED), ...also],
  ]) {
    execFileSync('chroot', [base, 'apt-get', '-q', ...args], { env: ENV, stdio: 'ignore' });
  }
}

/** Copies what the bare system lacks into `packages/SUITE`. */
export function takeMissing(suite: string, base: string, packages: string): void {
  const archives = join(base, 'var/cache/apt/archives');
  mkdirSync(join(packages, suite), { recursive: true });
  for (const name of readdirSync(archives).filter((one) => one.endsWith('.deb'))) {
    cpSync(join(archives, name), join(packages, suite, name));
  }
}

/** A stick that knows no school: `install.sh`, its words, and what lies in `packages`. */
export function writeFirstStick(folder: string, packages: string): void {
  mkdirSync(folder, { recursive: true });
  const script = join(distFolder, 'stick/install.sh');
  const locale = join(distFolder, 'locale');
  writeStick(folder, stickFiles({ script, locale }, packages, undefined), () => {});
}

async function main(folder: string | undefined, suites: readonly string[]): Promise<void> {
  if (folder === undefined || suites.some((one) => !SUITES.includes(one))) {
    throw new Error(`usage: npm run stick -- DIR [${SUITES.join(' | ')}]…`);
  }
  const work = mkdtempSync(join(tmpdir(), 'ds-backup-stick-'));
  try {
    const packages = join(work, 'packages');
    for (const path of await makePackages(join(work, 'made'))) {
      cpSync(path, join(packages, basename(path)));
    }
    for (const suite of suites.length > 0 ? suites : SUITES) {
      const base = join(work, suite);
      makeBareSystem(suite, base);
      takeMissing(suite, base, packages);
    }
    writeFirstStick(folder, packages);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  makeForAll();
  try {
    const [folder, ...suites] = process.argv.slice(2);
    await main(folder, suites);
  } catch (error) {
    process.stderr.write(`${describeForTerminal(error)}\n`);
    process.exitCode = 1;
  }
}
