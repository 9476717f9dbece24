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
import { asDsError, DsError, isErrno } from '../shared/errors.ts';
import { failpoint } from '../shared/failpoint.ts';
import { writeFileDurably } from '../shared/files.ts';
import type { Digest, Serial, Uid } from '../shared/ids.ts';
import type { Log } from '../shared/log.ts';
import { pacemaker } from '../shared/pacemaker.ts';
import type { Completion, Manifest, Outcome } from '../shared/protocol.ts';
import { run } from '../shared/run.ts';
import { METADATA_SUFFIX, stateDigest } from '../shared/sums.ts';
import { type Access, makeReadableFolder } from './access.ts';
import { inLaptop, type Paths } from './paths.ts';
import type { Pool } from './pool.ts';
import { repairDamage } from './repair.ts';
import { damagedEntries, salvage, type Whole } from './salvage.ts';
import {
  freeName,
  newestSnapshot,
  pointLatest,
  promoteDraft,
  readVersions,
  sealDraft,
} from './snapshots.ts';

export interface IngestContext {
  paths: Paths;
  access: Access;
  pool: Pool;
  clock: Clock;
  log: Log;
  env: NodeJS.ProcessEnv;
}

export interface Arrival {
  serial: Serial;
  completion: Completion;
  /** The folder with what was sent; emptied when the snapshot stands. */
  folder: string;
  source: Manifest['source'];
}

export type Ingested = Extract<Outcome, { state: 'done' | 'missing' | 'rebase' | 'refused' }>;

/** How long the service may work in one go before it looks after its clients, in milliseconds. */
const SLICE_MS = 8;
/** Content up to this size is hashed in one go, in bytes. */
const SMALL = 256 * 1024;

interface Base {
  manifest: Manifest | undefined;
  versions: Map<Uid, Digest>;
  folder: string | undefined;
}

/** Makes the snapshot. Throws only what is the server's own trouble (a full disk, damage). */
export async function ingest(context: IngestContext, arrival: Arrival): Promise<Ingested> {
  const { paths } = context;
  const { serial, completion } = arrival;
  const newest = newestSnapshot(paths, serial);
  if (newest?.run === completion.run) {
    await finish(context, arrival, newest); // promoted before the power went
    return done(newest);
  }
  if ((completion.base?.sequence ?? 0) !== (newest?.sequence ?? 0)) return { state: 'rebase' };
  if (completion.base && completion.base.state !== newest?.state) return { state: 'rebase' };
  const base: Base = {
    manifest: newest,
    versions: newest ? readVersions(newest) : new Map(),
    folder: newest && inLaptop(paths, serial).snapshot(newest.name),
  };
  const versions = applyChanges(base.versions, completion);
  if (versions.size !== completion.entries || stateDigest(versions) !== completion.state) {
    const message = 'the changes do not lead to the Journal they claim to describe';
    return { state: 'refused', code: 'bad-input', message };
  }
  const manifest = await verifyAndBuild(context, arrival, base, versions);
  if (Array.isArray(manifest)) return { state: 'missing', missing: manifest };
  await finish(context, arrival, manifest);
  return done(manifest);
}

function done(manifest: Manifest): Ingested {
  const { name, sequence, state } = manifest;
  return { state: 'done', snapshot: name, sequence, digest: state };
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
): Promise<Manifest | Uid[]> {
  const lost = new Set<Uid>();
  for (;;) {
    const { verified, missing } = await verify(context.pool, arrival, base, versions, lost);
    if (missing.length > 0) return missing;
    failpoint('ingest.verified');
    const built = await build(context, arrival, base, versions, verified);
    if (!Array.isArray(built)) return built;
    // Damage that came to light meanwhile: the laptop is to be asked for that, too.
    for (const uid of built) lost.add(uid);
  }
}

/**
 * Reads all that arrived and compares it with its digests. What is damaged in the base has to arrive
 * as well, changed or not: a new snapshot does not carry it on.
 */
async function verify(
  pool: Pool,
  arrival: Arrival,
  base: Base,
  versions: Map<Uid, Digest>,
  lost: ReadonlySet<Uid>,
) {
  const { folder } = arrival;
  const verified = new Map<Uid, Whole>();
  const missing: Uid[] = [];
  const pause = pacemaker(SLICE_MS);
  const unchanged = [...versions.keys()].filter(
    (uid) => base.versions.get(uid) === versions.get(uid),
  );
  const damaged = new Set(lost);
  if (base.folder) {
    for (const uid of damagedEntries(pool.damage, base.folder, unchanged)) damaged.add(uid);
  }
  for (const [uid, digest] of [
    ...arrival.completion.changed.filter(([uid, digest]) => base.versions.get(uid) !== digest),
    ...[...damaged].map((uid) => [uid, versions.get(uid) as Digest] as const),
  ]) {
    const found = await verifyEntry(pool, folder, base, uid, digest);
    if (found) verified.set(uid, found);
    else missing.push(uid);
    await pause();
  }
  return { verified, missing };
}

