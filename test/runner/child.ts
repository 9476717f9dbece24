/**
 * One child of the runner: leader of a session of its own, output in a file (so that a grandchild
 * that lives on cannot hold us up), killed with its whole group when nothing of it moves any more.
 */
import { spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { belongs, killSurvivors, RUN_VARIABLE, type Survivor } from './leaks.ts';
import { type Limits, takeSample, Watchdog } from './progress.ts';

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
  limits: Limits;
  /** Added to the environment. */
  env?: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

/** How long what a test started may take to end after the test, in milliseconds, if it does not move. */
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
      env: { ...withoutColor(process.env), ...options.env, [RUN_VARIABLE]: run },
    });
    const pid = child.pid ?? Number.NaN;
    const kill = () => {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // nobody is left in the group
      }
    };
    const look = () => takeSample((one) => belongs(one, run, pid), fstatSync(file).size);
    const watchdog = new Watchdog(look(), options.limits);
    let stuck: string | null = null;
    const timer = setInterval(() => {
      stuck ??= watchdog.look(look());
      if (stuck !== null) kill();
    }, options.limits.everyMs);
    options.signal.addEventListener('abort', kill);
    const how = await new Promise<string | null>((resolve) => {
      child.once('error', (error) => resolve(`could not be started: ${error.message}`));
      child.once('exit', (code, by) =>
        resolve(by ? `ended by ${by}` : code ? `exit ${code}` : null),
      );
    });
    clearInterval(timer);
    options.signal.removeEventListener('abort', kill);
    const ms = performance.now() - start;
    const left = await killSurvivors(run, pid, options.signal.aborted ? 0 : GRACE_MS);
    options.signal.throwIfAborted();
    const end = how ?? (left.length > 0 ? describe(left) : null);
    const complaint = stuck === null ? end : `${stuck}; it was killed`;
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

function withoutColor(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _, ...rest } = env;
  return { ...rest, NO_COLOR: '1' };
}
