/**
 * Decides whether a backup is due: once a day, by the server's date. A laptop's clock may stand at 1970,
 * be years ahead, jump, or show the same date at every boot, so it serves as a hint only. The decision
 * rests on the server's time when it was last heard and the uptime since then.
 */
import { DAY_MS } from '../../shared/clock.ts';
import { elapsedMs, type Moment } from './moment.ts';

/** The server's clock showed `serverMs` at `at`. */
export interface Anchor {
  serverMs: number;
  at: Moment;
}

/** The last confirmed backup. */
export interface Done extends Anchor {
  /** Boots of this laptop since then, as far as the agent has run in them. */
  boots: number;
}

export interface DueFacts {
  now: Moment;
  /** Undefined when the agent remembers none. */
  done: Done | undefined;
  /** The last time the server was heard after that backup, if any. */
  heard: Anchor | undefined;
  /** Modification time of `ds-backup-done` by the laptop's clock; undefined when the file is absent. */
  touchedMs: number | undefined;
  /** Minutes to add to UTC for local time, e.g. -300 in Lima. */
  zoneMinutes: number;
}

export type DueReason =
  | 'never' // no backup is known, or somebody removed the file to ask for another
  | 'new-day'
  | 'many-boots' // no clock is trustworthy, and that must not stop all backups
  | 'done' // today
  | 'no-profile' // Sugar has never run in this account, or has no Journal here
  | 'ask'; // only the server can tell which day it is

export interface Due {
  due: boolean;
  reason: DueReason;
  /** When a backup becomes due, by the uptime of this boot in milliseconds; null when it is due now. */
  againAtMs: number | null;
}

const HOUR_MS = 3_600_000;
/** Minimum time between two backups, so that midnight does not bring two in a row. */
export const LEAST_MS = 6 * HOUR_MS;
/** After this many boots without a change of date the clocks are no longer trusted. */
const MANY_BOOTS = 3;

/** Whether a backup is due, why, and when to look again. */
export function judgeDue(facts: DueFacts): Due {
  const { now, done, heard, touchedMs, zoneMinutes } = facts;
  const no = (ms: number): Due => {
    return { due: false, reason: 'done', againAtMs: now.uptimeMs + ms };
  };
  if (touchedMs === undefined) return yes('never');
  const dayOf = (ms: number) => Math.floor((ms + zoneMinutes * 60_000) / DAY_MS);
  // The original client, or a command with --direct, made a backup.
  if (!done) return dayOf(touchedMs) === dayOf(now.wallMs) ? no(HOUR_MS) : yes('never');

  const midnightMs = (dayOf(done.serverMs) + 1) * DAY_MS - zoneMinutes * 60_000;
  const elapsed = elapsedMs(done.at, now);
  if (elapsed !== undefined) {
    const serverNow = done.serverMs + elapsed;
    const isLater = dayOf(serverNow) > dayOf(done.serverMs);
    if (isLater && elapsed >= LEAST_MS) return yes('new-day');
    return no(Math.max(midnightMs - serverNow, LEAST_MS - elapsed));
  }
  const since = heard && elapsedMs(heard.at, now);
  if (heard && since !== undefined) {
    if (dayOf(heard.serverMs + since) !== dayOf(done.serverMs)) return yes('new-day');
    if (done.boots >= MANY_BOOTS) return yes('many-boots');
    return no(Math.max(midnightMs - heard.serverMs - since, 0));
  }
  return yes(done.boots >= MANY_BOOTS ? 'many-boots' : 'ask');
}

function yes(reason: DueReason): Due {
  return { due: true, reason, againAtMs: null };
}
