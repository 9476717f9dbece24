/**
 * One child of the runner: leader of a session of its own, output in a file (so that a grandchild
 * that lives on cannot hold us up), a time limit after which the whole group is killed.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killSurvivors, RUN_VARIABLE, type Survivor } from './leaks.ts';

export interface ChildResult {
  /** What went wrong with the process itself, in words; null when it ended with 0 and clean. */
  complaint: string | null;
  output: string;
  ms: number;
}

export interface ChildOptions {
  command: string;
  args: readonly string[];
  cwd: string;
  limitMs: number;
  signal: AbortSignal;
}

/** How long what a test started may take to end after the test, in milliseconds. */
const GRACE_MS = 2000;

let count = 0;

export async function runChild(options: ChildOptions): Promise<ChildResult> {
  options.signal.throwIfAborted();
  count += 1;
  const run = `${process.pid}.${count}`;
  const folder = mkdtempSync(join(tmpdir(), 'ds-backup-test-'));
  const path = join(folder, 'output');
  const file = openSync(path, 'a');
  const start = performance.now();
  try {
    const child = spawn(options.command, options.args, {
      cwd: options.cwd,
      detached: true,
      stdio: ['ignore', file, file],
      env: { ...withoutColour(process.env), [RUN_VARIABLE]: run },
    });
    const pid = child.pid ?? Number.NaN;
    let timedOut = false;
    const kill = () => {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // nobody is left in the group
      }
    };
    const timer = setTimeout(() => {
      timedOut = true;
      kill();
    }, options.limitMs);
    options.signal.addEventListener('abort', kill);
    const how = await new Promise<string | null>((resolve) => {
      child.once('error', (error) => resolve(`could not be started: ${error.message}`));
      child.once('exit', (code, by) =>
        resolve(by ? `ended by ${by}` : code ? `exit ${code}` : null),
      );
    });
    clearTimeout(timer);
    options.signal.removeEventListener('abort', kill);
    const ms = performance.now() - start;
    const left = await killSurvivors(run, pid, options.signal.aborted ? 0 : GRACE_MS);
    options.signal.throwIfAborted();
    const limit = `took longer than its ${options.limitMs / 1000} s and was killed`;
    const complaint = timedOut ? limit : (how ?? (left.length > 0 ? describe(left) : null));
    return { complaint, output: readFileSync(path, 'utf8'), ms };
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true, force: true });
  }
}

function describe(left: readonly Survivor[]): string {
  const lines = left.map(({ pid, command }) => `\n    ${pid} ${command.slice(0, 300)}`);
  return `left ${left.length} process(es) running, now killed:${lines.join('')}`;
}

function withoutColour(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _, ...rest } = env;
  return { ...rest, NO_COLOR: '1' };
}
