/**
 * Whether a laptop has anything in the library that must not be removed with its registration.
 */
import { existsSync } from 'node:fs';
import { parseSnapshotName, type Serial, tryParse } from '../../shared/ids.ts';
import { namesIn } from '../../shared/system/files.ts';
import { inLaptop, inLibrary, type Paths } from '../storage/paths.ts';

/** True for a snapshot, a held one, a pin, an original client's tree, or anything in the trash. */
export function hasBackup(paths: Paths, serial: Serial): boolean {
  const laptop = inLaptop(paths, serial);
  const isKept = (name: string) =>
    tryParse(parseSnapshotName, name) || name.startsWith('.adopting-');
  if (existsSync(laptop.lastSuccess) || namesIn(laptop.home).some(isKept)) return true;
  const places = [laptop.held, laptop.pinned, laptop.original, inLibrary(paths).trashOf(serial)];
  return places.some((folder) => namesIn(folder).length > 0);
}
