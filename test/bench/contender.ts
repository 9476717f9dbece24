/**
 * What every contender of the bench can do, and how its commands are timed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scaled } from '../runner/patience.ts';

export interface Contender extends AsyncDisposable {
  /** The Journal it backs up; filled by the bench before the first backup. */
  source: string;
  /** Everything it keeps on the server. */
  serverFolder: string;
  backup(): Promise<Cost>;
  /** Loses the Journal and brings all of it back. */
  restore(): Promise<Cost>;
  /** Where the restored Journal is, and whether it is the whole of it. */
  restored(): string;
}

export interface Cost {
  /** Seconds. */
  wallS: number;
  /** User and system time of the client's processes, in seconds. */
  clientCpuS: number;
}

/** Where a contender's notes are kept, and what ends its commands before their time. */
export interface Track {
  folder: string;
  signal: AbortSignal;
}

/** How long an interrupted command may take to end, in milliseconds. */
const PATIENCE_MS = 5000;

/**
 * Runs one client command and measures it. Throws with its output when it fails, and the signal's
 * reason after an abort, when the command and all its children have been told to end.
 */
export async function timed(
  { folder, signal }: Track,
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd?: string,
): Promise<Cost> {
  signal.throwIfAborted();
  const times = join(folder, 'times');
  const args = ['-q', '-f', '%U %S', '-o', times, ...command];
  const start = performance.now();
  const child = spawn('/usr/bin/time', args, {
    env,
    detached: true, // a group of its own: its children end with it, and Ctrl-C comes through us
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd !== undefined && { cwd }),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece: Buffer) => {
      output = (output + piece.toString()).slice(-4000);
    });
  }
  const stop = () => {
    signalGroup(child, 'SIGTERM');
    setTimeout(() => signalGroup(child, 'SIGKILL'), scaled(PATIENCE_MS)).unref();
  };
  signal.addEventListener('abort', stop, { once: true });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => signal.removeEventListener('abort', stop));
  signal.throwIfAborted();
  const wallS = (performance.now() - start) / 1000;
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${output}`);
  const [user = 0, system = 0] = readFileSync(times, 'utf8').trim().split(' ').map(Number);
  return { wallS, clientCpuS: user + system };
}

export function add(a: Cost, b: Cost): Cost {
  return { wallS: a.wallS + b.wallS, clientCpuS: a.clientCpuS + b.clientCpuS };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid) process.kill(-child.pid, signal);
  } catch {
    // nobody is left
  }
}
