/**
 * What every command of the agent is handed: settings, places, time, and the way to stop it.
 */
import { mkdirSync, statfsSync } from 'node:fs';
import type { Clock } from '../shared/clock.ts';
import { DsError } from '../shared/errors.ts';
import type { Config } from './config.ts';
import type { Paths } from './paths.ts';
import type { Progress } from './progress.ts';

export interface Context {
  config: Config;
  paths: Paths;
  /** Of child processes, complete. */
  env: NodeJS.ProcessEnv;
  clock: Clock;
  /** Fires when somebody wants it to stop; its reason is a DsError `cancelled`. */
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
  /** One line for a person about something that went on although it was not right. */
  warn: (text: string) => void;
}

/**
 * Below this nothing is begun, in bytes: keys, identifiers and the database must not be cut short
 * halfway through a registration.
 */
const MIN_FREE_BYTES = 1024 * 1024;

export const FULL_HINT =
  'delete something large from the Journal and empty the trash, then try again';

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
