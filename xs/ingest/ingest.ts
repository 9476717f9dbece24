/**
 * Turns what a laptop sent into a snapshot (DESIGN.md, "A backup, step by step", 7):
 * verify → make durable → pool → link a draft → seal → promote → point → clean up.
 *
 * Nothing of an earlier snapshot is touched, and until the promotion nothing of the new one can be
 * seen. Killed anywhere, it is done again from the start or, when the snapshot is already there,
 * from the end. The caller holds the laptop's session lock, so nobody writes meanwhile.
 */
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { asDsError } from '../../shared/errors.ts';
import type { Digest, Serial, Uid } from '../../shared/ids.ts';
import type { KeptMark } from '../../shared/journal/kept.ts';
import { stateDigest } from '../../shared/journal/sums.ts';
import type { Log } from '../../shared/log.ts';
import type { Completion, Manifest, Outcome } from '../../shared/protocol/messages.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import { pacemaker, SLICE_MS } from '../../shared/system/pacemaker.ts';
import { run } from '../../shared/system/run.ts';
import { repairDamage } from '../integrity/repair.ts';
import type { Whole } from '../integrity/salvage.ts';
import { noteMarks } from '../pins/only-copy.ts';
import { listPins } from '../pins/pins.ts';
import type { Registrations } from '../registration/registration.ts';
import { measureDisk } from '../storage/disk.ts';
import { type Access, makeReadableFolder } from '../storage/ownership.ts';
import { inLaptop, inSnapshot, type Paths } from '../storage/paths.ts';
import type { Pool } from '../storage/pool.ts';
import {
  baseSnapshot,
  freeName,
  listHeld,
  listSnapshots,
  newestSnapshot,
  promoteDraft,
  readVersions,
  type Snapshot,
  sealDraft,
} from '../storage/snapshots.ts';
import { type Arrival, type Base, verifyArrival } from './arrival.ts';
import type { DailyCap } from './daily-cap.ts';
import { fillDraft } from './draft.ts';
import type { HardQuota } from './hard-quota.ts';
import { isHeld, limitHeld, settleHeld } from './held.ts';
import {
  formatHeldNote,
  type GuardRules,
  type JournalSize,
  judgeShrink,
  readHeldNote,
  withPinned,
} from './shrink-guard.ts';

export interface IngestContext {
  paths: Paths;
  access: Access;
  pool: Pool;
  clock: Clock;
  log: Log;
  env: NodeJS.ProcessEnv;
  guard: GuardRules;
  /** Absent where there is one laptop only. */
  registrations?: Pick<Registrations, 'bySerial'>;
  /** Both absent where nobody counts. */
  cap?: DailyCap;
  hardQuota?: HardQuota;
}

export type Ingested = Exclude<Outcome, { state: 'unknown' | 'ingesting' }>;

/** Makes the snapshot. Throws only what is the server's own trouble (a full disk, damage). */
export async function ingest(context: IngestContext, arrival: Arrival): Promise<Ingested> {
  const { paths } = context;
  const { serial, completion } = arrival;
  const newest = baseSnapshot(paths, serial);
  if (newest?.run === completion.run) {
    await finish(context, arrival, newest); // promoted before the power went
    return outcomeOf(paths, newest);
  }
  if (!buildsOn(completion.base, newest)) return { state: 'rebase' };
  await checkLimits(context, arrival);
  const base: Base = { snapshot: newest, versions: newest ? readVersions(newest) : new Map() };
  const versions = applyChanges(base.versions, completion);
  if (versions.size !== completion.entries || stateDigest(versions) !== completion.state) {
    const message = 'the changes do not lead to the Journal they claim to describe';
    return { state: 'refused', code: 'bad-input', message };
  }
  const snapshot = await verifyAndBuild(context, arrival, base, versions);
  if (Array.isArray(snapshot)) return { state: 'missing', missing: snapshot };
  context.cap?.note(serial);
  context.hardQuota?.add(serial, await sizeOf(arrival.folder));
  await finish(context, arrival, snapshot);
  return outcomeOf(paths, snapshot);
}

/** What is refused does not stay: a program gone wild would fill the disk with it. */
async function checkLimits(
  { paths, cap, hardQuota }: IngestContext,
  { serial, folder }: Arrival,
): Promise<void> {
  try {
    cap?.check(serial, [...listSnapshots(paths, serial), ...listHeld(paths, serial)]);
    hardQuota?.check(serial, await sizeOf(folder), await measureDisk(paths.library));
  } catch (error) {
    await emptyFolder(folder);
    throw error;
  }
}

/** Of what arrived, in bytes. */
async function sizeOf(folder: string): Promise<number> {
  const pause = pacemaker(SLICE_MS);
  let bytes = 0;
  for (const name of readdirSync(folder)) {
    bytes += lstatSync(join(folder, name)).size;
    await pause();
  }
  return bytes;
}

/** What the laptop is told of a snapshot that stands. */
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

function applyChanges(before: ReadonlyMap<Uid, Digest>, completion: Completion): Map<Uid, Digest> {
  const versions = new Map(before);
  for (const uid of completion.removed) versions.delete(uid);
  for (const [uid, digest] of completion.changed) versions.set(uid, digest);
  return versions;
}

