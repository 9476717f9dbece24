/**
 * The trash: what is removed stays there for some days, and `xs-backup undelete` brings it back. The
 * name of an item's folder tells what it was, when it was removed and why:
 *
 *     .trash/<serial>/<name>~<YYYYMMDDTHHMMSSZ>~<reason>~<milliseconds on the library's timeline>
 *
 * The date is for people; ages are told by the timeline. Items of older versions have no place on it.
 * Each step is one rename, so a power cut leaves it in one place or the other. All of it makes room, or
 * was asked for by a person, and so works on a full disk as well, within the reserve.
 */
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DsError } from '../../shared/errors.ts';
import {
  parseDigest,
  parseSerial,
  parseSnapshotName,
  parseUid,
  type Serial,
  tryParse,
} from '../../shared/ids.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { fsyncFolder, namesIn } from '../../shared/system/files.ts';
import { ifReadable } from './checked-entry.ts';
import type { Stamp } from './moment.ts';
import { inLaptop, inLibrary, type Paths } from './paths.ts';
import { withReserve } from './reserve.ts';

export interface TrashItem {
  serial: Serial;
  /** Its former name in the laptop's folder: a snapshot's, `pin-<uid>-<digest>`, or WHOLE_LAPTOP. */
  name: string;
  removed: Date;
  reason: string;
  /** On the library's timeline; undefined for an item of an older version. */
  at: number | undefined;
  folder: string;
}

const ITEM = /^([\w:-]+)~(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z~([a-z-]+)(?:~(\d{1,15}))?$/;
/** The name of the laptop's folder itself. */
export const WHOLE_LAPTOP = 'laptop';
/** What came from another school, and was not let in. */
export const ARRIVAL = 'arrival';
/** These reasons are answers to a question that somebody may have to be asked again. */
const LONG_KEPT: readonly string[] = ['moved-back', 'not-welcomed'];
const LONG_DAYS = 30;
const PIN = /^pin-(.{36})-([0-9a-f]{64})$/;

/** Moves a folder of a laptop to the trash. `reason` is lower-case words joined by hyphens. */
export function discard(
  paths: Paths,
  serial: Serial,
  folder: string,
  reason: string,
  now: Pick<Stamp, 'time' | 'at'>,
  name = basename(folder),
): void {
  const trash = inLibrary(paths).trashOf(serial);
  if (withReserve(paths, () => mkdirSync(trash, { recursive: true, mode: 0o700 }))) {
    fsyncFolder(inLibrary(paths).trash);
    fsyncFolder(paths.library);
  }
  for (let time = now.time.getTime(); ; time += 1000) {
    const stamp = new Date(time).toISOString().slice(0, 19).replace(/[-:]/g, '');
    const target = join(trash, `${name}~${stamp}Z~${reason}~${now.at}`);
    if (existsSync(target)) continue;
    move(paths, folder, target);
    return;
  }
}

/** Everything in the trash, or in that of one laptop; oldest removal first. */
export function listTrash(paths: Paths, serial?: Serial): TrashItem[] {
  const serials = serial ? [serial] : ifReadable(() => namesIn(inLibrary(paths).trash));
  const items = serials.flatMap((one) => {
    const parsed = tryParse(parseSerial, one);
    return parsed ? itemsOf(paths, parsed) : [];
  });
  // Those without a place on the timeline were there before it.
  return items.sort(
    (a, b) => (a.at ?? -1) - (b.at ?? -1) || a.removed.getTime() - b.removed.getTime(),
  );
}

/** Gives an item of an older version its place on the timeline: now. */
export function dateItem(paths: Paths, { folder }: TrashItem, at: number): void {
  move(paths, folder, `${folder}~${at}`);
}

function itemsOf(paths: Paths, serial: Serial): TrashItem[] {
  const trash = inLibrary(paths).trashOf(serial);
  return ifReadable(() => namesIn(trash)).flatMap((file) => {
    const parts = ITEM.exec(file);
    if (!parts) return [];
    const [, name = '', year, month, day, hour, minute, second, reason = '', at] = parts;
    const removed = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
    if (Number.isNaN(removed.getTime())) return [];
    const item = { serial, name, removed, reason, folder: join(trash, file) };
    return [{ ...item, at: at === undefined ? undefined : Number(at) }];
  });
}

/**
 * Moves the newest item of this name back and returns its folder. Throws `not-found`, and
 * `bad-input` when the name is taken.
 */
export function undelete(paths: Paths, serial: Serial, name: string): string {
  const item = listTrash(paths, serial).findLast((one) => one.name === name);
  if (!item) {
    throw new DsError('not-found', `the trash of ${serial} has no ${name}`, {
      hint: `"xs-backup trash ${serial}" lists its contents`,
    });
  }
  const target = placeOf(paths, item);
  if (existsSync(target)) {
    throw new DsError('bad-input', `${serial} already has a ${name}`, {
      hint: `the removed one stays in the trash; "xs-backup export" writes either of them elsewhere`,
    });
  }
  withReserve(paths, () => mkdirSync(dirname(target), { recursive: true, mode: 0o750 }));
  move(paths, item.folder, target);
  failpoint('undelete.moved');
  return target;
}

/** Moves an item to `.doomed`, where it waits to be freed. It cannot be brought back. */
export function doom(paths: Paths, item: TrashItem): void {
  const { doomed } = inLibrary(paths);
  withReserve(paths, () => mkdirSync(doomed, { recursive: true, mode: 0o700 }));
  move(paths, item.folder, join(doomed, `${item.serial}~${basename(item.folder)}`));
  failpoint('trash.doomed');
}

/** How long an item stays, in days, where the settings say `days`. */
export function daysInTrash({ reason }: TrashItem, days: number): number {
  return LONG_KEPT.includes(reason) ? Math.max(days, LONG_DAYS) : days;
}

function placeOf(paths: Paths, { serial, name }: TrashItem): string {
  const laptop = inLaptop(paths, serial);
  if (name === ARRIVAL) return inLibrary(paths).arrival(serial);
  if (name === WHOLE_LAPTOP) return laptop.home;
  const pin = PIN.exec(name);
  if (pin) return laptop.pin(parseUid(pin[1]), parseDigest(pin[2]));
  return laptop.snapshot(parseSnapshotName(name));
}

function move(paths: Paths, from: string, to: string): void {
  withReserve(paths, () => renameSync(from, to));
  failpoint('trash.moved');
  fsyncFolder(dirname(to));
  fsyncFolder(dirname(from));
}
