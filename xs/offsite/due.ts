/** When the service copies by itself: once a day, within the hours, and again an hour after one that failed. Pure. */
import type { OffsiteState } from './offsite-state.ts';

const HOUR_MS = 3_600_000;
/** A little less than a day: it does not wander round the clock. */
const AGAIN_MS = 20 * HOUR_MS;
/** After a failure. */
const RETRY_MS = HOUR_MS;

/** `hours` is `20-6`, or empty for any; by the clock of the server. */
export function isWithin(hours: string, now: Date): boolean {
  if (hours === '') return true;
  const [from = 0, to = 0] = hours.split('-').map(Number);
  const hour = now.getHours();
  return from <= to ? from <= hour && hour < to : hour >= from || hour < to;
}

export function isDue(state: OffsiteState, hours: string, now: Date): boolean {
  if (!isWithin(hours, now)) return false;
  const since = (time: string | null) => {
    // A clock that was set back must not stop it.
    return time === null ? Number.POSITIVE_INFINITY : Math.abs(now.getTime() - Date.parse(time));
  };
  if (state.problem !== null || state.copied === null) return since(state.tried) >= RETRY_MS;
  return since(state.copied) >= AGAIN_MS;
}
