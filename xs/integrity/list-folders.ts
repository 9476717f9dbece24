/** Where lists may be: the folders of a laptop, of its trash, and of children who are on their way in. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../../shared/errors.ts';
import {
  parseDigest,
  parseSerial,
  parseSnapshotName,
  parseUid,
  type Serial,
  tryParse,
} from '../../shared/ids.ts';
import { isUnreadable } from '../storage/checked-entry.ts';
import { builtLaptops, inLaptop, inLibrary, type Paths } from '../storage/paths.ts';

/**
 * Snapshots, held ones, pins, and what is in the trash: [its laptop's folder or trash, name]. A kind is
 * listed only when somebody asks for it: most questions end with the newest snapshot. `onUnreadable` is told of
 * each folder whose names cannot be read: what is in there is not among these.
 */
export function* foldersOf(
  paths: Paths,
  serial: Serial,
  onUnreadable?: OnUnreadable,
): Generator<[parent: string, folder: string]> {
  const trash = inLibrary(paths).trashOf(serial);
  yield* foldersIn(inLaptop(paths, serial).home, onUnreadable);
  for (const name of readable(trash, onUnreadable)) yield [trash, name];
}

/** Laptops of children from another school whose welcome was cut off: their snapshots are whole, and wait. */
export function builtIn(paths: Paths, onUnreadable: OnUnreadable): string[] {
  const { arrivals, arrival } = inLibrary(paths);
  const serials = (folder: string) =>
    readable(folder, onUnreadable).flatMap((name) => tryParse(parseSerial, name) ?? []);
  return serials(arrivals).flatMap((child) => {
    const built = builtLaptops(arrival(child));
    return serials(built).map((one) => join(built, one));
  });
}

/** Snapshots, held ones and pins in a laptop's folder, wherever that is. */
export function* foldersIn(
  home: string,
  onUnreadable?: OnUnreadable,
): ReturnType<typeof foldersOf> {
  for (const name of snapshotsIn(home, onUnreadable)) yield [home, name];
  for (const name of snapshotsIn(join(home, 'held'), onUnreadable))
    yield [home, join('held', name)];
  const pinned = join(home, 'pinned');
  const uids = readable(pinned, onUnreadable).filter((uid) => tryParse(parseUid, uid));
  for (const uid of uids) {
    const pins = readable(join(pinned, uid), onUnreadable).map((one) => join('pinned', uid, one));
    for (const name of pins.filter(pinOf)) yield [home, name];
  }
}

/** The newest first. */
function snapshotsIn(folder: string, onUnreadable: OnUnreadable | undefined): string[] {
  const names = readable(folder, onUnreadable).filter((name) => tryParse(parseSnapshotName, name));
  return names.sort().reverse();
}

type OnUnreadable = (folder: string) => void;

/** None where the folder cannot be read: somebody else's damage stops nobody. */
export function readable(folder: string, onUnreadable?: OnUnreadable): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    if (!isErrno(error, 'ENOENT')) onUnreadable?.(folder);
    return [];
  }
}

const PIN = /^(?:pinned\/(.+)\/|pin-(.{36})-)([0-9a-f]{64})(?:$|~)/;

/** The version in the folder of a pin, in its place or in the trash. */
export function pinOf(folder: string) {
  const [, here, inTrash, digestText] = PIN.exec(folder) ?? [];
  const uid = tryParse(parseUid, here ?? inTrash);
  const digest = tryParse(parseDigest, digestText);
  return uid && digest ? ([uid, digest] as const) : undefined;
}
