/**
 * Whether the disk is large enough for the school: one full copy of the newest Journal of every
 * laptop has to fit. Pure; history and shared content are left out on purpose.
 */

import { DAY_MS } from '../../shared/clock.ts';
import type { DayRow } from '../storage/index-db.ts';
import type { SchoolDay } from './day-log.ts';

export interface Forecast {
  /** One full copy of the newest Journal of every laptop, in bytes. */
  neededBytes: number;
  /** What laptops may use of the disk, in bytes. */
  roomBytes: number;
  fits: boolean;
  /** The date (`YYYY-MM-DD`) from which it no longer fits at the present growth; null for never. */
  fullOn: string | null;
}

/** Estimate for a laptop that has not sent anything yet, in bytes. */
const USUAL_JOURNAL_BYTES = 2e9;
/** With fewer days on record, growth is unknown. */
const ENOUGH_DAYS = 7;
/** A date further away than this is not reported. */
const FAR_DAYS = 3650;

/** Bytes for one full copy of every laptop, given the size of each newest Journal, null for none. */
export function neededBytes(journals: readonly (number | null)[]): number {
  return journals.reduce<number>((sum, bytes) => sum + (bytes ?? USUAL_JOURNAL_BYTES), 0);
}

/** Extrapolates the days on record with a least-squares line. `needed` and `roomBytes` in bytes. */
export function foresee(
  needed: number,
  roomBytes: number,
  days: readonly DayRow[],
  now: Date,
): Forecast {
  const fits = needed <= roomBytes;
  const unlimited: Forecast = { neededBytes: needed, roomBytes, fits, fullOn: null };
  if (!fits || days.length < ENOUGH_DAYS) return unlimited;
  const slope = slopeOf(days.map((day) => [Date.parse(day.date) / DAY_MS, day.neededBytes]));
  const left = (roomBytes - needed) / slope;
  if (!(slope > 0) || left > FAR_DAYS) return unlimited;
  const date = new Date(now.getTime() + left * DAY_MS).toISOString().slice(0, 10);
  return { ...unlimited, fullOn: date };
}

/** Days from which the disk's growth is extrapolated: holidays and cleanups even out. */
const GROWTH_DAYS = 90;

/**
 * The date (`YYYY-MM-DD`) from which the disk has no free blocks or inodes left, by a least-squares line
 * through the last days on record; null for never, for long after, and for too few days.
 */
export function fullDate(
  days: readonly SchoolDay[],
  free: { freeBytes: number; freeInodes: number },
  now: Date,
): string | null {
  const recent = days.slice(-GROWTH_DAYS);
  if (recent.length < ENOUGH_DAYS) return null;
  const left = (['freeBytes', 'freeInodes'] as const).map((what) => {
    const slope = slopeOf(recent.map((day) => [Date.parse(day.date) / DAY_MS, day[what]]));
    return slope < 0 ? free[what] / -slope : Number.POSITIVE_INFINITY;
  });
  const soonest = Math.min(...left);
  if (!(soonest <= FAR_DAYS)) return null;
  return new Date(now.getTime() + soonest * DAY_MS).toISOString().slice(0, 10);
}

function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
}
