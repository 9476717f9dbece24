/**
 * A run that is killed at a moment chosen by chance: the program itself, or one of its children by
 * name, with SIGKILL, as the plug or the kernel does it.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { distFolder } from '../../bundle/build.ts';
import { scaled, waitFor } from '../runner/patience.ts';
import { takeSample, whatMoved } from '../runner/progress.ts';
import type { Finished, Laptop } from './laptop.ts';

/** What waits for somebody is taken to go on waiting after so long, on the reference machine. */
const AT_REST_MS = 600;

/**
 * Who is killed: the program, or the first of its descendants of that name (the program if none): "node"
 * is a worker of the agent.
 */
export type Victim = 'program' | 'rsync' | 'ssh' | 'node';

export interface Death extends Finished {
  /** False when it had ended before its time. */
  killed: boolean;
}

export interface Run {
  pid: number;
  running(): boolean;
  ended: Promise<Finished>;
}

/** Starts `ds-backup` directly, so that something can be done to it. */
export function begin(laptop: Laptop, args: readonly string[], failpoint = ''): Run {
  const program = join(distFolder, 'ds-backup.mjs');
  const words = [program, ...args, '--direct', ...laptop.where()];
  const child = spawn(process.execPath, words, {
    env: { ...laptop.env, DS_BACKUP_FAILPOINT: failpoint },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const running = () => child.exitCode === null && child.signalCode === null;
  const ended = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    // Not 'close': a grandchild may hold stderr a little longer.
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal, stdout: '', stderr }));
  });
  return { pid: child.pid ?? -1, running, ended };
}

/** Runs `ds-backup` directly; kills the victim after so many milliseconds. */
export async function runUntil(
  laptop: Laptop,
  args: readonly string[],
  victim: Victim,
  afterMs: number,
): Promise<Death> {
  const run = begin(laptop, args);
  await Promise.race([run.ended, sleep(afterMs)]);
  const killed = run.running() && kill(run.pid, victim);
  return { ...(await run.ended), killed };
}

/** Waits until it stands still at its failpoint (`name,stop`). */
export async function stopped({ pid, running }: Pick<Run, 'pid' | 'running'>): Promise<void> {
  await waitFor('the run to stop at its failpoint', () => {
    if (isStopped(pid)) return true;
    if (!running()) throw new Error('the run ended before its failpoint');
    return false;
  });
}

/** Whether a process stands still at its failpoint. */
export function isStopped(pid: number): boolean {
  return /\) T /.test(read(pid, 'stat'));
}

/**
 * Waits until a run does nothing any more but wait for somebody else: no processor, no data, for as long
 * as it would have needed for a hundred steps.
 */
export async function waitsForOthers({
  pid,
  running,
}: Pick<Run, 'pid' | 'running'>): Promise<void> {
  const look = () => takeSample((one) => one === pid, 0);
  let before = look();
  let stillMs = 0;
  await waitFor(
    'the run to wait for others',
    () => {
      if (!running()) return true;
      const now = look();
      stillMs = whatMoved(before, now) === null ? stillMs + now.at - before.at : 0;
      before = now;
      return stillMs >= scaled(AT_REST_MS);
    },
    { everyMs: AT_REST_MS / 4 },
  );
}

/** Kills a process, or the descendant of that name. True when somebody was killed. */
export function kill(pid: number, victim: Victim): boolean {
  const found = victim === 'program' ? undefined : descendantNamed(pid, victim);
  try {
    process.kill(found ?? pid, 'SIGKILL');
    return true;
  } catch {
    return false; // it has just ended
  }
}

/** The first descendant with this name, depth first. */
export function descendantNamed(pid: number, name: string): number | undefined {
  for (const child of childrenOf(pid)) {
    if (commandOf(child) === name) return child;
    const below = descendantNamed(child, name);
    if (below !== undefined) return below;
  }
  return undefined;
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((one) => parentOf(one) === pid);
}

function commandOf(pid: number): string {
  return read(pid, 'comm').trim();
}

function parentOf(pid: number): number {
  // "pid (comm) state ppid …"; the name may have anything in it.
  return Number(/\) \S (\d+)/.exec(read(pid, 'stat'))?.[1] ?? -1);
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // gone
  }
}
