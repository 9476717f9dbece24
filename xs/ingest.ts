/**
 * Turns what a laptop sent into a snapshot (DESIGN.md, "A backup, step by step", 7):
 * verify → make durable → pool → link a draft → seal → promote → point → clean up.
 *
 * Nothing of an earlier snapshot is touched, and until the promotion nothing of the new one can be
 * seen. Killed anywhere, it is done again from the start or, when the snapshot is already there,
 * from the end. The caller holds the laptop's session lock, so nobody writes meanwhile.
 */
import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../shared/clock.ts';
import {
  type Content,
  decodeEntry,
  digestFile,
  digestOf,
  MAX_METADATA_BYTES,
} from '../shared/entry.ts';
import { DsError, isErrno } from '../shared/errors.ts';
import { failpoint } from '../shared/failpoint.ts';
import { writeFileDurably } from '../shared/files.ts';
import type { Digest, Serial, Uid } from '../shared/ids.ts';
import type { Log } from '../shared/log.ts';
import { pacemaker } from '../shared/pacemaker.ts';
import type { Completion, Manifest, Outcome } from '../shared/protocol.ts';
import { run } from '../shared/run.ts';
import { METADATA_SUFFIX, stateDigest } from '../shared/sums.ts';
import { type Access, makeReadableFolder } from './access.ts';
import type { DailyCap } from './daily-cap.ts';
import { isHeld, limitHeld, settleHeld } from './held.ts';
import { inLaptop, inSnapshot, type Paths } from './paths.ts';
import type { Pool } from './pool.ts';
import {
  formatHeldNote,
  type GuardRules,
  type JournalSize,
  judgeShrink,
  readHeldNote,
} from './shrink-guard.ts';
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
} from './snapshots.ts';

export interface IngestContext {
  paths: Paths;
  access: Access;
  pool: Pool;
  clock: Clock;
  log: Log;
  env: NodeJS.ProcessEnv;
  guard: GuardRules;
  /** Absent where nobody counts. */
  cap?: DailyCap;
}

export interface Arrival {
  serial: Serial;
  completion: Completion;
  /** The folder with what was sent; emptied when the snapshot stands. */
  folder: string;
  source: Manifest['source'];
}

export type Ingested = Exclude<Outcome, { state: 'unknown' | 'ingesting' }>;

/** How long the service may work in one go before it looks after its clients, in milliseconds. */
const SLICE_MS = 8;
/** Content up to this size is hashed in one go, in bytes. */
const SMALL = 256 * 1024;

/** A changed entry whose files were found whole. */
interface Verified {
  digest: Digest;
  /** Where its metadata and its content are; content is null for an entry that has none. */
  metadata: string;
  content: (Content & { path: string }) | null;
}

interface Base {
  snapshot: Snapshot | undefined;
  versions: Map<Uid, Digest>;
}

/** Makes the snapshot. Throws only what is the server's own trouble (a full disk, damage). */
export async function ingest(context: IngestContext, arrival: Arrival): Promise<Ingested> {
  const { paths } = context;
  const { serial, completion } = arrival;
  const newest = baseSnapshot(paths, serial);
  if (newest?.run === completion.run) {
    finish(context, arrival, newest); // promoted before the power went
    return outcomeOf(paths, newest);
  }
  if (!buildsOn(completion.base, newest)) return { state: 'rebase' };
  checkCap(context, arrival);
  const base: Base = { snapshot: newest, versions: newest ? readVersions(newest) : new Map() };
  const versions = applyChanges(base.versions, completion);
  if (versions.size !== completion.entries || stateDigest(versions) !== completion.state) {
    const message = 'the changes do not lead to the Journal they claim to describe';
    return { state: 'refused', code: 'bad-input', message };
  }
  const { verified, missing } = await verify(arrival, base);
  if (missing.length > 0) return { state: 'missing', missing };
  failpoint('ingest.verified');
  const snapshot = await build(context, arrival, base, versions, verified);
  context.cap?.note(serial);
  finish(context, arrival, snapshot);
  return outcomeOf(paths, snapshot);
}

