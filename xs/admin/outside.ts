/**
 * What can be seen of a server whose service takes calls and answers none: its ports and its disk, without the
 * library, which that service holds.
 */
import type { Config } from '../config.ts';
import { type DiskFacts, freeShare, measureDisk } from '../storage/disk.ts';
import type { ConcernType } from './concerns.ts';
import { findClosedPorts, type Probes } from './probes.ts';

export interface Outside {
  closedPorts: Probes['closedPorts'];
  /** Null where it cannot be read. */
  disk: DiskFacts | null;
  /** No backup could start. */
  diskFull: boolean;
  /** The service first. */
  concerns: ConcernType[];
}

/** In four seconds at most. Never throws. */
export async function lookFromOutside(config: Config): Promise<Outside> {
  const [closedPorts, disk] = await Promise.all([
    findClosedPorts(config),
    measureDisk(config.library).catch(() => null),
  ]);
  const diskFull = disk !== null && freeShare(disk) < config.traffic.minFreePercent / 100;
  const concerns: ConcernType[] = ['service-down'];
  if (closedPorts.length > 0) concerns.push('port-closed');
  if (diskFull) concerns.push('disk-full');
  return { closedPorts, disk, diskFull, concerns };
}
