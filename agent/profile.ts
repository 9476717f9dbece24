/**
 * The profile folder for a run: free space, locks, our own folders.
 */
import { mkdirSync, rmSync, statfsSync } from 'node:fs';
import { DsError } from '../shared/errors.ts';
import { lockFile } from '../shared/system/lock.ts';
import type { Context } from './context.ts';

/** What an ordinary user may still write on this path's file system, in bytes. */
export function freeBytes(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch (cause) {
    throw new DsError('not-found', `there is no Sugar profile at ${path}`, {
      hint: 'start Sugar once, or name the profile folder with --profile',
      cause,
    });
  }
}

/** One run at a time: the lock that the original client takes too. Throws `busy`. */
export function takeLock({ paths, env, signal }: Context) {
  mkdirSync(paths.lockFolder, { recursive: true });
  return lockFile(paths.lock, { env, waitSeconds: 0, signal });
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
