/**
 * The state of the school: which laptops have a recent backup, what needs a decision, whether the disk
 * is large enough. Gathers facts from the index and the disk as plain data, which the terminal, the
 * pages and the metrics show each in their way.
 */
import type { Serial } from '../../shared/ids.ts';
import { readScrubState } from '../integrity/scrub-state.ts';
import type { Library } from '../library.ts';
import { successors } from '../registration/aliases.ts';
import { type Forecast, foresee, neededBytes } from '../retention/capacity.ts';
import { roomForLaptops } from '../retention/quota.ts';
import { judgeClock, readClockMemory } from '../retention/server-clock.ts';
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

/** Gathers all facts. */
export async function readStatus(library: Library): Promise<Status> {
  const { paths, clock, log, registrations, index, pool, config } = library;
  const now = clock.now();
  const overview = new Map((await index.overview()).map((row) => [row.serial, row]));
  const usage = await index.usage();
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
  const { trusted, reason } = judgeClock(readClockMemory(paths), now, await index.newestCreated());
  const { freeBytes, usedBytes, freeBlocks, freeInodes } = await measureDisk(paths.library);
  const held = registrations.all().map(([serial, { nick }]) => {
    return { serial, nick, snapshots: listHeld(paths, serial).length };
  });
  const waiting = active.map(([serial, { nick, pending }]) => {
    return { serial, nick, keys: pending.length };
  });
  const roomBytes = roomForLaptops(paths.library, config.quota).bytes;
  return {
    time: now.toISOString(),
    laptops,
    held: held.filter(({ snapshots }) => snapshots > 0),
    waitingKeys: waiting.filter(({ keys }) => keys > 0),
    overQuota: usage
      .filter(({ stuck }) => stuck === 1)
      .map(({ serial }) => ({ serial, nick: nickOf(serial) })),
    disk: { freeBytes, usedBytes, freeBlocks, freeInodes },
    forecast: foresee(neededBytes(known), roomBytes, await index.days(), now),
    trash: listTrash(paths).length,
    damaged: pool.damage.list().length,
    scrub: { pass: scrub.pass, shard: scrub.shard, lastPassFinished: scrub.lastPassFinished },
    clock: { trusted, reason },
  };
}

export function standing(
  lastSuccess: string | null,
  now: Date,
): Pick<LaptopStanding, 'days' | 'standing'> {
  if (lastSuccess === null) return { days: null, standing: 'never' };
  const days = Math.max(0, Math.floor((now.getTime() - Date.parse(lastSuccess)) / DAY_MS));
  return { days, standing: days > LATE_DAYS ? 'late' : 'safe' };
}
