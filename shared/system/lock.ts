/**
 * File locks by flock(2): the original client and our session script use the same kind of lock, so that
 * they exclude each other. Node has no call for it, so flock(1) locks a descriptor that we opened and
 * that it inherits: such a lock belongs to the open file, and stays when flock(1) has ended. It goes with
 * this process, however that ends; other children do not inherit it.
 */
import { spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { DsError } from '../errors.ts';

export interface Lock extends AsyncDisposable {
  /** May be called twice. */
  release(): Promise<void>;
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
/** What flock(1) sees the file as. */
const INHERITED = 3;

/**
 * Takes the lock at `path` (created if absent). Throws `busy` if another holder keeps it too long, and
 * `internal` where there can be no lock.
 */
export async function lockFile(path: string, options: LockOptions): Promise<Lock> {
  const fd = openLockFile(path);
  let isOpen = true;
  const close = () => {
    if (isOpen) closeSync(fd);
    isOpen = false;
  };
  try {
    await flock(fd, path, options);
  } catch (error) {
    close();
    throw error;
  }
  const release = async () => close();
  return { release, [Symbol.asyncDispose]: release };
}

/** Opens it for writing where that is possible: network file systems lock nothing else exclusively. */
function openLockFile(path: string): number {
  const { O_RDWR, O_RDONLY, O_CREAT, O_NOCTTY } = constants;
  try {
    return openSync(path, O_RDWR | O_CREAT | O_NOCTTY, 0o666);
  } catch {
    try {
      return openSync(path, O_RDONLY | O_CREAT | O_NOCTTY, 0o666);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new DsError('internal', `cannot lock ${path}: ${why}`, { cause });
    }
  }
}

/** Locks the open file `fd`, for as long as that is open. */
async function flock(fd: number, path: string, options: LockOptions): Promise<void> {
  const { env, shared, waitSeconds, signal } = options;
  const wait = waitSeconds === 0 ? ['--nonblock'] : ['--wait', String(waitSeconds)];
  const mode = shared ? '--shared' : '--exclusive';
  const exit = ['--conflict-exit-code', String(HELD_BY_OTHER)];
  const child = spawn('flock', [mode, ...wait, ...exit, String(INHERITED)], {
    env,
    stdio: ['ignore', 'ignore', 'pipe', fd],
    ...(signal && { signal }),
  });
  let stderrTail = '';
  child.stderr?.on('data', (piece: Buffer) => {
    stderrTail = (stderrTail + piece.toString()).slice(-500);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0) return;
  if (code === HELD_BY_OTHER) {
    throw new DsError('busy', `${path} is locked by another program`, { retry: true });
  }
  throw new DsError('internal', `cannot lock ${path}: ${stderrTail.trim()}`);
}
