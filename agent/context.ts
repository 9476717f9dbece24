/**
 * What every command of the agent is given: settings, paths, time, and the signal that stops it.
 */
import type { Clock } from '../shared/clock.ts';
import type { Config } from './config.ts';
import type { Freshness } from './freshness.ts';
import type { Paths } from './paths.ts';
import type { Progress } from './progress.ts';

export interface Context {
  config: Config;
  paths: Paths;
  /** The whole environment of child processes. */
  env: NodeJS.ProcessEnv;
  clock: Clock;
  /** How recent a change of an entry may be; the ordinary values by default. */
  freshness?: Freshness;
  /** Fires when the command has to stop; its reason is a DsError `cancelled`. */
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
  /** One line for a person: something is wrong, and the command goes on. */
  warn: (text: string) => void;
  /** Called with the server's time whenever an answer has it, in milliseconds since 1970. */
  onServerTime?: (ms: number) => void;
}

/** Passes on the `Date` header of a server's answer. */
export function noteServerTime({ onServerTime }: Context, date: string | undefined): void {
  const ms = Date.parse(date ?? '');
  if (Number.isFinite(ms)) onServerTime?.(ms);
}

/** The hint of every `laptop-full` error. */
export const FULL_HINT =
  'delete something large from the Journal and empty the trash, then try again';
