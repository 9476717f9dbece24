/**
 * The state of the school: which laptops have a recent backup, what needs a decision, whether the disk
 * is large enough. Gathers facts from the index and the disk as plain data, which the terminal, the
 * pages and the metrics show each in their way.
 */
import { lstatSync } from 'node:fs';
import { relative } from 'node:path';
import type { Serial } from '../../shared/ids.ts';
import type { Fault } from '../ground/faults.ts';
import { laptopsIn, lostSnapshot } from '../integrity/checker.ts';
import { readFindings } from '../integrity/findings.ts';
import { readScrubState } from '../integrity/scrub-state.ts';
import type { Library } from '../library.ts';
import { successors } from '../registration/aliases.ts';
import { hasBackup } from '../registration/has-backup.ts';
import { hasTwin } from '../registration/twin-file.ts';
import { type Forecast, foresee, neededBytes } from '../retention/capacity.ts';
import { roomForLaptops } from '../retention/quota.ts';
import { lockedOut } from '../ssh/old-algorithms.ts';
import { ifReadable } from '../storage/checked-entry.ts';
import { measureDisk } from '../storage/disk.ts';
import { daysSince, type Moment } from '../storage/moment.ts';
import { inLaptop, type Paths } from '../storage/paths.ts';
import { baseSnapshot, listHeld } from '../storage/snapshots.ts';
import { listTrash } from '../storage/trash.ts';
import { type LaptopNotSafe, whatIsNotSafe } from './not-safe.ts';

export interface LaptopStanding {
  serial: Serial;
  nick: string;
  /** Days since the last backup; null for never. */
  days: number | null;
  /**
   * `damaged`: its newest backup is there, but not whole. `partly`: that is recent and whole, but not
   * everything of the Journal is in it.
   */
  standing: 'safe' | 'partly' | 'late' | 'never' | 'damaged';
}

export interface Status {
  time: string;
  laptops: LaptopStanding[];
  held: { serial: Serial; nick: string; snapshots: number }[];
  waitingKeys: { serial: Serial; nick: string; keys: number }[];
  /** Two laptops answer to these names. */
  twins: { serial: Serial; nick: string }[];
  overQuota: { serial: Serial; nick: string }[];
  /** What laptops sent and no backup has, as of the last cleanup; the most first. */
  leftovers: { serial: string; nick: string; bytes: number }[];
  disk: { freeBytes: number; usedBytes: number; freeBlocks: number; freeInodes: number };
  forecast: Forecast;
  trash: number;
  damaged: number;
  /** Laptops with something missing, damaged or unreadable in their folders; registered or not. */
  damagedLaptops: { serial: Serial; nick: string; files: number }[];
  /** Laptops that are not registered: with something in the library; who asked within 24 hours. */
  unregistered: Serial[];
  strangers: { serial: Serial; nick: string; holdsData: boolean }[];
  /** Laptops with the original client whose keys this server's OpenSSH cannot check. */
  lockedOut: { serial: Serial; nick: string }[];
  /** Laptops with entries that are not safe, by their own reports; those with the most first. */
  notSafe: LaptopNotSafe[];
  scrub: { pass: number; shard: number; lastPassFinished: string | null };
  clock: { trusted: boolean; reason: string };
  /** What does not work at the moment. */
  faults: Fault[];
  /** Of the disks beside that of the library: shares that are free, 0 to 1. */
  disks: { name: 'state' | 'completion'; freeBlocks: number; freeInodes: number }[];
}

/** A laptop without a backup for longer is late: a school week and a long weekend. */
export const LATE_DAYS = 10;

