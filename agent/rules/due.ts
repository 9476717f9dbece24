/**
 * Whether a backup is due (A1): once a day by the server's day. A laptop's clock may stand at 1970, be
 * years ahead, jump, or show the same date at every start (E2), so it only ever counts as a hint; what
 * counts is the server's time when it was last heard, and the uptime since.
 */
import { elapsedMs, type Moment } from './moment.ts';

/** The server's clock was seen to stand there, then. */
export interface Anchor {
  serverMs: number;
  at: Moment;
}

/** The last confirmed backup. */
export interface Done extends Anchor {
  /** How often this laptop has been started since, as far as the agent has seen. */
  boots: number;
}

export interface DueFacts {
  now: Moment;
  /** Undefined when the agent remembers none. */
  done: Done | undefined;
  /** The last time the server was heard since the backup, if any. */
  heard: Anchor | undefined;
  /** When `ds-backup-done` was touched, by the laptop's clock; undefined when it is not there (A7). */
  touchedMs: number | undefined;
  /** Minutes to add to UTC for the local day, e.g. -300 in Lima. */
  zoneMinutes: number;
}

export type DueReason =
  | 'never' // no backup is known, or somebody removed the file to ask for another
  | 'new-day'
  | 'many-boots' // no clock can be believed, and this one must not stop all backups
  | 'done' // today
  | 'ask'; // the server has to be asked for its day

export interface Due {
  due: boolean;
  reason: DueReason;
  /** When to look again, in milliseconds from now; null when it is due already or nobody can tell. */
  againInMs: number | null;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Two backups on both sides of midnight are one too many: the least time between two. */
export const LEAST_MS = 6 * HOUR_MS;
/** So many starts without a day going by, and the clocks are not believed any more. */
export const MANY_BOOTS = 3;

/** Decides, and says why. */
export function judgeDue(facts: DueFacts): Due {
  const { now, done, heard, touchedMs, zoneMinutes } = facts;
  if (touchedMs === undefined) return yes('never');
  const dayOf = (ms: number) => Math.floor((ms + zoneMinutes * 60_000) / DAY_MS);
  // The original client, or a command without the agent, was here.
  if (!done) return dayOf(touchedMs) === dayOf(now.wallMs) ? no(HOUR_MS) : yes('never');

  const elapsed = elapsedMs(done.at, now);
  if (elapsed !== undefined) {
    const serverNow = done.serverMs + elapsed;
    const isLater = dayOf(serverNow) > dayOf(done.serverMs);
    if (isLater && elapsed >= LEAST_MS) return yes('new-day');
    const midnight = (dayOf(done.serverMs) + 1) * DAY_MS - zoneMinutes * 60_000;
    return no(Math.max(midnight - serverNow, LEAST_MS - elapsed));
  }
  const since = heard && elapsedMs(heard.at, now);
  if (heard && since !== undefined) {
    if (dayOf(heard.serverMs + since) !== dayOf(done.serverMs)) return yes('new-day');
    if (done.boots >= MANY_BOOTS) return yes('many-boots');
    const midnight = (dayOf(done.serverMs) + 1) * DAY_MS - zoneMinutes * 60_000;
    return no(Math.max(midnight - heard.serverMs - since, 0));
  }
  if (done.boots >= MANY_BOOTS) return yes('many-boots');
  return { due: true, reason: 'ask', againInMs: null };
}

function yes(reason: DueReason): Due {
  return { due: true, reason, againInMs: null };
}

function no(againInMs: number): Due {
  return { due: false, reason: 'done', againInMs };
}
