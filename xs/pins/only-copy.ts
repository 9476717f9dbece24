/**
 * Pins that hold the only copy of an entry's content. An entry whose content is kept only at school
 * has a mark in its metadata that names the pin with the content. A pin is not removed while a
 * snapshot or another pin has a mark that names it: they would be left with the entry's title only.
 */
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Digest,
  parseDigest,
  parseSerial,
  parseUid,
  type Serial,
  tryParse,
  type Uid,
} from '../../shared/ids.ts';
import { decodeEntry } from '../../shared/journal/entry.ts';
import { type KeptMark, keptMarkOf, pinOf } from '../../shared/journal/kept.ts';
import type { Log } from '../../shared/log.ts';
import { namesIn } from '../../shared/system/files.ts';
import { chainOf, type Laptops } from '../registration/aliases.ts';
import { inEntry, inLaptop, type Paths } from '../storage/paths.ts';
import { baseSnapshot, listAside, listSnapshots, newestSnapshot } from '../storage/snapshots.ts';
import { readPinNote, writePinNote } from './pin-note.ts';

/** A pinned version. */
export interface Pinned {
  serial: Serial;
  uid: Uid;
  digest: Digest;
}

/** Where a mark names a pin: in the newest snapshot, only in older ones or other pins, nowhere. */
export type Naming = 'newest' | 'older' | 'nowhere';

/** An entry whose versions may name a pin. */
interface Place {
  serial: Serial;
  uid: Uid;
}

/** A pin that was named by more entries than this is never removed. */
const MAX_PLACES = 100;

export function namingOf(paths: Paths, pin: Pinned): Naming {
  const { namedBy = [] } = readPinNote(inLaptop(paths, pin.serial).pin(pin.uid, pin.digest));
  if (namedBy.length >= MAX_PLACES) return 'newest';
  const namings = [pin, ...namedBy.flatMap(parsePlace)].map((at) => namingAt(paths, at, pin));
  return (
    namings.find((one) => one === 'newest') ?? namings.find((one) => one === 'older') ?? 'nowhere'
  );
}

export interface MarkContext {
  paths: Paths;
  log: Log;
  registrations?: { bySerial: () => Laptops };
}

/** Records in each pin which entries of a new snapshot name it, for `namingOf`. */
export function noteMarks(
  { paths, log, registrations }: MarkContext,
  serial: Serial,
  marks: ReadonlyMap<Uid, KeptMark>,
): void {
  const laptops = registrations?.bySerial() ?? new Map();
  for (const [uid, mark] of marks) {
    const pin = pinOf(mark, uid);
    // Marks come from the laptop: they count for its own pins and those of laptops it replaced.
    const isTheirs = pin.serial === serial || chainOf(serial, laptops).includes(pin.serial);
    const folder = inLaptop(paths, pin.serial).pin(pin.uid, pin.digest);
    if (!isTheirs || namesIn(folder).length === 0) {
      log.warn('kept-content-missing', { serial, uid, of: pin.serial, digest: pin.digest });
      continue;
    }
    if (pin.serial === serial && pin.uid === uid) continue; // namingOf always checks that one
    const note = readPinNote(folder);
    const { namedBy = [] } = note;
    const place = `${serial}/${uid}`;
    if (namedBy.includes(place) || namedBy.length >= MAX_PLACES) continue;
    writePinNote(folder, { ...note, namedBy: [...namedBy, place] });
  }
}

function namingAt(paths: Paths, place: Place, pin: Pinned): Naming {
  const known = new Map<number, boolean>();
  const isNamedIn = (folder: string) => {
    const path = inEntry(folder, place.uid).metadata;
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (!stat) return false;
    // Equal versions are links to one file.
    const named = known.get(stat.ino) ?? names(path, place, pin);
    known.set(stat.ino, named);
    return named;
  };
  const { serial, uid } = place;
  const newest = [newestSnapshot(paths, serial), baseSnapshot(paths, serial)];
  if (newest.some((snapshot) => snapshot && isNamedIn(snapshot.folder))) return 'newest';
  const snapshots = [...listSnapshots(paths, serial), ...listAside(paths, serial)];
  if (snapshots.some(({ folder }) => isNamedIn(folder))) return 'older';
  const laptop = inLaptop(paths, serial);
  const versions = namesIn(join(laptop.pinned, uid)).flatMap(
    (name) => tryParse(parseDigest, name) ?? [],
  );
  return versions.some((digest) => isNamedIn(laptop.pin(uid, digest))) ? 'older' : 'nowhere';
}

/** An unreadable entry counts as naming the pin. */
function names(path: string, { uid }: Place, pin: Pinned): boolean {
  try {
    const mark = keptMarkOf(decodeEntry(readFileSync(path)));
    if (!mark) return false;
    const named = pinOf(mark, uid);
    return named.serial === pin.serial && named.uid === pin.uid && named.digest === pin.digest;
  } catch {
    return true;
  }
}

function parsePlace(text: string): Place[] {
  const [first, second] = text.split('/');
  const serial = tryParse(parseSerial, first);
  const uid = tryParse(parseUid, second);
  return serial && uid ? [{ serial, uid }] : [];
}
