/**
 * Pins (X8): a version of an entry that stays, whatever cleanup does to the snapshots it came from,
 * until it is unpinned. A pin is a folder with the same two names as in a snapshot, hard-linked:
 *
 *     pinned/<uid>/<digest>/{<uid>,<uid>.metadata,PIN}
 *
 * Whole snapshots are pinned by an empty file `pinned/<name of the snapshot>`.
 */
import { existsSync, lstatSync, readFileSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import type { Clock } from '../shared/clock.ts';
import { decodeEntry, type Entry, propertyText } from '../shared/entry.ts';
import { DsError, isErrno } from '../shared/errors.ts';
import { failpoint } from '../shared/failpoint.ts';
import { fsyncFolder, namesIn, writeFileDurably } from '../shared/files.ts';
import {
  type Digest,
  newRunId,
  parseDigest,
  parseSnapshotName,
  parseUid,
  type Serial,
  type SnapshotName,
  tryParse,
  type Uid,
} from '../shared/ids.ts';
import { keptMarkOf } from '../shared/kept.ts';
import { METADATA_SUFFIX } from '../shared/sums.ts';
import { type Access, makeReadableFolder } from './access.ts';
import type { Library } from './library.ts';
import { inLaptop, type Paths } from './paths.ts';
import type { Pool } from './pool.ts';
import { diskSize, pinQuota, quotaOf, sharePercent } from './quota.ts';
import type { Amount } from './retention.ts';
import { newestSnapshot, readVersions, type Snapshot } from './snapshots.ts';
import { discard } from './trash.ts';
import { measureFiles } from './usage.ts';

export interface PinContext {
  paths: Paths;
  access: Access;
  pool: Pool;
  clock: Clock;
}

export interface Pin extends Amount {
  uid: Uid;
  digest: Digest;
  /** Where it was pinned from, and when; ISO 8601. */
  snapshot: string;
  pinned: string;
  folder: string;
}

const PIN_NAME = 'PIN';
const noteSchema = v.object({ snapshot: v.string(), pinned: v.string() });

/** A laptop's pinned versions. One without a readable note is still a pin. */
export function listPins(paths: Paths, serial: Serial): Pin[] {
  const { pinned } = inLaptop(paths, serial);
  return namesIn(pinned).flatMap((name) => {
    const uid = tryParse(parseUid, name);
    if (!uid) return [];
    return namesIn(join(pinned, uid)).flatMap((version) => {
      const digest = tryParse(parseDigest, version);
      if (!digest) return [];
      const folder = inLaptop(paths, serial).pin(uid, digest);
      return [{ uid, digest, folder, ...readNote(folder), ...measureFiles(join(folder, uid)) }];
    });
  });
}

/** The version of an entry that was pinned from this snapshot, be that still there or not. */
export function findPin(
  paths: Paths,
  serial: Serial,
  uid: Uid,
  snapshot: SnapshotName,
): Pin | undefined {
  return listPins(paths, serial).find((pin) => pin.uid === uid && pin.snapshot === snapshot);
}

/** The snapshots that are pinned as a whole. */
export function pinnedSnapshots(paths: Paths, serial: Serial): Set<SnapshotName> {
  const names = namesIn(inLaptop(paths, serial).pinned);
  return new Set(names.flatMap((name) => tryParse(parseSnapshotName, name) ?? []));
}

/** The pinned versions, by digest. */
export function pinnedDigests(paths: Paths, serial: Serial): Set<Digest> {
  const { pinned } = inLaptop(paths, serial);
  const versions = namesIn(pinned).flatMap((uid) => {
    return tryParse(parseUid, uid) ? namesIn(join(pinned, uid)) : [];
  });
  return new Set(versions.flatMap((name) => tryParse(parseDigest, name) ?? []));
}

/** The title of what is pinned, for showing; empty where it has none. */
export function titleOf({ folder, uid }: Pin): string {
  try {
    const entry = decodeEntry(readFileSync(join(folder, `${uid}${METADATA_SUFFIX}`)));
    return propertyText(entry, 'title') ?? '';
  } catch {
    return ''; // damaged: it is still a pin
  }
}

/** What pins take, by digest of the version, for the quota. */
export function pinnedAmounts(paths: Paths, serial: Serial): Map<string, Amount> {
  const pins = listPins(paths, serial);
  return new Map(pins.map(({ digest, bytes, inodes }) => [digest, { bytes, inodes }]));
}

/** What the pins of one laptop may take together, in bytes. */
export function pinLimit({ paths, config, sharers }: Library): number {
  const { quota } = config;
  const each = quotaOf(diskSize(paths.library), sharers(), sharePercent(quota));
  return pinQuota(each, quota.pinsPercent);
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
  limit: number,
): Pin {
  const { paths } = context;
  const digest = readVersions(snapshot).get(uid);
  if (!digest) throw new DsError('not-found', `${snapshot.name} holds no entry ${uid}`);
  const pins = listPins(paths, serial);
  const known = pins.find((pin) => pin.uid === uid && pin.digest === digest);
  if (known) return known;
  const amount = measureFiles(join(snapshot.folder, uid));
  const taken = pins.reduce((sum, pin) => sum + pin.bytes, 0);
  if (taken + amount.bytes > limit) {
    const message = `pins of ${serial} may take ${limit} bytes; ${taken} are taken, this one needs ${amount.bytes}`;
    throw new DsError('over-quota', message, { hint: 'unpin something else first' });
  }
  const draft = inLaptop(paths, serial).draft(newRunId());
  try {
    fillPin(context, draft, snapshot, uid, digest);
    return placePin(context, serial, draft, uid, digest, amount);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
}

function fillPin(
  { access, pool, clock }: PinContext,
  draft: string,
  snapshot: Snapshot,
  uid: Uid,
  digest: Digest,
): void {
  makeReadableFolder(access, draft);
  const held = join(snapshot.folder, uid);
  const entry = decodeEntry(readFileSync(`${held}${METADATA_SUFFIX}`));
  pool.share(`${held}${METADATA_SUFFIX}`, () => digest, join(draft, `${uid}${METADATA_SUFFIX}`));
  const { content } = entry;
  if (content) pool.share(held, () => content.digest, join(draft, uid));
  failpoint('pin.linked');
  const note = { snapshot: snapshot.name, pinned: clock.now().toISOString() };
  writeFileDurably(join(draft, PIN_NAME), `${JSON.stringify(note)}\n`, 0o640);
  fsyncFolder(draft);
  failpoint('pin.sealed');
}

function placePin(
  { paths, access }: PinContext,
  serial: Serial,
  draft: string,
  uid: Uid,
  digest: Digest,
  amount: Amount,
): Pin {
  const laptop = inLaptop(paths, serial);
  const folder = laptop.pin(uid, digest);
  makeReadableFolder(access, laptop.pinned);
  makeReadableFolder(access, dirname(folder));
  renameSync(draft, folder);
  failpoint('pin.placed');
  for (const path of [dirname(folder), laptop.pinned, laptop.home]) fsyncFolder(path);
  failpoint('pin.durable');
  return { uid, digest, folder, ...readNote(folder), ...amount };
}

/** Ends a pin; what it held can be brought back from the trash. Throws `not-found`. */
export function unpinEntry(context: PinContext, serial: Serial, uid: Uid, digest?: Digest): Pin[] {
  const { paths, clock } = context;
  const pins = listPins(paths, serial).filter(
    (pin) => pin.uid === uid && (digest === undefined || pin.digest === digest),
  );
  for (const pin of pins) refuseOnlyCopy(paths, serial, pin);
  for (const pin of pins) {
    discard(paths, serial, pin.folder, 'unpinned', clock.now(), `pin-${uid}-${pin.digest}`);
    failpoint('unpin.moved');
  }
  removeIfEmpty(join(inLaptop(paths, serial).pinned, uid)); // also what a killed one left
  if (pins.length === 0) throw new DsError('not-found', `${serial} has no such pin of ${uid}`);
  return pins;
}

/** Throws `only-copy` for what the laptop's newest snapshot says is at school only (A13). */
function refuseOnlyCopy(paths: Paths, serial: Serial, { uid, digest }: Pin): void {
  const newest = newestSnapshot(paths, serial);
  if (!newest || !readVersions(newest).has(uid)) return;
  let entry: Entry;
  try {
    entry = decodeEntry(readFileSync(join(newest.folder, `${uid}${METADATA_SUFFIX}`)));
  } catch {
    return; // damaged: the scrub tells, and nothing here makes it worse
  }
  const mark = keptMarkOf(entry);
  if (mark?.digest !== digest || mark.serial !== serial) return;
  throw new DsError('only-copy', `the content of ${uid} is only at school, in this pin`, {
    hint: 'fetch it back to the laptop first ("ds-backup fetch"), and let that back up',
  });
}

/** Keeps a whole snapshot for good. */
export function pinSnapshot(
  { paths, access }: PinContext,
  serial: Serial,
  name: SnapshotName,
): void {
  const laptop = inLaptop(paths, serial);
  makeReadableFolder(access, laptop.pinned);
  const mark = laptop.snapshotPin(name);
  if (!existsSync(mark)) writeFileDurably(mark, '', 0o640);
  failpoint('pin.marked');
}

/** Leaves a snapshot to the ordinary rules again. Throws `not-found` when it was not pinned. */
export function unpinSnapshot({ paths }: PinContext, serial: Serial, name: SnapshotName): void {
  const laptop = inLaptop(paths, serial);
  if (!lstatSync(laptop.snapshotPin(name), { throwIfNoEntry: false })) {
    throw new DsError('not-found', `the snapshot ${name} of ${serial} is not pinned`);
  }
  rmSync(laptop.snapshotPin(name));
  fsyncFolder(laptop.pinned);
}

function readNote(folder: string): { snapshot: string; pinned: string } {
  try {
    return v.parse(noteSchema, JSON.parse(readFileSync(join(folder, PIN_NAME), 'utf8')));
  } catch {
    return { snapshot: '', pinned: '' };
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTEMPTY')) throw error;
  }
}
