/**
 * Child processes of a test school, each ended for sure: by SIGTERM, then by SIGKILL, whole groups.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { scaled, waitFor } from '../runner/patience.ts';

export interface Daemon {
  pid: number;
  /** What it wrote, by lines, both streams. */
  lines: string[];
  /** The first line that matches, once there is one. */
  line(pattern: RegExp): Promise<string>;
  running(): boolean;
  /** SIGTERM to it, SIGKILL to its whole group if it takes longer than the service may. */
  stop(): Promise<void>;
  /** SIGKILL to the whole group, as if the plug were pulled. */
  kill(): Promise<void>;
  ended: Promise<number | null>;
}

/** What the service promises to need at most. */
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
  let closed = false;
  void ended.then(() => {
    closed = true;
  });
  const running = () => child.exitCode === null && child.signalCode === null;
  const line = (pattern: RegExp) => {
    const said = () => `it said:\n${lines.join('\n')}`;
    const look = () => {
      // Asked first: what it says at its end still counts.
      const over = closed;
      const found = lines.find((candidate) => pattern.test(candidate));
      if (over && found === undefined) throw new Error(`${command} ended; ${said()}`);
      return found;
    };
    return waitFor(`${command} to say ${pattern}`, look, { everyMs: 10, why: said });
  };
  const kill = async () => {
    signalGroup(child, 'SIGKILL');
    await ended;
  };
  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), scaled(STOP_MS));
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