async function verifyEntry(
  pool: Pool,
  folder: string,
  base: Base,
  uid: Uid,
  digest: Digest,
): Promise<Whole | undefined> {
  const before = base.versions.get(uid);
  // Reads no more than its metadata: the laptop proved to have this when it sent the base.
  const salvaged = () =>
    base.folder && before ? salvage(pool, base.folder, uid, before) : undefined;
  const metadata = join(folder, `${uid}${METADATA_SUFFIX}`);
  const stat = lstatSync(metadata, { throwIfNoEntry: false });
  const arrived = stat?.isFile() && stat.size <= MAX_METADATA_BYTES;
  const bytes = arrived ? readFileSync(metadata) : undefined;
  if (!bytes || digestOf(bytes) !== digest) return before === digest ? salvaged() : undefined;
  const { content } = decodeEntry(bytes);
  if (!content) return { digest, metadata, content: null };
  const sent = join(folder, uid);
  if (await holds(sent, content)) return { digest, metadata, content: { ...content, path: sent } };
  const held = salvaged()?.content; // perhaps only its properties changed
  return held?.digest === content.digest ? { digest, metadata, content: held } : undefined;
}

async function holds(path: string, content: Content): Promise<boolean> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile() || stat.size !== content.size) return false;
  const digest =
    stat.size <= SMALL ? digestOf(readFileSync(path)) : (await digestFile(path)).digest;
  return digest === content.digest;
}

/** Reads the metadata of an entry in the base. Throws `damaged`, and remembers it. */
function readEntry(pool: Pool, snapshot: string, uid: Uid, digest: Digest) {
  const metadata = join(snapshot, `${uid}${METADATA_SUFFIX}`);
  const bytes = readFileSync(metadata);
  if (digestOf(bytes) === digest) return decodeEntry(bytes);
  pool.condemn(metadata, digest);
  throw new DsError('damaged', `${metadata} is damaged`);
}

/** Makes the snapshot, or says which entries of the base turned out not to be there whole. */
async function build(
  context: IngestContext,
  arrival: Arrival,
  base: Base,
  versions: Map<Uid, Digest>,
  verified: Map<Uid, Whole>,
): Promise<Manifest | Uid[]> {
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
      sequence: (base.manifest?.sequence ?? 0) + 1,
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
    sealDraft(draft, manifest, versions);
    failpoint('ingest.sealed');
    promoteDraft(paths, manifest, draft);
    return manifest;
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
}

/** Links every entry of the new state into the draft, but for those that the base has lost. */
async function fillDraft(
  { pool, log }: IngestContext,
  draft: string,
  base: Base,
  versions: Map<Uid, Digest>,
  verified: Map<Uid, Whole>,
): Promise<{ bytes: number; lost: Uid[] }> {
  const pause = pacemaker(SLICE_MS);
  const lost: Uid[] = [];
  let bytes = 0;
  for (const [uid, digest] of versions) {
    const target = join(draft, uid);
    const fresh = verified.get(uid);
    if (fresh) {
      pool.place(fresh.metadata, fresh.digest, `${target}${METADATA_SUFFIX}`);
      if (fresh.content) pool.place(fresh.content.path, fresh.content.digest, target);
      bytes += lstatSync(`${target}${METADATA_SUFFIX}`).size + (fresh.content?.size ?? 0);
      failpoint('ingest.pooled');
    } else if (base.folder) {
      try {
        bytes += shareEntry(pool, base.folder, uid, digest, target);
      } catch (error) {
        const isLost = error instanceof DsError && error.code === 'damaged';
        if (!isLost && !isErrno(error, 'ENOENT')) throw error;
        log.warn('entry-lost', { uid, reason: asDsError(error).message });
        lost.push(uid);
      }
    }
    await pause();
  }
  return { bytes, lost };
}

function shareEntry(pool: Pool, base: string, uid: Uid, digest: Digest, target: string): number {
  const held = join(base, uid);
  const metadata = `${held}${METADATA_SUFFIX}`;
  let bytes = pool.share(metadata, () => digest, `${target}${METADATA_SUFFIX}`);
  try {
    const contentDigest = () => {
      const { content } = readEntry(pool, base, uid, digest);
      if (content) return content.digest;
      throw new DsError('damaged', `${held} should not be there: the entry has no content`);
    };
    bytes += pool.share(held, contentDigest, target);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    if (readEntry(pool, base, uid, digest).content) {
      throw new DsError('damaged', `${held} is gone from the snapshot`, { cause: error });
    }
  }
  return bytes;
}

/** What remains when the snapshot is visible; safe to repeat. */
async function finish(context: IngestContext, arrival: Arrival, manifest: Manifest): Promise<void> {
  const { paths, clock, log } = context;
  failpoint('ingest.promoted');
  pointLatest(paths, arrival.serial, manifest.name);
  failpoint('ingest.pointed');
  recordSuccess(paths, arrival.serial, manifest, clock.now());
  emptyFolder(arrival.folder);
  failpoint('ingest.emptied');
  log.info('snapshot-made', {
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

function emptyFolder(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
}
