/**
 * What makes room on a full disk: the parts of the disk, and what decisions of people keep, the largest
 * first. Everything else goes by itself.
 */
import type { Serial } from '../../shared/ids.ts';
import type { Library } from '../library.ts';
import { listPins } from '../pins/pins.ts';
import { roomForLaptops } from '../retention/quota.ts';
import { type DiskFacts, measureDisk } from '../storage/disk.ts';
import type { LaptopOverview, LaptopUsage } from '../storage/index-db.ts';
import { type Look, lookAt } from './laptop-facts.ts';

export interface DiskParts {
  /** All in bytes; of the backups as of the last cleanup. */
  backups: number;
  others: number;
  free: number;
  /** What backups may use: their share of the disk, as far as other files leave it to them. */
  room: number;
}

/** Splits the disk up; `used` and `free` are of the whole file system. */
export function diskParts(
  disk: { usedBytes: number; freeBytes: number },
  usage: readonly { bytes: number }[],
  roomBytes: number,
): DiskParts {
  const backups = Math.min(
    disk.usedBytes,
    usage.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  const others = disk.usedBytes - backups;
  const room = Math.min(roomBytes, backups + disk.freeBytes);
  return { backups, others, free: disk.freeBytes, room };
}

/** What the index says of all laptops. */
export interface Counted {
  overview: readonly LaptopOverview[];
  usage: readonly LaptopUsage[];
}

/** The parts as they are now, and what they are of; `known` where the index was asked already. */
export async function readParts(
  library: Library,
  known?: Counted,
): Promise<{ disk: DiskFacts; usage: readonly LaptopUsage[]; parts: DiskParts }> {
  const { paths, config, index, registrations } = library;
  const disk = await measureDisk(paths.library);
  const usage = known?.usage ?? (await index.usage());
  const newest = (known?.overview ?? (await index.overview())).filter(({ serial }) =>
    registrations.isActive(serial as Serial),
  );
  const sum = (rows: readonly { bytes: number | null }[]) =>
    rows.reduce((total, { bytes }) => total + (bytes ?? 0), 0);
  // Before the first cleanup nobody has counted; what the newest Journals take is known.
  const used = Math.max(sum(newest), sum(usage));
  const share = roomForLaptops(paths.library, config.quota).bytes;
  return { disk, usage, parts: diskParts(disk, [{ bytes: used }], share) };
}

/** What a laptop may use, in bytes: its quota, as far as there is that much for it on the disk. */
export function mayUse(quotaBytes: number, usedBytes: number, freeBytes: number): number {
  return Math.min(quotaBytes, usedBytes + freeBytes);
}

export interface Relief {
  type: 'others' | 'pins' | 'held';
  bytes: number;
  /** Whose they are, the largest first and `NAMED` at most; none for other files. */
  laptops: readonly { serial: Serial; nick: string; bytes: number }[];
}

/** Laptops that are named with their sizes. */
const NAMED = 3;

type Parts = Pick<Relief, 'bytes' | 'laptops'>;

/** Largest first; without those that would free nothing. */
export function reliefs(parts: Readonly<Record<Relief['type'], Parts>>): Relief[] {
  return (['others', 'pins', 'held'] as const)
    .map((type) => ({ type, ...parts[type] }))
    .filter((one) => one.bytes > 0)
    .sort((a, b) => b.bytes - a.bytes);
}

/** What makes room at any time, largest first: also while there is enough. Looks through every laptop. */
export async function allReliefs(library: Library): Promise<Relief[]> {
  const { parts } = await readParts(library);
  return findReliefs(library, parts.others, lookAt(library));
}

/** What could make room now. Looks through the pins and held backups of every laptop. */
export function findReliefs(
  { paths, serials, registrations }: Library,
  others: number,
  look: Look,
): Relief[] {
  const partsOf = (some: readonly Serial[], bytesOf: (serial: Serial) => number): Parts => {
    const each = some.map((serial) => {
      return { serial, nick: registrations.nickOf(serial), bytes: bytesOf(serial) };
    });
    const largest = each.filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes);
    const bytes = each.reduce((sum, one) => sum + one.bytes, 0);
    return { bytes, laptops: largest.slice(0, NAMED) };
  };
  const all = serials();
  const pinning = all.filter((serial) => look(serial).hasPins);
  const pinned = (serial: Serial) =>
    listPins(paths, serial).reduce((sum, one) => sum + one.bytes, 0);
  return reliefs({
    others: { bytes: others, laptops: [] },
    pins: partsOf(pinning, pinned),
    held: partsOf(all, (serial) => look(serial).heldBytes),
  });
}
