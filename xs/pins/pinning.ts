/** Pinning and unpinning: the changes to what `pins.ts` describes. */
import { existsSync, lstatSync, readFileSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { DsError, isErrno } from '../../shared/errors.ts';
import {
  type Digest,
  newRunId,
  type Serial,
  type SnapshotName,
  type Uid,
} from '../../shared/ids.ts';
import { decodeEntry } from '../../shared/journal/entry.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { fsyncFolder, writeFileDurably } from '../../shared/system/files.ts';
import { withdraw } from '../class-page/offer-file.ts';
import type { Amount } from '../retention/retention.ts';
import type { Timeline } from '../retention/timeline.ts';
import { measureFiles } from '../retention/usage.ts';
import { makeReadableFolder, type Ownership } from '../storage/ownership.ts';
import { inEntry, inLaptop, type Paths } from '../storage/paths.ts';
import type { Pool } from '../storage/pool.ts';
import { baseSnapshot, readVersions, type Snapshot } from '../storage/snapshots.ts';
import { discard } from '../storage/trash.ts';
import { namingOf } from './only-copy.ts';
import { type PinNote, readPinNote, writePinNote } from './pin-note.ts';
import { listPins, listReleased, type Pin } from './pins.ts';

export interface PinContext {
  paths: Paths;
  ownership: Ownership;
  pool: Pool;
  clock: Clock;
  timeline: Pick<Timeline, 'now'>;
}

/**
 * `limit` in bytes; `kept`: the laptop is about to remove its copy of the content; `forClass`: it is offered
 * to the class, and goes when that ends unless somebody pins it as well.
 */
export interface PinOptions {
  limit: number;
  kept?: boolean;
  forClass?: boolean;
}

/**
 * Pins the version of an entry that a snapshot holds. Pinning it again changes nothing. Throws
 * `not-found`, and `over-quota` when all pins together would take more than `limit` bytes.
 */
export function pinEntry(
  context: PinContext,
  serial: Serial,
  snapshot: Snapshot,
  uid: Uid,
  { limit, kept = false, forClass = false }: PinOptions,
): Pin {
  const { paths, clock } = context;
  const digest = readVersions(snapshot).get(uid);
  if (!digest) throw new DsError('not-found', `${snapshot.name} holds no entry ${uid}`);
  const isIt = (pin: Pin) => pin.uid === uid && pin.digest === digest;
  const pins = listPins(paths, serial);
  const known = pins.find(isIt);
  const isAsBefore = known && !kept && (forClass || !known.forClass);
  if (isAsBefore) return known;
  const amount = measureFiles(join(snapshot.folder, uid));
  const taken = pins.reduce((sum, pin) => sum + pin.bytes, 0);
  if (!known) checkLimit(serial, taken, amount.bytes, limit);
  const since = {
    ...(kept && { kept: baseSnapshot(paths, serial)?.sequence ?? 0 }),
    ...(forClass && { forClass }),
  };
  const there = known ?? listReleased(paths, serial).find(isIt);
  if (there) {
    const { released: _over, forClass: _class, ...note } = readPinNote(there.folder);
    writePinNote(there.folder, { ...note, ...since });
    failpoint('pin.noted');
    return { uid, digest, folder: there.folder, ...note, ...since, ...amount };
  }
  const draft = inLaptop(paths, serial).draft(newRunId());
  const note = { snapshot: snapshot.name, pinned: clock.now().toISOString(), ...since };
  try {
    fillPin(context, draft, snapshot, uid, digest, note);
    return placePin(context, serial, draft, uid, digest, amount);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
}

function checkLimit(serial: Serial, taken: number, needed: number, limit: number): void {
  if (taken + needed <= limit) return;
  const message = `pins of ${serial} may take ${limit} bytes; ${taken} are taken, this one needs ${needed}`;
  throw new DsError('over-quota', message, { hint: 'unpin something else first' });
}

function fillPin(
  { ownership, pool }: PinContext,
  draft: string,
  snapshot: Snapshot,
  uid: Uid,
  digest: Digest,
  note: PinNote,
): void {
  makeReadableFolder(ownership, draft);
  const [source, target] = [inEntry(snapshot.folder, uid), inEntry(draft, uid)];
  const { content } = decodeEntry(readFileSync(source.metadata));
  pool.share(source.metadata, () => digest, target.metadata);
  if (content) pool.share(source.content, () => content.digest, target.content);
  failpoint('pin.linked');
  writePinNote(draft, note);
  fsyncFolder(draft);
  failpoint('pin.sealed');
}

function placePin(
  { paths, ownership }: PinContext,
  serial: Serial,
  draft: string,
  uid: Uid,
  digest: Digest,
  amount: Amount,
): Pin {
  const laptop = inLaptop(paths, serial);
  const folder = laptop.pin(uid, digest);
  makeReadableFolder(ownership, laptop.pinned);
  makeReadableFolder(ownership, dirname(folder));
  renameSync(draft, folder);
  failpoint('pin.placed');
  for (const path of [dirname(folder), laptop.pinned, laptop.home]) fsyncFolder(path);
  failpoint('pin.durable');
  return { uid, digest, folder, ...readPinNote(folder), ...amount };
}

/** `digest`: that version only, else all. `own`: the request comes from the laptop itself. */
export interface UnpinOptions {
  digest?: Digest | undefined;
  own?: boolean;
}

/**
 * Unpins versions of an entry; they can be brought back from the trash. A pin that older snapshots
 * name is released, but stays for them. Throws `not-found`, and `only-copy` when the newest snapshot
 * names it.
 */
export function unpinEntry(
  context: PinContext,
  serial: Serial,
  uid: Uid,
  { digest, own = false }: UnpinOptions = {},
): Pin[] {
  const { paths, clock } = context;
  const pins = listPins(paths, serial)
    .filter((pin) => pin.uid === uid && (digest === undefined || pin.digest === digest))
    .map((pin) => ({ ...pin, naming: namingOf(paths, { ...pin, serial }) }));
  for (const pin of pins) {
    // Until the next backup no snapshot can name the pin; only the laptop itself knows.
    const isTold =
      pin.kept === undefined || (baseSnapshot(paths, serial)?.sequence ?? 0) > pin.kept;
    if (pin.naming === 'newest' || !(isTold || own)) throw onlyCopy(uid);
  }
  for (const { naming, ...pin } of pins) {
    withdraw(paths, serial, uid, pin.digest);
    if (naming === 'nowhere') discardPin(context, serial, pin, 'unpinned');
    else
      writePinNote(pin.folder, { ...readPinNote(pin.folder), released: clock.now().toISOString() });
    failpoint('unpin.moved');
  }
  tidyPins(paths, serial, uid);
  if (pins.length === 0) throw new DsError('not-found', `${serial} has no such pin of ${uid}`);
  return pins;
}

/** Removes what a killed unpin leaves: a folder without pins. */
export function tidyPins(paths: Paths, serial: Serial, uid: Uid): void {
  removeIfEmpty(join(inLaptop(paths, serial).pinned, uid));
}

/** The released pins that nothing names any more. */
export function findUnnamed(paths: Paths, serial: Serial): Pin[] {
  return listReleased(paths, serial).filter((pin) => {
    return namingOf(paths, { ...pin, serial }) === 'nowhere';
  });
}

/** Moves a pin to the trash, for this reason. */
export function discardPin(
  { paths, timeline }: Pick<PinContext, 'paths' | 'timeline'>,
  serial: Serial,
  { uid, digest, folder }: Pick<Pin, 'uid' | 'digest' | 'folder'>,
  reason: 'unpinned' | 'not-named',
): void {
  withdraw(paths, serial, uid, digest); // whoever brings it back from the trash brings no yes back
  discard(paths, serial, folder, reason, timeline.now(), `pin-${uid}-${digest}`);
  removeIfEmpty(dirname(folder));
}

function onlyCopy(uid: Uid): DsError {
  return new DsError('only-copy', `the content of ${uid} is only at school, in this pin`, {
    hint: 'fetch it back to the laptop first ("ds-backup fetch"), and let that back up',
  });
}

/** Pins a whole snapshot. */
export function pinSnapshot(
  { paths, ownership }: PinContext,
  serial: Serial,
  name: SnapshotName,
): void {
  const laptop = inLaptop(paths, serial);
  makeReadableFolder(ownership, laptop.pinned);
  const mark = laptop.snapshotPin(name);
  if (!existsSync(mark)) writeFileDurably(mark, '', 0o640);
  failpoint('pin.marked');
}

/** Unpins a snapshot. Throws `not-found` when it is not pinned. */
export function unpinSnapshot({ paths }: PinContext, serial: Serial, name: SnapshotName): void {
  const laptop = inLaptop(paths, serial);
  if (!lstatSync(laptop.snapshotPin(name), { throwIfNoEntry: false })) {
    throw new DsError('not-found', `the snapshot ${name} of ${serial} is not pinned`);
  }
  rmSync(laptop.snapshotPin(name));
  fsyncFolder(laptop.pinned);
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
    fsyncFolder(dirname(folder)); // or a power cut brings it back, with nothing in it
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTEMPTY')) throw error;
  }
}
