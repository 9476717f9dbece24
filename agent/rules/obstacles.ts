/**
 * Everything that keeps a job from running at the moment, the most important first: clients show the
 * first, and get the whole list.
 */
import { DsError } from '../../shared/errors.ts';
import type { Hindrance, Job } from './jobs.ts';

/** On mains, on battery with this charge in per cent, or unknown. */
export type Power = 'mains' | 'unknown' | { percent: number };
export type Network = 'up' | 'down' | 'unknown';

/** The state of the laptop as far as jobs depend on it. */
export interface World {
  power: Power;
  network: Network;
  /** Since when a monitor says that the network is down, by the uptime of this boot in milliseconds. */
  downSinceMs?: number;
  /** The laptop is going to sleep. */
  suspending: boolean;
  /** A person has paused all work. */
  paused: boolean;
  /** Of this boot, in milliseconds. */
  uptimeMs: number;
}

/** Minimum battery charge for automatic work, in per cent. */
export const BATTERY_ALONE = 30;
/** Minimum battery charge for what a person asked for, in per cent. */
const BATTERY_BY_HAND = 15;

/** A monitor that says "down" may not know of every network: after this the server is asked all the same. */
export const DOWN_HINT_MS = 30 * 60_000;

/** Empty when the job can run. */
export function obstacles(job: Job, world: World): Hindrance[] {
  const { power, suspending, paused, uptimeMs } = world;
  const least = job.request.byHand ? BATTERY_BY_HAND : BATTERY_ALONE;
  const waits = job.wait !== null && job.wait.untilMs > uptimeMs ? [job.wait.reason] : [];
  return [
    ...(paused ? (['paused'] as const) : []),
    ...(suspending ? (['suspend'] as const) : []),
    ...(isBelow(power, least) ? (['battery'] as const) : []),
    ...(believesDown(job, world) ? (['no-network'] as const) : []),
    ...waits,
  ];
}

/** What a person asks for is tried whatever a monitor says. */
function believesDown({ request }: Job, { downSinceMs, uptimeMs }: World): boolean {
  return !request.byHand && downSinceMs !== undefined && uptimeMs < downSinceMs + DOWN_HINT_MS;
}

/** Why nothing at all may be requested: `battery`, when the laptop has to be plugged in first. */
export function refusal({ power }: World): DsError | undefined {
  if (!isBelow(power, BATTERY_BY_HAND)) return undefined;
  return new DsError('battery', `the battery is at ${Math.floor(power.percent)} %`, {
    hint: 'plug the laptop in and try again',
  });
}

/** Whether the laptop runs on a battery with less than `percent` of its charge. */
function isBelow(power: Power, percent: number): power is { percent: number } {
  return typeof power === 'object' && power.percent < percent;
}
