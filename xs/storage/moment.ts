/**
 * Ages on the library's timeline: milliseconds that have surely passed since the library began,
 * whatever any clock showed (`retention/timeline.ts` counts them). Stamps are kept in MANIFESTs,
 * `last-success.json` and the names of the trash; no snapshot, pin or item of the trash is removed by any
 * other age.
 */
import { DAY_MS } from '../../shared/clock.ts';
import type { Tick } from '../../shared/protocol/messages.ts';

/** When something happened. */
export interface Stamp extends Tick {
  /** What the clock showed. */
  time: Date;
}

/** The present. */
export interface Moment extends Stamp {
  /** False while nothing may be removed by its age. */
  trusted: boolean;
  /** The timeline when time was last added that passed while the server was off. */
  creditedAt: number;
}

export function tickOf({ at, boot, doubted }: Tick): Tick {
  return { at, boot, doubted };
}

/** Where a clock was believed, one wrong day in a week changes nothing. */
const DOUBT_SHARE = 1 / 7;

/**
 * Whether so many true days have passed since `at`. Time while the server was off is known from its
 * clock only, which somebody may have set ahead while it was off: for each such mistake a day at most
 * was counted too much. One a week is allowed for.
 */
export function isPast(now: Moment, at: number, days: number): boolean {
  const slack = now.creditedAt > at ? Math.ceil(days * DOUBT_SHARE) * DAY_MS : 0;
  return now.at - at >= days * DAY_MS + slack;
}

/**
 * Whole days since then, for people. Where the clock was in doubt it is at least as many as the
 * server has run, and at least as many as it was started: what is old never looks new.
 */
export function daysSince(now: Moment, { time, at, boot, doubted }: Stamp): number {
  const sure = Math.floor((now.at - at) / DAY_MS);
  const byClock = Math.floor((now.time.getTime() - time.getTime()) / DAY_MS);
  return Math.max(0, sure, doubted || now.doubted ? now.boot - boot : byClock);
}

/**
 * Whether `daysSince` is a lower bound only: the server was off meanwhile, and nobody knows for how long.
 * While the machine runs, its days are counted whatever its clock shows.
 */
export function isLowerBound(now: Moment, { boot, doubted }: Stamp): boolean {
  return boot !== now.boot && (doubted || now.doubted);
}
