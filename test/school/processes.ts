/**
 * Child processes of a test school, each ended for sure: by SIGTERM, then by SIGKILL, whole groups.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Daemon {
  pid: number;
  /** What it wrote, by lines, both streams. */
  lines: string[];
  /** The first line that matches, waited for up to `ms`. */
  line(pattern: RegExp, ms?: number): Promise<string>;
  running(): boolean;
  /** SIGTERM to it, SIGKILL to its whole group if it takes longer than ten seconds (E5). */
  stop(): Promise<void>;
  /** SIGKILL to the whole group, as if the plug were pulled. */
  kill(): Promise<void>;
  ended: Promise<number | null>;
}

const STOP_MS = 10_000;

export function startDaemon(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Daemon {
  const child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => lines.push(line));
  }
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => resolve(code));
    child.once('error', (error) => {
      lines.push(String(error));
      resolve(null);
    });
  });
  const running = () => child.exitCode === null && child.signalCode === null;
  const line = async (pattern: RegExp, ms = 15_000) => {
    for (let waited = 0; waited < ms; waited += 10) {
      const found = lines.find((candidate) => pattern.test(candidate));
      if (found !== undefined) return found;
      if (!running()) break;
      await sleep(10);
    }
    throw new Error(`${command} did not say ${pattern}; it said:\n${lines.join('\n')}`);
  };
  const kill = async () => {
    signalGroup(child, 'SIGKILL');
    await ended;
  };
  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(timer);
    signalGroup(child, 'SIGKILL'); // whoever of its group outlived it
  };
  return { pid: child.pid ?? -1, lines, line, running, stop, kill, ended };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid) process.kill(-child.pid, signal);
  } catch {
    // nobody is left
  }
}
