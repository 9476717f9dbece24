/**
 * The addresses of pages that other rooms link to: a Journal, a day and an entry of it, a laptop.
 */
import type { Serial, SnapshotName, Uid } from '../../../shared/ids.ts';

/** A snapshot of the reader's own laptop, or of one whose place it took. */
export interface DayPlace {
  owner: { serial: Serial };
  snapshot: { name: SnapshotName };
}

export const homePath = (reader: Serial): string => `/ds-restore/${reader}/`;

/** Every entry once, in its newest version. */
export const allPath = (reader: Serial): string => `${homePath(reader)}all/`;

export const dayPath = (reader: Serial, { owner, snapshot }: DayPlace): string =>
  `${homePath(reader)}${owner.serial}/${snapshot.name}/`;

export const entryPath = (reader: Serial, day: DayPlace, uid: Uid): string =>
  `${dayPath(reader, day)}${uid}/`;

/** A laptop as teachers see it. */
export const laptopPath = (serial: Serial): string => `/xs-backup/laptop/${serial}`;

/** What children show their class. */
export const CLASS = '/ds-restore/class/';

/** How a laptop gets the program. */
export const INSTALL = '/ds-restore/install';
