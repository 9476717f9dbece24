/**
 * What leaves the disk next by itself: the items of the trash in their order, with the days that are left to them
 * and what each would free. Only reads.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DAY_MS } from '../../shared/clock.ts';
import type { Serial } from '../../shared/ids.ts';
import { bytesOnDisk } from '../../shared/system/sparse.ts';
import type { Library } from '../library.ts';
import { titleInTrash } from '../pins/pins.ts';
import { ifReadable, statIfReadable } from '../storage/checked-entry.ts';
import { isPast } from '../storage/moment.ts';
import { daysInTrash, listTrash } from '../storage/trash.ts';

export interface NextToGo {
  serial: Serial;
  name: string;
  /** Of what was pinned; empty for anything else. */
  title: string;
  /** What it frees at least, in bytes: content that nothing but the pool has besides. */
  bytes: number;
  /** Days of service that surely have to pass yet, at least; 0 for one that the next cleanup frees. */
  daysLeft: number;
}

/** The name in the pool, and the one in the trash. */
const LAST_LINKS = 2;

/** Oldest removal first. */
export function nextToGo({ paths, config, timeline }: Library): NextToGo[] {
  const now = timeline.now();
  return listTrash(paths).map((item) => {
    const { serial, name, folder, at = now.at } = item;
    const days = daysInTrash(item, config.retention.trashDays);
    const left = Math.max(1, Math.ceil(days - (now.at - at) / DAY_MS));
    const daysLeft = isPast(now, at, days) ? 0 : left;
    return { serial, name, title: titleInTrash(item), bytes: freedBy(folder), daysLeft };
  });
}

function freedBy(folder: string): number {
  let bytes = 0;
  for (const one of ifReadable(() => readdirSync(folder, { withFileTypes: true }))) {
    const path = join(folder, one.name);
    if (one.isDirectory()) bytes += freedBy(path);
    const stat = one.isFile() ? statIfReadable(path) : undefined;
    if (stat && stat.nlink <= LAST_LINKS) bytes += bytesOnDisk(stat);
  }
  return bytes;
}
