/**
 * The mount that Sugar shows: sshfs on our own pipes, at a folder of the child's home. Nothing here ever looks
 * *into* a mount: that waits for whoever serves it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync,
  constants,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { DsError, isErrno } from '../../shared/errors.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import { run } from '../../shared/system/run.ts';

/** What the kernel calls our mounts. */
const TYPE = 'fuse.ds-backup';
/** A day does not change: the kernel need not ask twice, in seconds. */
const KNOWN_FOR = 86_400;
/** Names that the cache of sshfs holds; two for an entry, and its picture. */
const CACHE_SIZE = 100_000;
/** How often to look for the mount, in milliseconds. */
const LOOK_MS = 10;
/** How long sshfs may take to mount, or to end by itself, in milliseconds. */
const MOUNT_MS = 10_000;
const END_MS = 600;
/** `School`, `School 2`, …: names that are tried. */
const MAX_NAMES = 9;

export interface Mount {
  folder: string;
  /** The process of sshfs. */
  pid: number;
  input: Readable;
  output: Writable;
  /** Resolves when sshfs has ended. */
  ended: Promise<unknown>;
}

/** Whether this machine can show a volume: sshfs, and the right to use FUSE. */
export function canMount({ PATH = '' }: NodeJS.ProcessEnv): boolean {
  const isThere = (program: string) => {
    return PATH.split(delimiter).some((folder) => isUsable(join(folder, program), constants.X_OK));
  };
  const device = constants.R_OK | constants.W_OK;
  return isThere('sshfs') && isThere('fusermount3') && isUsable('/dev/fuse', device);
}

function isUsable(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

/**
 * A new folder of the child's home for the mount, named as the kernel does: without links on the way. `note` is
 * written before it is made, so that it is found after a power cut. A folder that an earlier note names goes first.
 * Throws `bad-input` where there is no home, or too much of that name in it.
 */
export function makeMountPoint(home: string, name: string, note: string): string {
  removeMountPoint(note);
  const place = realHome(home);
  for (let n = 1; n <= MAX_NAMES; n += 1) {
    const folder = join(place, n === 1 ? name : `${name} ${n}`);
    // What is the child's is never noted: whoever finds the note removes an empty folder.
    if (isMounted(folder) || isThere(folder)) continue;
    writeFileDurably(note, folder);
    try {
      mkdirSync(folder);
      return folder;
    } catch (error) {
      rmSync(note, { force: true });
      if (!isErrno(error, 'EEXIST')) throw error;
    }
  }
  throw new DsError('bad-input', `${join(home, name)} and its like exist already`);
}

/** Removes the folder that `note` names, unless there is something in it, and the note. */
export function removeMountPoint(note: string): void {
  const folder = notedFolder(note);
  if (folder === undefined) return;
  try {
    if (!isMounted(folder)) rmdirSync(folder);
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) throw error;
  }
  rmSync(note, { force: true });
}

