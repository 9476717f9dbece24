/**
 * Child processes: arguments as a list (no shell), output line by line, an AbortSignal that ends
 * them, and an exit code that becomes an error with the last lines of stderr.
 */
import { spawn } from 'node:child_process';
import { DsError, isErrno } from '../errors.ts';

export interface RunOptions {
  cwd?: string;
  /** The complete environment of the child; nothing else is inherited. */
  env: NodeJS.ProcessEnv;
  /** Written to stdin, which is then closed; default: empty. */
  input?: string | Buffer;
  signal?: AbortSignal;
  /** Called for each line of stdout (ended by \n or \r), without the line end. */
  onLine?: (line: string) => void;
  /** Exit codes besides 0 that are not an error. */
  accept?: readonly number[];
}

export interface RunResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** How much of a child's output is kept, in characters; use `onLine` for more. */
const KEPT_BYTES = 16 * 1024 * 1024;
const KEPT_STDERR = 8 * 1024;
/** From SIGTERM to SIGKILL, in milliseconds: stopping the whole program may take ten seconds. */
const KILL_AFTER_MS = 3000;

/** A child failed: its name, exit code or signal, and the last lines of its stderr. */
export class ExitError extends DsError {
  readonly command: string;
  readonly exitCode: number | null;
  readonly stderr: string;

  constructor(command: string, exitCode: number | null, signal: string | null, stderr: string) {
    const last = stderr.trim().split('\n').slice(-3).join(' | ');
    const how = signal ? `ended by ${signal}` : `exit code ${exitCode}`;
    super('program-failed', `${command}: ${how}${last ? `: ${last}` : ''}`, { retry: true });
    this.name = 'ExitError';
    this.command = command;
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

/**
 * Runs a program to its end. Throws ExitError for an exit code not accepted, `missing-tool` when
 * the program is not installed, and the signal's reason after an abort (the child has then ended).
 */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  const { signal } = options;
  signal?.throwIfAborted();
  const child = spawn(command, args, {
    env: options.env,
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    stdio: 'pipe',
  });
  const stdout = new LineCollector(KEPT_BYTES, options.onLine);
  const stderr = new LineCollector(KEPT_STDERR, undefined);
  child.stdout.setEncoding('utf8').on('data', (text: string) => stdout.add(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.add(text));
  child.stdin.on('error', () => {}); // the child may end without reading; its exit code says so
  child.stdin.end(options.input ?? '');

  // After an abort, do not wait for a grandchild that still holds the pipes.
  const closePipes = () => {
    if (!signal?.aborted || (child.exitCode === null && child.signalCode === null)) return;
    child.stdout.destroy();
    child.stderr.destroy();
  };
  child.once('exit', closePipes);
  const stop = () => {
    closePipes();
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS).unref();
  };
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const [exitCode, endSignal] = await new Promise<[number | null, NodeJS.Signals | null]>(
      (resolve, reject) => {
        child.once('error', reject);
        child.once('close', (code, by) => resolve([code, by]));
      },
    );
    stdout.end();
    stderr.end();
    signal?.throwIfAborted();
    if (exitCode === null || (exitCode !== 0 && !options.accept?.includes(exitCode))) {
      throw new ExitError(command, exitCode, endSignal, stderr.text);
    }
    return { exitCode, stdout: stdout.text, stderr: stderr.text };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) {
      throw new DsError('missing-tool', `${command} is not installed`, {
        hint: 'run bundle/setup.sh, or install the Debian package that has it',
        cause: error,
      });
    }
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** Passes on whole lines, or keeps the last `limit` characters. */
class LineCollector {
  text = '';
  #rest = '';
  readonly #limit: number;
  readonly #onLine: ((line: string) => void) | undefined;

  constructor(limit: number, onLine: ((line: string) => void) | undefined) {
    this.#limit = limit;
    this.#onLine = onLine;
  }

  add(piece: string): void {
    if (this.#onLine) {
      const lines = (this.#rest + piece).split(/[\r\n]+/);
      this.#rest = lines.pop() ?? '';
      for (const line of lines) if (line) this.#onLine(line);
    } else {
      this.text = (this.text + piece).slice(-this.#limit);
    }
  }

  end(): void {
    if (this.#onLine && this.#rest) this.#onLine(this.#rest);
    this.#rest = '';
  }
}
