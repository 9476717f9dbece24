/**
 * What this machine needs for the things that tests wait for most: the start of a process, a durable
 * write, an SSH login. The runner measures them first of all and hands them to every test file, and
 * every limit of a test is a multiple of them: a slow machine takes longer, and fails nothing.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { writeFileDurably } from '../../shared/system/files.ts';

export interface Units {
  /** Milliseconds from the start of a node that does nothing to its end. */
  process: number;
  /** Milliseconds of a write that is still there after a power cut. */
  write: number;
  /** Milliseconds of an SSH login that runs one command. */
  login: number;
}

/** Where test files find them, as JSON. */
export const UNITS_VARIABLE = 'DS_BACKUP_TEST_UNITS';

/** A quiet machine of two cores with a disk of its own. Limits are written down for such a machine. */
const REFERENCE: Units = { process: 45, write: 15, login: 250 };
/** Where no sshd can be run for a try, a login is taken for so many processes: what REFERENCE says. */
const PROCESSES_PER_LOGIN = REFERENCE.login / REFERENCE.process;
const TRIES = 3;

/** Measures all three; takes about a second. */
export async function measureUnits(): Promise<Units> {
  const folder = mkdtempSync(join(tmpdir(), 'ds-backup-units-'));
  try {
    const process = await measureProcess();
    const file = join(folder, 'file');
    const write = await middleOf(async () => writeFileDurably(file, 'a durable write\n'));
    const login = await measureLogin(folder).catch(() => PROCESSES_PER_LOGIN * process);
    return { process, write, login };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Milliseconds of a process's life, now. */
export function measureProcess(): Promise<number> {
  return middleOf(() => ended(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' })));
}

/** How many times slower than the reference, by the unit that is worst; never below 1. */
export function slownessOf(units: Units): number {
  const { process, write, login } = REFERENCE;
  return Math.max(1, units.process / process, units.write / write, units.login / login);
}

let known: Units | undefined;

/** What the runner has measured; a test file that is run by itself measures processes only. */
export function units(): Units {
  known ??= readUnits(process.env[UNITS_VARIABLE]) ?? measureNow();
  return known;
}

export function formatUnits({ process, write, login }: Units): string {
  const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
  return `a process ${ms(process)}, a durable write ${ms(write)}, an ssh login ${ms(login)}`;
}

function readUnits(text: string | undefined): Units | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Units);
}

function measureNow(): Units {
  const start = performance.now();
  execFileSync(process.execPath, ['-e', '0']);
  const ms = performance.now() - start;
  return { process: ms, write: REFERENCE.write, login: PROCESSES_PER_LOGIN * ms };
}

/** The middle one of a few: neither the one that waited for a disk nor the one that was lucky. */
async function middleOf(act: () => Promise<void>): Promise<number> {
  const all: number[] = [];
  for (let n = 0; n < TRIES; n += 1) {
    const start = performance.now();
    await act();
    all.push(performance.now() - start);
  }
  return all.sort((a, b) => a - b)[Math.floor(TRIES / 2)] ?? 0;
}

/** The real programs with a key of their own, over a pipe instead of a port. */
async function measureLogin(folder: string): Promise<number> {
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const [host, key] = [join(folder, 'host'), join(folder, 'key')];
  for (const file of [host, key]) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', file]);
  }
  const settings = ['StrictModes no', 'UsePAM no', `HostKey ${host}`];
  const config = join(folder, 'config');
  const lines = [...settings, `AuthorizedKeysFile ${key}.pub`, 'PermitRootLogin yes'];
  writeFileDurably(config, `${lines.join('\n')}\n`);
  const options = ['BatchMode=yes', 'StrictHostKeyChecking=no', 'LogLevel=ERROR'];
  options.push('UserKnownHostsFile=/dev/null', 'IdentitiesOnly=yes');
  options.push(`ProxyCommand=/usr/sbin/sshd -i -f ${config}`);
  const given = options.flatMap((one) => ['-o', one]);
  const args = ['-F', '/dev/null', ...given, '-i', key, '-l', userInfo().username, 'x', 'true'];
  return await middleOf(() => ended(spawn('ssh', args, { stdio: 'ignore' })));
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`exit ${code}`))));
  });
}