/** The folder that is, or was, made for a mount. */
export function notedFolder(note: string): string | undefined {
  try {
    return readFileSync(note, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function realHome(home: string): string {
  try {
    if (home !== '') return realpathSync(home);
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
  }
  throw new DsError('bad-input', `the home folder "${home}" does not exist`, {
    hint: 'HOME has to name the folder of the child',
  });
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/**
 * Starts sshfs, which asks `serve` for everything, and waits until the kernel has the mount. Throws
 * `missing-tool`, and `program-failed` when it cannot mount.
 */
export async function mount(
  folder: string,
  env: NodeJS.ProcessEnv,
  serve: (mount: Pick<Mount, 'input' | 'output' | 'pid'>) => void,
): Promise<Mount> {
  const timeouts = ['entry', 'attr', 'negative', 'dcache'].map(
    (what) => `${what}_timeout=${KNOWN_FOR}`,
  );
  const options = [
    ...['passive', 'ro', 'nosuid', 'nodev', 'fsname=school', 'subtype=ds-backup'],
    ...[...timeouts, `dcache_max_size=${CACHE_SIZE}`, 'kernel_cache'],
  ];
  const args = ['-f', '-o', options.join(','), 'school:/', folder];
  const child = spawn('sshfs', args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = `${complaint}${text}`.slice(-500);
  });
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  const { pid = 0, stdout: input, stdin: output } = child;
  serve({ input, output, pid });
  const end = performance.now() + MOUNT_MS;
  while (!isMounted(folder)) {
    const hasEnded = failure !== undefined || child.exitCode !== null || child.signalCode !== null;
    if (hasEnded || performance.now() > end) {
      child.kill('SIGKILL');
      if (pid !== 0) await endOf(child);
      await detach(folder, env); // the kernel may have it by now
      throw isErrno(failure, 'ENOENT') ? missing() : cannotMount(failure?.message ?? complaint);
    }
    await sleep(LOOK_MS);
  }
  return { folder, pid, input, output, ended: endOf(child) };
}

/** Takes it out of sight at once, whoever uses it; what still reads gets an error. */
export async function unmount({ folder, pid, ended }: Mount, env: NodeJS.ProcessEnv) {
  await detach(folder, env);
  const late = new AbortController();
  const patience = sleep(END_MS, undefined, { signal: late.signal }).catch(() => {});
  await Promise.race([ended, patience]);
  late.abort();
  endSshfs(pid);
  await ended;
}

/** After whoever served has ended: sshfs notices, or is told. */
export async function clearUp(
  { folder, pid }: Pick<Mount, 'folder' | 'pid'>,
  env: NodeJS.ProcessEnv,
) {
  if (await isGone(folder, END_MS)) return;
  endSshfs(pid);
  await detach(folder, env);
}

/** Unmounts whatever an earlier agent left below this home. */
export async function healMounts(home: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  const left = mountsBelow(home);
  for (const folder of left) await detach(folder, env);
  return left;
}

/** Whether the kernel has a mount of ours there; does not look into it. */
function isMounted(folder: string): boolean {
  const all = mounts();
  if (all.length === 0) return false;
  if (all.includes(folder)) return true;
  try {
    // The kernel knows no links on the way.
    return all.includes(join(realpathSync(dirname(folder)), basename(folder)));
  } catch {
    return false;
  }
}

const mountsBelow = (home: string): string[] => {
  const place = realHome(home);
  return mounts().filter((one) => one.startsWith(`${place}/`));
};

/** The folders of our kind of mounts, by the kernel. */
function mounts(): string[] {
  const lines = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [, folder = '', type] = line.split(' ');
    return type === TYPE ? [unescaped(folder)] : [];
  });
}

/** The kernel writes blanks and the like as `\040`; bytes, not characters. */
function unescaped(text: string): string {
  const bytes = Buffer.from(text).toString('latin1');
  const plain = bytes.replace(/\\(\d{3})/g, (_, octal) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return Buffer.from(plain, 'latin1').toString('utf8');
}

async function isGone(folder: string, patienceMs: number): Promise<boolean> {
  const end = performance.now() + patienceMs;
  while (isMounted(folder)) {
    if (performance.now() >= end) return false;
    await sleep(LOOK_MS);
  }
  return true;
}

async function detach(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  // Refused where it is gone already.
  await run('fusermount3', ['-u', '-z', '-q', '--', folder], { env }).catch(() => {});
}

/** What waits for an answer gets an error when sshfs is gone. */
function endSshfs(pid: number): void {
  try {
    const isOurs = readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'sshfs';
    if (isOurs) process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended
  }
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

function missing(): DsError {
  return new DsError('missing-tool', 'sshfs is not installed', {
    hint: 'install the Debian package sshfs',
  });
}

function cannotMount(complaint: string): DsError {
  const [last = ''] = complaint.trim().split('\n').slice(-1);
  return new DsError('program-failed', `the day cannot be shown in the Journal: ${last}`);
}