/** What is refused does not stay: a program gone wild would fill the disk with it. */
function checkCap({ paths, cap }: IngestContext, { serial, folder }: Arrival): void {
  try {
    cap?.check(serial, [...listSnapshots(paths, serial), ...listHeld(paths, serial)]);
  } catch (error) {
    emptyFolder(folder);
    throw error;
  }
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

/** Reads all that arrived and compares it with its digests. */
async function verify(arrival: Arrival, base: Base) {
  const verified = new Map<Uid, Verified>();
  const missing: Uid[] = [];
  const pause = pacemaker(SLICE_MS);
  for (const [uid, digest] of arrival.completion.changed) {
    if (base.versions.get(uid) === digest) continue; // sent again, but not new
    const found = await verifyEntry(arrival.folder, base, uid, digest);
    if (found) verified.set(uid, found);
    else missing.push(uid);
    await pause();
  }
  return { verified, missing };
}

async function verifyEntry(
  folder: string,
  base: Base,
  uid: Uid,
  digest: Digest,
): Promise<Verified | undefined> {
  const metadata = join(folder, `${uid}${METADATA_SUFFIX}`);
  const stat = lstatSync(metadata, { throwIfNoEntry: false });
  if (!stat?.isFile() || stat.size > MAX_METADATA_BYTES) return undefined;
  const bytes = readFileSync(metadata);
  if (digestOf(bytes) !== digest) return undefined;
  const { content } = decodeEntry(bytes);
  if (!content) return { digest, metadata, content: null };
  const sent = join(folder, uid);
  if (await holds(sent, content)) return { digest, metadata, content: { ...content, path: sent } };
  // Only its properties changed: the laptop proved to have this content when it sent the base.
  if (!base.snapshot || !base.versions.has(uid)) return undefined;
  const { folder: held } = base.snapshot;
  if (readEntry(held, uid).content?.digest !== content.digest) return undefined;
  return { digest, metadata, content: { ...content, path: join(held, uid) } };
}

async function holds(path: string, content: Content): Promise<boolean> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile() || stat.size !== content.size) return false;
  const digest =
    stat.size <= SMALL ? digestOf(readFileSync(path)) : (await digestFile(path)).digest;
  return digest === content.digest;
}

function readEntry(snapshot: string, uid: Uid) {
  return decodeEntry(readFileSync(join(snapshot, `${uid}${METADATA_SUFFIX}`)));
}

async function build(
  context: IngestContext,
  arrival: Arrival,
  base: Base,
  versions: Map<Uid, Digest>,
  verified: Map<Uid, Verified>,
): Promise<Snapshot> {
  const { paths, access, clock, env } = context;
  const { serial, completion } = arrival;
  // What arrived must be on the disk before it gets a name in the pool.
  if (verified.size > 0) await run('sync', ['-f', arrival.folder], { env });
  failpoint('ingest.durable');
  const draft = inLaptop(paths, serial).draft(completion.run);
  rmSync(draft, { recursive: true, force: true });
  makeReadableFolder(access, draft);
  try {
    const bytes = await fillDraft(context, draft, base, versions, verified);
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
      changed: verified.size,
      removed: completion.removed.length,
      state: completion.state,
    };
    const verdict = judgeShrink(goodJournal(paths, serial), { versions, bytes }, context.guard);
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

/** The newest that was not held: what the shrink guard compares with. */
function goodJournal(paths: Paths, serial: Serial): JournalSize | undefined {
  const good = newestSnapshot(paths, serial);
  return good && { versions: readVersions(good), bytes: good.bytes };
}

/** Links every entry of the new state into the draft. Returns their bytes. */
async function fillDraft(
  { pool }: IngestContext,
  draft: string,
  base: Base,
  versions: Map<Uid, Digest>,
  verified: Map<Uid, Verified>,
): Promise<number> {
  const pause = pacemaker(SLICE_MS);
  let bytes = 0;
  for (const [uid, digest] of versions) {
    const target = join(draft, uid);
    const fresh = verified.get(uid);
    if (fresh) {
      pool.place(fresh.metadata, fresh.digest, `${target}${METADATA_SUFFIX}`);
      if (fresh.content) pool.place(fresh.content.path, fresh.content.digest, target);
      bytes += lstatSync(`${target}${METADATA_SUFFIX}`).size + (fresh.content?.size ?? 0);
      failpoint('ingest.pooled');
    } else if (base.snapshot) {
      bytes += shareEntry(pool, base.snapshot.folder, uid, digest, target);
    }
    await pause();
  }
  return bytes;
}

function shareEntry(pool: Pool, base: string, uid: Uid, digest: Digest, target: string): number {
  const held = join(base, uid);
  const metadata = `${held}${METADATA_SUFFIX}`;
  let bytes = pool.share(metadata, () => digest, `${target}${METADATA_SUFFIX}`);
  try {
    const contentDigest = () => {
      const { content } = readEntry(base, uid);
      if (content) return content.digest;
      throw new DsError('damaged', `${held} should not be there: the entry has no content`);
    };
    bytes += pool.share(held, contentDigest, target);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    if (readEntry(base, uid).content) {
      throw new DsError('damaged', `${held} is gone from the snapshot`, { cause: error });
    }
  }
  return bytes;
}

/** What remains when the snapshot is visible; safe to repeat. */
function finish(context: IngestContext, arrival: Arrival, manifest: Snapshot): void {
  const { paths, clock, log } = context;
  failpoint('ingest.promoted');
  if (isHeld(paths, manifest)) limitHeld(paths, arrival.serial, clock.now());
  else settleHeld(paths, arrival.serial, manifest);
  failpoint('ingest.pointed');
  recordSuccess(paths, arrival.serial, manifest, clock.now());
  emptyFolder(arrival.folder);
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
}

/** Notes that the laptop's Journal is known to be safe as of now. */
export function recordSuccess(paths: Paths, serial: Serial, manifest: Manifest, now: Date): void {
  const { sequence, state } = manifest;
  const text = JSON.stringify({ time: now.toISOString(), sequence, state });
  writeFileDurably(inLaptop(paths, serial).lastSuccess, `${text}\n`, 0o640);
}

function emptyFolder(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
}
