/**
 * The backups that are held aside, by laptop.
 */
import { laptopRows } from '../../laptop-list.ts';
import type { Library } from '../../library.ts';
import { readHeldNote } from '../../shrink-guard.ts';
import { listHeld, newestSnapshot } from '../../snapshots.ts';
import { cardOf } from './class-page.tsx';
import type { HeldLaptop } from './held-page.tsx';

export async function heldLaptops(library: Library): Promise<HeldLaptop[]> {
  const { paths, registrations, clock } = library;
  const concerned = registrations.all().filter(([serial]) => listHeld(paths, serial).length > 0);
  const rows = await laptopRows(library, concerned);
  return rows.map((row) => ({
    card: cardOf(row, clock.now()),
    before: newestSnapshot(paths, row.serial)?.entries ?? null,
    held: listHeld(paths, row.serial).map(({ name, created, entries, bytes, folder }) => ({
      ...{ name, entries, bytes, reason: readHeldNote(folder).reason },
      created: Math.floor(Date.parse(created) / 1000),
    })),
  }));
}
