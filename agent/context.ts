/**
 * What every command of the agent is handed: settings, places, time, and the way to stop it.
 */
import type { Clock } from '../shared/clock.ts';
import type { Config } from './config.ts';
import type { Freshness } from './freshness.ts';
import type { Paths } from './paths.ts';
import type { Progress } from './progress.ts';

export interface Context {
  config: Config;
  paths: Paths;
  /** Of child processes, complete. */
  env: NodeJS.ProcessEnv;
  clock: Clock;
  /** How recent a change of an entry may be; the ordinary values by default. */
  freshness?: Freshness;
  /** Fires when somebody wants it to stop; its reason is a DsError `cancelled`. */
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
  /** One line for a person about something that went on although it was not right. */
  warn: (text: string) => void;
  /** Told the server's time whenever it is heard, in milliseconds since 1970. */
  onServerTime?: (ms: number) => void;
}

/** Notes the `Date` of a server's answer. */
export function noteServerTime({ onServerTime }: Context, date: string | undefined): void {
  const ms = Date.parse(date ?? '');
  if (Number.isFinite(ms)) onServerTime?.(ms);
}

/** The way out of every `laptop-full`. */
export const FULL_HINT =
  'delete something large from the Journal and empty the trash, then try again';
