/**
 * The state of the school: which laptops have a recent backup, what needs a decision, whether the disk
 * is large enough. Gathers facts from the index and the disk as plain data, which the terminal, the
 * pages and the metrics show each in their way.
 */
import type { Serial } from '../../shared/ids.ts';
import { readScrubState } from '../integrity/scrub-state.ts';
import type { Library } from '../library.ts';
import { successors } from '../registration/aliases.ts';
import { diskSize, sharePercent } from '../retention/quota.ts';
import { judgeClock, readMemory } from '../retention/server-clock.ts';
import { measureDisk } from '../storage/disk.ts';
import { listHeld } from '../storage/snapshots.ts';
import { listTrash } from '../storage/trash.ts';

export interface LaptopStanding {
  serial: Serial;
  nick: string;
  /** Days since the last backup; null for never. */
  days: number | null;
  standing: 'safe' | 'late' | 'never';
}

export interface Forecast {
  /** One full copy of the newest Journal of every laptop, in bytes. */
  neededBytes: number;
  /** What laptops may use of the disk, in bytes. */
  roomBytes: number;
  fits: boolean;
  /** When it will not fit any more, if all goes on as in the last weeks: a date, or null. */
  fullOn: string | null;
}

export interface Status {
  time: string;
  laptops: LaptopStanding[];
  held: { serial: Serial; nick: string; snapshots: number }[];
  waitingKeys: { serial: Serial; nick: string; keys: number }[];
  overQuota: { serial: string; nick: string }[];
  disk: { freeBytes: number; usedBytes: number; freeBlocks: number; freeInodes: number };
  forecast: Forecast;
  trash: number;
  damaged: number;
  scrub: { pass: number; shard: number; lastPassFinished: string | null };
  clock: { trusted: boolean; reason: string };
}

const DAY_MS = 86_400_000;
/** A laptop without a backup for longer is late: a school week and a long weekend. */
export const LATE_DAYS = 10;
/** Assumed size of a Journal that was never backed up, in bytes. */
const USUAL_JOURNAL_BYTES = 2e9;

/** Gathers all facts. */
export async function readStatus(library: Library): Promise<Status> {
  const { paths, clock, log, registrations, store, pool, config } = library;
  const now = clock.now();
  const overview = new Map((await store.overview()).map((row) => [row.serial, row]));
  const usage = await store.usage();
  const nickOf = (serial: string) => registrations.get(serial as Serial)?.nick ?? '';
  const active = registrations.all().filter(([serial]) => registrations.isActive(serial));
  const replaced = successors(registrations.bySerial());
  const laptops = active
    .map(([serial, { nick }]) => {
      return { serial, nick, ...standing(overview.get(serial)?.lastSuccess ?? null, now) };
    })
    // A laptop that another one replaces is missed by nobody; one that still comes is counted.
    .filter((one) => one.standing === 'safe' || !replaced.has(one.serial));
  const known = active.map(([serial]) => overview.get(serial)?.bytes ?? null);
  const scrub = readScrubState(paths, now, log);
  const { trusted, reason } = judgeClock(readMemory(paths), now, await store.newestCreated());
  const { freeBytes, usedBytes, freeBlocks, freeInodes } = await measureDisk(paths.library);
  const held = registrations.all().map(([serial, { nick }]) => {
    return { serial, nick, snapshots: listHeld(paths, serial).length };
  });
  const waiting = active.map(([serial, { nick, pending }]) => {
    return { serial, nick, keys: pending.length };
  });
  const roomBytes = (diskSize(paths.library).bytes * sharePercent(config.quota)) / 100;
  return {
    time: now.toISOString(),
    laptops,
    held: held.filter(({ snapshots }) => snapshots > 0),
    waitingKeys: waiting.filter(({ keys }) => keys > 0),
    overQuota: usage
      .filter(({ stuck }) => stuck === 1)
      .map(({ serial }) => ({ serial, nick: nickOf(serial) })),
    disk: { freeBytes, usedBytes, freeBlocks, freeInodes },
    forecast: foresee(neededBytes(known), roomBytes, await store.days(), now),
    trash: listTrash(paths).length,
    damaged: pool.damage.list().length,
    scrub: { pass: scrub.pass, shard: scrub.shard, lastPassFinished: scrub.lastPassFinished },
    clock: { trusted, reason },
  };
}

/** One full copy of every laptop, given the size of each newest Journal or null for none. */
export function neededBytes(journals: readonly (number | null)[]): number {
  return journals.reduce<number>((sum, bytes) => sum + (bytes ?? USUAL_JOURNAL_BYTES), 0);
}

export function standing(
  lastSuccess: string | null,
  now: Date,
): Pick<LaptopStanding, 'days' | 'standing'> {
  if (lastSuccess === null) return { days: null, standing: 'never' };
  const days = Math.max(0, Math.floor((now.getTime() - Date.parse(lastSuccess)) / DAY_MS));
  return { days, standing: days > LATE_DAYS ? 'late' : 'safe' };
}

/** A day on which cleanup ran, and what one full copy of every laptop needed then. */
export interface DayRecord {
  date: string;
  neededBytes: number;
}

/** Fewer days than this say nothing about growth. */
const ENOUGH_DAYS = 7;
/** A date further away than this is none. */
const FAR_DAYS = 3650;

/** Goes on in a straight line from the days on record (least squares). */
export function foresee(
  needed: number,
  roomBytes: number,
  days: readonly DayRecord[],
  now: Date,
): Forecast {
  const fits = needed <= roomBytes;
  const none: Forecast = { neededBytes: needed, roomBytes, fits, fullOn: null };
  if (!fits || days.length < ENOUGH_DAYS) return none;
  const points = days.map((day) => [Date.parse(day.date) / DAY_MS, day.neededBytes] as const);
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
  const left = (roomBytes - needed) / slope;
  if (!(slope > 0) || left > FAR_DAYS) return none;
  const date = new Date(now.getTime() + left * DAY_MS).toISOString().slice(0, 10);
  return { ...none, fullOn: date };
}
