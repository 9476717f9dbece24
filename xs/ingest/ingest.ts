/**
 * Turns what a laptop sent into a snapshot. Before its turn of the work queue: reads what arrived, answers what is
 * certain already, makes the rest durable. In the queue: is it done already, does it build on the newest snapshot,
 * do the limits allow it, what of the base is lost. Then `build-snapshot.ts` verifies → links a draft through the
 * pool → asks the shrink guard → seals → promotes, and `after-backup.ts` publishes → notes the success → repairs →
 * reindexes. After the queue: empties the folder.
 *
 * Earlier snapshots are never changed, and nothing of the new one can be seen before it is promoted.
 * Killed anywhere, it is done again from the start or, when the snapshot is already there, from the
 * end. The caller holds the laptop's session lock, so nobody writes meanwhile.
 */
import { lstatSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { asDsError, DsError } from '../../shared/errors.ts';
import { type Digest, parseUid, type Serial, tryParse, type Uid } from '../../shared/ids.ts';
import { stateDigestInPieces } from '../../shared/journal/sums.ts';
import type { Completion, Manifest, Outcome } from '../../shared/protocol/messages.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { fsyncFolderAside } from '../../shared/system/files-aside.ts';
import { pacemaker, SLICE_MS } from '../../shared/system/pacemaker.ts';
import { emptyFolder } from '../../shared/system/remove-in-pieces.ts';
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
import { afterBackup } from './after-backup.ts';
import type { Arrival } from './arrival.ts';
import { buildSnapshot, makeDurable } from './build-snapshot.ts';
import type { DailyCap } from './daily-cap.ts';
import { isHeld } from './held.ts';
import type { IngestContext } from './ingest-context.ts';
import { alone, type Pace } from './pace.ts';
import { blameOf } from './retry-schedule.ts';
import { SentFiles } from './sent.ts';
import { readHeldNote } from './shrink-guard.ts';
import { checkTwin, othersOf } from './twin-line.ts';

/** What arrived, before anything of it is read. */
export type Sent = Omit<Arrival, 'files' | 'bytes'>;
export type Ingested = Exclude<Outcome, { state: 'unknown' | 'ingesting' }>;

/** With so many entries missing the laptop has a lot to send anyway. */
const MANY = 1000;

/**
 * Makes the snapshot, or says why not. Throws `bad-input` for what is too much to read, `server-refused` over the
 * daily cap and `over-quota` over the hard quota, with what arrived removed; anything else is trouble of the
 * server (a full disk, damage), after which the same can be tried again.
 */
export async function ingest(
  context: IngestContext,
  sent: Sent,
  pace: Pace = alone(),
): Promise<Ingested> {
  const arrival = { ...sent, files: new SentFiles(), bytes: 0 };
  const clear = () => emptyFolder(arrival.folder, pace.rest);
  const attempt = async () =>
    (await prepare(context, arrival, pace)) ??
    (await pace.inQueue(() => makeSnapshot(context, arrival)));
  try {
    let outcome = isWorthReading(context, arrival)
      ? await attempt()
      : await pace.inQueue(() => makeSnapshot(context, arrival));
    if (outcome === 'unread') outcome = await attempt();
    if (outcome === 'unread') throw new DsError('internal', 'what was sent was not read');
    if (outcome.state !== 'done' && outcome.state !== 'held') return outcome;
    await clear();
    failpoint('ingest.emptied');
    return outcome;
  } catch (error) {
    if (blameOf(asDsError(error).code) === 'over-limit') await clear();
    throw error;
  }
}

/** Reads what was sent, which needs no turn of the work queue. Returns the outcome if it is certain: no snapshot. */
async function prepare(
  context: IngestContext,
  arrival: Arrival,
  pace: Pace,
): Promise<Ingested | undefined> {
  const { files, folder, completion } = arrival;
  try {
    await files.readAhead(folder, completion.changed, pace.spend);
    arrival.bytes = await sizeOf(folder, pace.rest);
  } catch (error) {
    if (asDsError(error).code === 'bad-input') await emptyFolder(folder, pace.rest);
    throw error;
  }
  const missing = completion.changed.filter(([uid]) => files.isIncomplete(uid));
  const certain =
    missing.length > 0 ? await whatIsMissing(context, arrival, missing, pace) : undefined;
  if (!certain && !files.isDurable) {
    await pace.aside(() => makeDurable(arrival, context.env));
  }
  return certain;
}

/** Undefined when the base may have what did not arrive, or does not fit: the work queue decides then. */
async function whatIsMissing(
  context: IngestContext,
  arrival: Arrival,
  incomplete: Completion['changed'],
  pace: Pace,
): Promise<Ingested | undefined> {
  const { paths } = context;
  const { serial, completion } = arrival;
  checkTwin(paths, serial, completion.instance);
  const newest = baseSnapshot(paths, serial);
  if (!buildsOn(completion.base, newest)) return undefined;
  const before = newest ? readVersions(newest) : new Map<Uid, Digest>();
  const missing = incomplete.map(([uid]) => uid).filter((uid) => !before.has(uid));
  // Of a base something may be lost as well: a laptop that lacks little is told everything at once.
  if (missing.length === 0 || (newest && missing.length < MANY)) return undefined;
  checkCap(context, arrival);
  await checkQuota(context, arrival);
  await pace.rest();
  const versions = applyChanges(before, completion);
  return (await checkState(versions, completion, pace.rest)) ?? { state: 'missing', missing };
}

/** `unread` when it turns out here that what was sent matters: it is not read while everybody waits. */
async function makeSnapshot(
  context: IngestContext,
  arrival: Arrival,
): Promise<Ingested | 'unread'> {
  const { paths } = context;
  const { serial, completion } = arrival;
  checkTwin(paths, serial, completion.instance);
  const newest = baseSnapshot(paths, serial);
  if (newest?.run === completion.run) {
    // Promoted by a service that was killed, perhaps before the name was durable.
    await fsyncFolderAside(dirname(newest.folder));
    await afterBackup(context, newest);
    return outcomeOf(paths, newest);
  }
  if (!buildsOn(completion.base, newest)) return { state: 'rebase' };
  checkCap(context, arrival);
  if (!arrival.files.wasReadAhead) return 'unread';
  await checkQuota(context, arrival);
  const replaced = replacedToday(context, arrival, newest);
  const base = { snapshot: newest, versions: newest ? readVersions(newest) : new Map() };
  const lost = newest ? await lostEntries(context, newest) : new Set<Uid>();
  // Each of these steps takes a tenth of a second for the largest Journal.
  await breathe();
  const versions = applyChanges(base.versions, completion);
  await breathe();
  const wrong = await checkState(versions, completion, pacemaker(SLICE_MS));
  if (wrong) return wrong;
  const built = await buildSnapshot(context, arrival, { ...base, lost }, versions);
  if (built.type === 'missing') return { state: 'missing', missing: built.missing };
  context.cap?.note(serial, completion.instance);
  context.hardQuota?.add(serial, arrival.bytes);
  await afterBackup(context, built.snapshot, replaced);
  return outcomeOf(paths, built.snapshot);
}

async function checkState(
  versions: ReadonlyMap<Uid, Digest>,
  { entries, state }: Completion,
  pause: () => Promise<void>,
) {
  if (versions.size === entries && (await stateDigestInPieces(versions, pause)) === state) return;
  const message = 'the changes do not lead to the Journal they claim to describe';
  return { state: 'refused', code: 'bad-input', message } as const;
}

/** Whether its content matters: not for what is refused or answered before anything is read. */
function isWorthReading({ paths, cap }: IngestContext, arrival: Arrival): boolean {
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

function checkCap({ paths, cap }: IngestContext, { serial, source }: Arrival): void {
  if (source !== 'original') cap?.check(serial, all(paths, serial), othersOf(paths, serial));
}

async function checkQuota(
  { paths, hardQuota }: IngestContext,
  { serial, bytes }: Arrival,
): Promise<void> {
  hardQuota?.check(serial, bytes, await measureDisk(paths.library));
}

/** What arrived takes so much on the disk, in bytes. */
async function sizeOf(folder: string, rest: Pace['rest']): Promise<number> {
  let bytes = 0;
  for await (const { name } of await opendir(folder)) {
    bytes += bytesOnDisk(lstatSync(join(folder, name)));
    await rest();
  }
  return bytes;
}

function applyChanges(before: ReadonlyMap<Uid, Digest>, completion: Completion): Map<Uid, Digest> {
  const versions = new Map(before);
  for (const uid of completion.removed) versions.delete(uid);
  for (const [uid, digest] of completion.changed) versions.set(uid, digest);
  return versions;
}
