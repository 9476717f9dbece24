/**
 * What keeps a job from going on (A1, A3): pure, and all of it at once, so that the child is shown the
 * weightiest and not the first one somebody looked at.
 */
import type { Job, Reason } from './jobs.ts';

/** Per cent of the battery, `mains`, or nobody knows. */
export type Power = 'mains' | 'unknown' | { percent: number };
export type Network = 'up' | 'down' | 'unknown';

export interface World {
  power: Power;
  network: Network;
  /** The laptop is going to sleep. */
  suspending: boolean;
  /** A person wants silence for now. */
  paused: boolean;
  /** Of this boot, in milliseconds. */
  uptimeMs: number;
}

/** On battery from here up by itself, in per cent … */
export const BATTERY_ALONE = 30;
/** … and down to here when a person asked for it. */
export const BATTERY_BY_HAND = 15;

/** Empty when the job can go on. */
export function obstacles(job: Job, world: World): Reason[] {
  const { power, network, suspending, paused, uptimeMs } = world;
  const least = job.request.byHand ? BATTERY_BY_HAND : BATTERY_ALONE;
  const waits = job.wait !== null && job.wait.untilMs > uptimeMs ? [job.wait.reason] : [];
  return [
    ...(paused ? (['paused'] as const) : []),
    ...(suspending ? (['suspend'] as const) : []),
    ...(typeof power === 'object' && power.percent < least ? (['battery'] as const) : []),
    ...(network === 'down' ? (['no-network'] as const) : []),
    ...waits,
  ];
}
