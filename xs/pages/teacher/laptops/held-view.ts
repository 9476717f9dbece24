/**
 * Reads the backups that are held aside, by laptop.
 */

import { laptopRows } from '../../../admin/laptop-list.ts';
import { listEntries } from '../../../api/read-entries.ts';
import { readHeldNote } from '../../../ingest/shrink-guard.ts';
import type { Library } from '../../../library.ts';
import {
  hasSums,
  listHeld,
  newestSnapshot,
  readVersions,
  type Snapshot,
} from '../../../storage/snapshots.ts';
import { cardOf } from '../shown/laptop-card.ts';
import type { HeldLaptop } from './held-page.tsx';

/** Of each laptop. */
const TITLES = 20;

export async function heldLaptops(library: Library): Promise<HeldLaptop[]> {
  const { paths, registrations } = library;
  const concerned = registrations.all().filter(([serial]) => listHeld(paths, serial).length > 0);
  const rows = await laptopRows(library, concerned);
  const laptops: HeldLaptop[] = [];
  for (const row of rows) {
    const held = listHeld(paths, row.serial);
    laptops.push({
      card: cardOf(row),
      before: newestSnapshot(paths, row.serial)?.entries ?? null,
      titles: await titlesIn(library, held[0]),
      held: held.map(({ name, created, entries, bytes, folder }) => ({
        ...{ name, entries, bytes, reason: readHeldNote(folder).reason },
        created: Math.floor(Date.parse(created) / 1000),
      })),
    });
  }
  return laptops;
}

/** What changed last first; none of a snapshot whose list is damaged. */
async function titlesIn(library: Library, snapshot: Snapshot | undefined): Promise<string[]> {
  if (!snapshot || !hasSums(snapshot)) return [];
  const entries = await listEntries(library, snapshot.folder, [...readVersions(snapshot)]);
  return entries
    .flatMap(({ facts }) => facts ?? [])
    .sort((a, b) => b.changed - a.changed)
    .slice(0, TITLES)
    .map(({ title }) => title);
}