/** Gathers all facts. */
export async function readStatus(library: Library): Promise<Status> {
  const { paths, log, registrations, strangers, index, pool, config, timeline } = library;
  const moment = timeline.now();
  const now = moment.time;
  const overview = new Map((await index.overview()).map((row) => [row.serial, row]));
  const usage = await index.usage();
  const nickOf = (serial: string) => registrations.get(serial as Serial)?.nick ?? '';
  const active = registrations.all().filter(([serial]) => registrations.isActive(serial));
  const replaced = successors(registrations.bySerial());
  const notSafe = whatIsNotSafe(library);
  const unsafe = new Set(notSafe.map(({ serial }) => serial));
  const laptops = active
    .map(([serial, { nick }]) => {
      const days = daysWithout(library, serial, moment);
      const facts = { damaged: isDamaged(library, serial), notSafe: unsafe.has(serial) };
      return { serial, nick, days, standing: standing(days, facts) };
    })
    // A laptop that another one replaces is missed by nobody; what it has stored still matters.
    .filter(
      ({ serial, standing }) =>
        ['safe', 'partly', 'damaged'].includes(standing) || !replaced.has(serial),
    );
  const known = active.map(([serial]) => overview.get(serial)?.bytes ?? null);
  const scrub = readScrubState(paths, now, log);
  const { freeBytes, usedBytes, freeBlocks, freeInodes } = await measureDisk(paths.library);
  const held = registrations.all().map(([serial, { nick }]) => {
    return { serial, nick, snapshots: ifReadable(() => listHeld(paths, serial)).length };
  });
  const waiting = active.map(([serial, { nick, pending }]) => {
    return { serial, nick, keys: pending.length };
  });
  const damagedLaptops = laptopsIn(paths).map((serial) => {
    return { serial, nick: nickOf(serial), files: countFindings(library, serial) };
  });
  const roomBytes = roomForLaptops(paths.library, config.quota).bytes;
  return {
    time: now.toISOString(),
    laptops,
    held: held.filter(({ snapshots }) => snapshots > 0),
    waitingKeys: waiting.filter(({ keys }) => keys > 0),
    twins: active
      .filter(([serial]) => hasTwin(paths, serial))
      .map(([serial, { nick }]) => ({ serial, nick })),
    overQuota: usage
      .filter(({ stuck }) => stuck === 1)
      .map(({ serial }) => ({ serial: serial as Serial, nick: nickOf(serial) })),
    leftovers: usage
      .filter(({ leftBytes }) => leftBytes > 0)
      .map(({ serial, leftBytes }) => ({ serial, nick: nickOf(serial), bytes: leftBytes }))
      .sort((a, b) => b.bytes - a.bytes),
    disk: { freeBytes, usedBytes, freeBlocks, freeInodes },
    forecast: foresee(neededBytes(known), roomBytes, await index.days(), now),
    trash: listTrash(paths).length,
    damaged: pool.damage.list().length,
    damagedLaptops: damagedLaptops.filter(({ files }) => files > 0),
    lockedOut: (await lockedOut(active, library.env)).map(([serial, { nick }]) => {
      return { serial, nick };
    }),
    unregistered: unregisteredIn(library),
    strangers: strangers
      .list((serial) => isKnown(library, serial))
      .map((serial) => ({ serial, nick: '', holdsData: holdsData(library, serial) })),
    notSafe,
    scrub: { pass: scrub.pass, shard: scrub.shard, lastPassFinished: scrub.lastPassFinished },
    clock: { trusted: moment.trusted, reason: timeline.distrust },
    faults: library.faults.list(),
    disks: await otherDisks(paths),
  };
}

/** Laptops with something in the library that are not registered here. */
export function unregisteredIn(library: Pick<Library, 'paths' | 'registrations'>): Serial[] {
  return laptopsIn(library.paths).filter(
    (serial) => !isKnown(library, serial) && holdsData(library, serial),
  );
}

function isKnown({ registrations }: Pick<Library, 'registrations'>, serial: Serial): boolean {
  return registrations.get(serial) !== undefined || registrations.unreadable().includes(serial);
}

/** True also for a folder that cannot be read. */
function holdsData({ paths }: Pick<Library, 'paths'>, serial: Serial): boolean {
  return ifReadable(() => [hasBackup(paths, serial)])[0] ?? true;
}

/** The disks of state and completion, unless they are the library's. */
async function otherDisks(paths: Paths): Promise<Status['disks']> {
  const device = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.dev;
  const names = (['state', 'completion'] as const).filter((name) => {
    const dev = device(paths[name]);
    return dev !== undefined && dev !== device(paths.library);
  });
  return await Promise.all(
    names.map(async (name) => {
      const { freeBlocks, freeInodes } = await measureDisk(paths[name]);
      return { name, freeBlocks, freeInodes };
    }),
  );
}

/** By the last check, and by whether the last backup is still there. */
function countFindings({ paths, registrations, troubles }: Library, serial: Serial): number {
  const known = readFindings(paths, serial).count;
  const unregistered = registrations.unreadable().includes(serial) ? 1 : 0;
  return (
    unregistered + (troubles.has(serial) ? 1 : 0) + (known || lostSnapshot(paths, serial).length)
  );
}

/** Something is wrong with the newest backup of a laptop, so that it does not count as safe. */
export function isDamaged({ paths }: Pick<Library, 'paths'>, serial: Serial): boolean {
  if (lostSnapshot(paths, serial).length > 0) return true;
  const { findings, count } = readFindings(paths, serial);
  if (count === 0) return false;
  const [newest] = ifReadable(() => [baseSnapshot(paths, serial)]);
  const name = newest && relative(inLaptop(paths, serial).home, newest.folder);
  // A list that was cut may have left it out.
  return count > findings.length || findings.some((one) => [name, ''].includes(one.folder));
}

/** Days since a laptop's last backup; null for never. */
export function daysWithout(
  { successes }: Pick<Library, 'successes'>,
  serial: Serial,
  now: Moment,
): number | null {
  const last = successes.stampOf(serial);
  return last ? daysSince(now, last) : null;
}

/**
 * `days` since its last backup, null for never. `damaged`: the newest backup is not whole. `notSafe`:
 * something of the Journal is not in it.
 */
export function standing(
  days: number | null,
  { damaged, notSafe }: { damaged: boolean; notSafe: boolean } = { damaged: false, notSafe: false },
): LaptopStanding['standing'] {
  if (days === null) return 'never';
  if (damaged) return 'damaged';
  if (days > LATE_DAYS) return 'late';
  return notSafe ? 'partly' : 'safe';
}
