/**
 * File locks by flock(2), through flock(1): Node has no call for it, and the original client and our
 * session script use the same kind of lock, so that they exclude each other. A small child process
 * holds the lock until its stdin closes; so it ends with this process, however that ends.
 */
import { spawn } from 'node:child_process';
import { DsError } from '../errors.ts';

export interface Lock extends AsyncDisposable {
  release(): Promise<void>;
  /** Resolves when the lock was lost: its holder died, and another program may have taken it. */
  lost: Promise<void>;
}

export interface LockOptions {
  env: NodeJS.ProcessEnv;
  shared?: boolean;
  /** Seconds to wait for another holder; 0 tries once. */
  waitSeconds: number;
  signal?: AbortSignal;
}

/** The exit code that flock(1) is told to use if another process holds the lock. */
const HELD_BY_OTHER = 75;

/** Takes the lock at `path` (created if absent). Throws `busy` if another holder keeps it too long. */
export async function lockFile(path: string, options: LockOptions): Promise<Lock> {
  const mode = options.shared ? '--shared' : '--exclusive';
  const wait = options.waitSeconds === 0 ? ['--nonblock'] : ['--wait', String(options.waitSeconds)];
  const args = [mode, ...wait, '--conflict-exit-code', String(HELD_BY_OTHER), '--no-fork', path];
  const child = spawn('flock', [...args, 'sh', '-c', 'echo held && exec cat >/dev/null'], {
    env: options.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.signal && { signal: options.signal }),
  });
  let stderrTail = '';
  child.stderr.on('data', (piece: Buffer) => {
    stderrTail = (stderrTail + piece.toString()).slice(-500);
  });
  child.stdin.on('error', () => {});
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.stdout.once('data', () => resolve());
    void ended.then((code) =>
      reject(
        code === HELD_BY_OTHER
          ? new DsError('busy', `${path} is locked by another program`, { retry: true })
          : new DsError('internal', `cannot lock ${path}: ${stderrTail.trim()}`),
      ),
    );
  });
  child.on('error', () => {}); // a later abort ends the child; release() then has nothing to do
  let released = false;
  const release = async () => {
    released = true;
    child.stdin.end();
    await ended;
  };
  const lost = new Promise<void>((resolve) => {
    void ended.then(() => {
      if (!released) resolve();
    });
  });
  return { release, lost, [Symbol.asyncDispose]: release };
}
