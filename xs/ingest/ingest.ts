/**
 * Turns what a laptop sent into a snapshot. Here: is it done already, does it build on the newest snapshot, do
 * the limits allow it, what of the base is lost. Then `build-snapshot.ts` verifies → makes durable → links a
 * draft through the pool → asks the shrink guard → seals → promotes, and `after-backup.ts` publishes → notes
 * the success → empties the folder → repairs → reindexes.
 *
 * Earlier snapshots are never changed, and nothing of the new one can be seen before it is promoted.
 * Killed anywhere, it is done again from the start or, when the snapshot is already there, from the
 * end. The caller holds the laptop's session lock, so nobody writes meanwhile.
 */
import { lstatSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { type Digest, parseUid, type Serial, tryParse, type Uid } from '../../shared/ids.ts';
import { stateDigest } from '../../shared/journal/sums.ts';
import type { Completion, Manifest, Outcome } from '../../shared/protocol/messages.ts';
import { pacemaker, SLICE_MS } from '../../shared/system/pacemaker.ts';
import { bytesOnDisk } from '../../shared/system/sparse.ts';
import { entryOf } from '../integrity/entry-names.ts';
import { pinnedSnapshots } from '../pins/pins.ts';
import { measureDisk } from '../storage/disk.ts';
import type { Paths } from '../storage/paths.ts';
import {
  baseSnapshot,
  listHeld,
  listSnapshots,
  readVersions,
  type Snapshot,
} from '../storage/snapshots.ts';
import { afterBackup, emptyFolder } from './after-backup.ts';
import type { Arrival } from './arrival.ts';
import { buildSnapshot } from './build-snapshot.ts';
import type { DailyCap } from './daily-cap.ts';
import { isHeld } from './held.ts';
import type { IngestContext } from './ingest-context.ts';
import { SentFiles } from './sent.ts';
import { readHeldNote } from './shrink-guard.ts';
import { checkTwin, othersOf } from './twin-line.ts';

/** What arrived, of which something may have been read already. */
export type Sent = Omit<Arrival, 'files'> & { files?: SentFiles };
export type Ingested = Exclude<Outcome, { state: 'unknown' | 'ingesting' }>;

/**
 * Makes the snapshot, or says why not. Throws `server-refused` over the daily cap and `over-quota` over the
 * hard quota, with what arrived removed; anything else is trouble of the server (a full disk, damage), after
 * which the same can be tried again.
 */
export async function ingest(context: IngestContext, sent: Sent): Promise<Ingested> {
  const { paths } = context;
  const arrival = { files: new SentFiles(), ...sent };
  const { serial, completion, folder } = arrival;
  checkTwin(paths, serial, completion.instance);
  const newest = baseSnapshot(paths, serial);
  if (newest?.run === completion.run) {
    await afterBackup(context, newest, folder); // promoted before the power went
    return outcomeOf(paths, newest);
  }
  if (!buildsOn(completion.base, newest)) return { state: 'rebase' };
  await checkLimits(context, arrival);
  const replaced = replacedToday(context, arrival, newest);
  const base = { snapshot: newest, versions: newest ? readVersions(newest) : new Map() };
  const lost = newest ? await lostEntries(context, newest) : new Set<Uid>();
  // Each of these steps takes a tenth of a second for the largest Journal.
  await breathe();
  const versions = applyChanges(base.versions, completion);
  await breathe();
  if (versions.size !== completion.entries || stateDigest(versions) !== completion.state) {
    const message = 'the changes do not lead to the Journal they claim to describe';
    return { state: 'refused', code: 'bad-input', message };
  }
  const built = await buildSnapshot(context, arrival, { ...base, lost }, versions);
  if (built.type === 'missing') return { state: 'missing', missing: built.missing };
  context.cap?.note(serial, completion.instance);
  context.hardQuota?.add(serial, await sizeOf(folder));
  await afterBackup(context, built.snapshot, folder, replaced);
  return outcomeOf(paths, built.snapshot);
}

/** Whether its content matters: not for what is refused or answered before anything is read. */
export function isWorthReading({ paths, cap }: IngestContext, arrival: Sent): boolean {
  const { serial, completion } = arrival;
  const newest = baseSnapshot(paths, serial);
  if (newest?.run === completion.run || !buildsOn(completion.base, newest)) return false;
  return arrival.source === 'original' || admits(paths, cap, serial);
}

/** The daily cap, for the laptop whose line this is. */
function admits(paths: Paths, cap: DailyCap | undefined, serial: Serial): boolean {
  return cap?.admits(serial, all(paths, serial), othersOf(paths, serial)) ?? true;
}

/** All snapshots of a laptop, held aside or not. */
function all(paths: Paths, serial: Serial): Snapshot[] {
  return [...listSnapshots(paths, serial), ...listHeld(paths, serial)];
}

/**
 * The snapshot of today that gives its place to this one. The original client does not learn that it
 * is refused and calls its day done: its last state of a day is always kept, and those before today are,
 * too.
 */
function replacedToday(
  { paths, cap }: IngestContext,
  { serial, source }: Arrival,
  newest: Snapshot | undefined,
): Snapshot | undefined {
  if (source !== 'original' || newest?.source !== 'original') return undefined;
  if (!cap || admits(paths, cap, serial) || !cap.isRecent(newest)) return undefined;
  const stays = isHeld(paths, newest) || pinnedSnapshots(paths, serial).has(newest.name);
  return stays ? undefined : newest;
}

/** Entries of the base that are not there whole, after what the pool has was linked again. */
async function lostEntries({ checker }: IngestContext, base: Snapshot): Promise<Set<Uid>> {
  const findings = await checker.checkSnapshot(base);
  return new Set(findings.flatMap(({ file }) => tryParse(parseUid, entryOf(file)) ?? []));
}

/** What the laptop is told of a snapshot that is in its place. */
export function outcomeOf(paths: Paths, snapshot: Snapshot): Ingested {
  const { name, sequence, state } = snapshot;
  const told = { snapshot: name, sequence, digest: state };
  if (!isHeld(paths, snapshot)) return { state: 'done', ...told };
  return { state: 'held', ...told, reason: readHeldNote(snapshot.folder).detail };
}

/** A first backup builds on nothing; a sequence alone cannot say so, adopted ones go below 1. */
function buildsOn(base: Completion['base'], newest: Manifest | undefined): boolean {
  if (base === null || !newest) return base === null && !newest;
  return base.sequence === newest.sequence && base.state === newest.state;
}

/** What is refused is removed: otherwise a faulty program would fill the disk with it. */
async function checkLimits(
  { paths, cap, hardQuota }: IngestContext,
  { serial, folder, source }: Arrival,
): Promise<void> {
  try {
    if (source !== 'original') cap?.check(serial, all(paths, serial), othersOf(paths, serial));
    hardQuota?.check(serial, await sizeOf(folder), await measureDisk(paths.library));
  } catch (error) {
    await emptyFolder(folder);
    throw error;
  }
}

/** What arrived takes so much on the disk, in bytes. */
async function sizeOf(folder: string): Promise<number> {
  const pause = pacemaker(SLICE_MS);
  let bytes = 0;
  for await (const { name } of await opendir(folder)) {
    bytes += bytesOnDisk(lstatSync(join(folder, name)));
    await pause();
  }
  return bytes;
}

function applyChanges(before: ReadonlyMap<Uid, Digest>, completion: Completion): Map<Uid, Digest> {
  const versions = new Map(before);
  for (const uid of completion.removed) versions.delete(uid);
  for (const [uid, digest] of completion.changed) versions.set(uid, digest);
  return versions;
}
