/**
 * Reads the backups that are held aside, by laptop.
 */

import { laptopRows } from '../../../admin/laptop-list.ts';
import { readHeldNote } from '../../../ingest/shrink-guard.ts';
import type { Library } from '../../../library.ts';
import { listHeld, newestSnapshot } from '../../../storage/snapshots.ts';
import { cardOf } from '../shown/laptop-card.ts';
import type { HeldLaptop } from './held-page.tsx';

export async function heldLaptops(library: Library): Promise<HeldLaptop[]> {
  const { paths, registrations } = library;
  const concerned = registrations.all().filter(([serial]) => listHeld(paths, serial).length > 0);
  const rows = await laptopRows(library, concerned);
  return rows.map((row) => ({
    card: cardOf(row),
    before: newestSnapshot(paths, row.serial)?.entries ?? null,
    held: listHeld(paths, row.serial).map(({ name, created, entries, bytes, folder }) => ({
      ...{ name, entries, bytes, reason: readHeldNote(folder).reason },
      created: Math.floor(Date.parse(created) / 1000),
    })),
  }));
}
