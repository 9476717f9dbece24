/**
 * What makes room on a full disk: the parts of the disk, and what decisions of people keep, the largest
 * first. Everything else goes by itself.
 */
import type { Serial } from '../../shared/ids.ts';
import type { Library } from '../library.ts';
import { listPins } from '../pins/pins.ts';
import { roomForLaptops } from '../retention/quota.ts';
import { type DiskFacts, measureDisk } from '../storage/disk.ts';
import type { LaptopUsage } from '../storage/index-db.ts';
import { listAside } from '../storage/snapshots.ts';
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

/** The parts as they are now, and what they are of. */
export async function readParts(
  library: Library,
): Promise<{ disk: DiskFacts; usage: LaptopUsage[]; parts: DiskParts }> {
  const { paths, config, index, registrations } = library;
  const [disk, usage] = [await measureDisk(paths.library), await index.usage()];
  const newest = (await index.overview()).filter(({ serial }) =>
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
}

/** Largest first; without those that would free nothing. */
export function reliefs(bytes: Readonly<Record<Relief['type'], number>>): Relief[] {
  return (['others', 'pins', 'held'] as const)
    .map((type) => ({ type, bytes: bytes[type] }))
    .filter((one) => one.bytes > 0)
    .sort((a, b) => b.bytes - a.bytes);
}

/** What makes room at any time, largest first: also while there is enough. Looks through every laptop. */
export async function allReliefs(library: Library): Promise<Relief[]> {
  const { parts } = await readParts(library);
  return findReliefs(library, parts.others, lookAt(library));
}

/** What could make room now. Looks through the pins and held backups of every laptop. */
export function findReliefs({ paths, serials }: Library, others: number, look: Look): Relief[] {
  const sum = (all: readonly { bytes: number }[]) => all.reduce((n, { bytes }) => n + bytes, 0);
  const all = serials().map((serial) => ({ serial, ...look(serial) }));
  const pinning = all.filter(({ hasPins }) => hasPins);
  const holding = all.filter(({ hasHeld }) => hasHeld);
  const pins = sum(pinning.flatMap(({ serial }) => listPins(paths, serial)));
  const held = sum(holding.flatMap(({ serial }) => listAside(paths, serial)));
  return reliefs({ others, pins, held });
}