/** The new snapshot, or the uids whose files have to be sent (again). */
async function verifyAndBuild(
  context: IngestContext,
  arrival: Arrival,
  base: Base,
  versions: Map<Uid, Digest>,
): Promise<Snapshot | Uid[]> {
  const lost = new Set<Uid>();
  for (;;) {
    const { verified, missing } = await verifyArrival(context.pool, arrival, base, versions, lost);
    if (missing.length > 0) return missing;
    failpoint('ingest.verified');
    const built = await build(context, arrival, base, versions, verified);
    if (!Array.isArray(built)) return built;
    // Damage that came to light meanwhile: the laptop is to be asked for that, too.
    for (const uid of built) lost.add(uid);
  }
}

/** Makes the snapshot, or says which entries of the base turned out not to be there whole. */
async function build(
  context: IngestContext,
  arrival: Arrival,
  base: Base,
  versions: Map<Uid, Digest>,
  verified: Map<Uid, Whole>,
): Promise<Snapshot | Uid[]> {
  const { paths, access, clock, env } = context;
  const { serial, completion } = arrival;
  // What arrived must be on the disk before it gets a name in the pool.
  if (verified.size > 0) await run('sync', ['-f', arrival.folder], { env });
  failpoint('ingest.durable');
  const draft = inLaptop(paths, serial).draft(completion.run);
  rmSync(draft, { recursive: true, force: true });
  makeReadableFolder(access, draft);
  try {
    const { bytes, lost } = await fillDraft(context, draft, base, versions, verified);
    if (lost.length > 0) {
      rmSync(draft, { recursive: true });
      return lost;
    }
    failpoint('ingest.linked');
    const manifest: Manifest = {
      format: 'ds-backup-manifest',
      version: 1,
      serial,
      name: freeName(paths, serial, clock.now()),
      // Only old snapshots are below 1, and those of ours never are, even when they come first.
      sequence: Math.max(0, base.snapshot?.sequence ?? 0) + 1,
      run: completion.run,
      created: clock.now().toISOString(),
      source: arrival.source,
      agent: completion.agent,
      entries: versions.size,
      bytes,
      changed: [...verified].filter(([uid, { digest }]) => base.versions.get(uid) !== digest)
        .length,
      removed: completion.removed.length,
      state: completion.state,
    };
    const good = goodJournal(paths, serial, base);
    const pins = listPins(paths, serial);
    const verdict = judgeShrink(
      good && withPinned(good, pins),
      withPinned({ versions, bytes }, pins),
      context.guard,
    );
    noteMarks(context, serial, marksOf(verified));
    if (verdict.hold) writeFileDurably(inSnapshot(draft).held, formatHeldNote(verdict), 0o640);
    sealDraft(draft, manifest, versions);
    failpoint('ingest.sealed');
    if (verdict.hold) makeReadableFolder(access, inLaptop(paths, serial).held);
    return promoteDraft(paths, manifest, draft, verdict.hold);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
}

function marksOf(verified: ReadonlyMap<Uid, Whole>): Map<Uid, KeptMark> {
  return new Map([...verified].flatMap(([uid, { mark }]) => (mark ? [[uid, mark]] : [])));
}

/** The newest that was not held: what the shrink guard compares with. */
function goodJournal(paths: Paths, serial: Serial, base: Base): JournalSize | undefined {
  const { snapshot, versions } = base;
  if (snapshot && !isHeld(paths, snapshot)) return { versions, bytes: snapshot.bytes };
  const good = newestSnapshot(paths, serial);
  return good && { versions: readVersions(good), bytes: good.bytes };
}

/** What remains when the snapshot is visible; safe to repeat. */
async function finish(context: IngestContext, arrival: Arrival, manifest: Snapshot): Promise<void> {
  const { paths, clock, log } = context;
  failpoint('ingest.promoted');
  if (isHeld(paths, manifest)) limitHeld(paths, arrival.serial, clock.now());
  else settleHeld(paths, arrival.serial, manifest);
  failpoint('ingest.pointed');
  recordSuccess(paths, arrival.serial, manifest, clock.now());
  await emptyFolder(arrival.folder);
  failpoint('ingest.emptied');
  log.info(isHeld(paths, manifest) ? 'snapshot-held' : 'snapshot-made', {
    serial: arrival.serial,
    name: manifest.name,
    sequence: manifest.sequence,
    entries: manifest.entries,
    changed: manifest.changed,
    removed: manifest.removed,
    source: manifest.source,
  });
  try {
    await repairDamage(context, { search: false }); // what arrived may be what was damaged
  } catch (error) {
    log.warn('repair-failed', { reason: asDsError(error).message }); // the scrub tries again
  }
}

/** Notes that the laptop's Journal is known to be safe as of now. */
export function recordSuccess(paths: Paths, serial: Serial, manifest: Manifest, now: Date): void {
  const { sequence, state } = manifest;
  const text = JSON.stringify({ time: now.toISOString(), sequence, state });
  writeFileDurably(inLaptop(paths, serial).lastSuccess, `${text}\n`, 0o640);
}

async function emptyFolder(folder: string): Promise<void> {
  const pause = pacemaker(SLICE_MS);
  for (const name of readdirSync(folder)) {
    rmSync(join(folder, name), { recursive: true });
    await pause();
  }
}
