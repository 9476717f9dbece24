/**
 * The profile folder as a run finds it and leaves it: room, the lock, folders of our own.
 */
import { mkdirSync, rmSync, statfsSync } from 'node:fs';
import { DsError } from '../shared/errors.ts';
import { lockFile } from '../shared/system/lock.ts';
import { type Context, FULL_HINT } from './context.ts';

/**
 * Below this nothing is begun, in bytes: keys, identifiers and the database must not be cut short
 * halfway through a registration.
 */
const MIN_FREE_BYTES = 1024 * 1024;

/** Makes our folder. Throws `laptop-full` where there is no room to begin anything. */
export function prepareProfile({ paths }: Context): void {
  if (freeBytes(paths.profile) < MIN_FREE_BYTES) {
    throw new DsError('laptop-full', 'the disk of this laptop is full', { hint: FULL_HINT });
  }
  mkdirSync(paths.own, { recursive: true, mode: 0o700 });
}

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

/** The lock that the original client takes as well. Throws `busy`. */
export function takeLock({ paths, env, signal }: Context) {
  mkdirSync(paths.lockFolder, { recursive: true });
  return lockFile(paths.lock, { env, waitSeconds: 0, signal });
}

/** Long enough for another program of ours to register and to be answered, in seconds. */
const INTRODUCTION_WAIT_SECONDS = 90;

/**
 * The lock of whoever introduces this laptop to the server: without it, two programs at once would make
 * two laptops of it. Another's is waited for; throws `busy` when that takes too long.
 */
export function takeIntroduction({ paths, env, signal }: Context) {
  return lockFile(paths.introduction, { env, waitSeconds: INTRODUCTION_WAIT_SECONDS, signal });
}

/** An empty folder of ours, whatever was there. */
export function emptyFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}
