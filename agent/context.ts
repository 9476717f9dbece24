/**
 * What every command of the agent is handed: settings, places, time, and the way to stop it.
 */
import type { Clock } from '../shared/clock.ts';
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

/** The way out of every `laptop-full`. */
export const FULL_HINT =
  'delete something large from the Journal and empty the trash, then try again';
