/**
 * The addresses of the restore pages: whose, of which laptop, which day, which entry.
 */
import type { Serial, SnapshotName, Uid } from '../../shared/ids.ts';
import type { ShownSnapshot } from './journal/journal.ts';

export const homePath = (reader: Serial): string => `/ds-restore/${reader}/`;

/** Every entry once, as it was last. */
export const allPath = (reader: Serial): string => `${homePath(reader)}all/`;

export const dayPath = (reader: Serial, { owner, snapshot }: ShownSnapshot): string =>
  placePath(reader, owner.serial, snapshot.name);

export const entryPath = (reader: Serial, day: ShownSnapshot, uid: Uid): string =>
  `${dayPath(reader, day)}${uid}/`;

function placePath(reader: Serial, owner: Serial, name: SnapshotName): string {
  return `${homePath(reader)}${owner}/${name}/`;
}
