/**
 * The profile folder for a run: free space, locks, our own folders.
 */
import { mkdirSync, rmSync, statfsSync } from 'node:fs';
import { asDsError, DsError, isErrno } from '../shared/errors.ts';
import { type Lock, lockFile } from '../shared/system/lock.ts';
import type { Context } from './context.ts';
import { brokenDisk } from './laptop-full.ts';

/** What an ordinary user may still write on this path's file system, in bytes. */
export function freeBytes(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch (cause) {
    // A disk that cannot tell may have room: whatever is written there finds out.
    if (!isErrno(cause, 'ENOENT', 'ENOTDIR')) return Number.MAX_SAFE_INTEGER;
    throw new DsError('not-found', `there is no Sugar profile at ${path}`, {
      hint: 'start Sugar once, or name the profile folder with --profile',
      cause,
    });
  }
}

/** One run at a time: the lock that the original client takes too. Throws `busy`, and `laptop-read-only`. */
export async function takeLock({ paths, env, signal }: Context): Promise<Lock> {
  mkdirSync(paths.lockFolder, { recursive: true });
  try {
    return await lockFile(paths.lock, { env, waitSeconds: 0, signal });
  } catch (error) {
    const { code, message } = asDsError(error);
    throw code === 'internal' ? brokenDisk(message, error) : error;
  }
}

/** How long another program of ours may take to register and enrol, in seconds. */
const INTRODUCTION_WAIT_SECONDS = 90;

/**
 * The lock for registering and enrolling this laptop: without it, two programs at once would register two
 * laptops. Waits for the lock; throws `busy` when that takes too long.
 */
export function takeIntroduction({ paths, env, signal }: Context) {
  return lockFile(paths.introduction, { env, waitSeconds: INTRODUCTION_WAIT_SECONDS, signal });
}

/** Makes an empty folder of ours, removing what was there. */
export function emptyFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}
