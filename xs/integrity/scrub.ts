/**
 * The scrub: reads all content of the pool again and again, one shard at a time, at idle priority.
 * Damaged content is quarantined and its links are recorded; unused content is removed. A pass has
 * 256 shards; how many are due is counted in days of service, so a wrong clock does no harm.
 */
import { lstatSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import type { Digest } from '../../shared/ids.ts';
import type { Log } from '../../shared/log.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { namesIn } from '../../shared/system/files.ts';
import { pacemaker } from '../../shared/system/pacemaker.ts';
import { IDLE_SLICE_MS } from '../storage/idle.ts';
import { inShard, type Paths, POOL_NAME } from '../storage/paths.ts';
import type { Pool } from '../storage/pool.ts';
import type { Checker } from './checker.ts';
import { findDamagedLinks } from './find-links.ts';
import { hashFiles, rehashFiles } from './hash-files.ts';
import { repairDamage } from './repair.ts';
import { readScrubState, type ScrubState, SHARDS, writeScrubState } from './scrub-state.ts';

export interface ScrubContext {
  paths: Paths;
  pool: Pool;
  checker: Pick<Checker, 'linkAllNames'>;
  clock: Clock;
  log: Log;
  env: NodeJS.ProcessEnv;
}

export interface ShardResult {
  /** Files read, and their size. */
  files: number;
  bytes: number;
  /** Files removed because nothing linked to them. */
  swept: number;
  sweptBytes: number;
  damaged: { digest: Digest; names: readonly string[] }[];
}

interface Pooled {
  name: string;
  digest: Digest;
  inode: number;
  size: number;
}

/** What one child process reads: small enough to stop soon, large enough to be worth a process. */
const BATCH_FILES = 64;
const BATCH_BYTES = 64 * 1024 * 1024;
/** Copying takes seconds; a temporary copy older than this was left by a killed service, in ms. */
const STALE_COPY_MS = 60 * 60_000;
const COPY_NAME = /^\.copy-\d+\.tmp$/;

/** Scrubs the next shard; undefined when none is due. */
export async function scrubNextShard(
  context: ScrubContext,
  options: { signal?: AbortSignal } = {},
): Promise<ShardResult | undefined> {
  const { paths, clock, log } = context;
  const before = readScrubState(paths, clock.now(), log);
  if (before.owed === 0) return undefined;
  const result = await scrubShard(context, before.shard, options);
  failpoint('scrub.read');
  // A day may have been added in the meantime.
  const { owed } = readScrubState(paths, clock.now(), log);
  writeScrubState(paths, advance({ ...before, owed }, result, clock.now()));
  if (before.shard === SHARDS - 1) {
    const damaged = before.damaged + result.damaged.length;
    const files = before.files + result.files;
    log.info('scrub-pass-finished', { pass: before.pass, files, damaged });
  }
  return result;
}

/** Reads one shard. Only what was read twice is quarantined, also when it is aborted. */
export async function scrubShard(
  context: ScrubContext,
  shard: number,
  { signal }: { signal?: AbortSignal } = {},
): Promise<ShardResult> {
  const { paths, pool, log } = context;
  const search = { ...context, ...(signal && { signal }) };
  const result: ShardResult = { files: 0, bytes: 0, swept: 0, sweptBytes: 0, damaged: [] };
  const folder = inShard(paths, shard);
  const files = await listAndSweep(search, folder, result);
  const inodes: number[] = [];
  const pause = pacemaker(IDLE_SLICE_MS);
  for (const batch of batches(files)) {
    for (const file of await findDamaged(search, folder, batch)) {
      pool.damage.quarantine(file.digest, join(folder, file.name));
      inodes.push(file.inode);
      await pause();
    }
    result.files += batch.length;
    result.bytes += batch.reduce((sum, { size }) => sum + size, 0);
  }
  await findDamagedLinks(pool.damage, search);
  for (const { digest, inode, names } of pool.damage.list()) {
    if (!inodes.includes(inode)) continue;
    result.damaged.push({ digest, names: names ?? [] });
    log.warn('content-damaged', { digest, inode, names: names?.length, first: names?.[0] });
  }
  if (!pool.damage.isEmpty) await repairDamage(search, { search: true });
  return result;
}

/**
 * The shard's files that something links to; the others are removed. Content without links may be
 * what a damaged snapshot needs: every name that a list has is linked again first.
 */
async function listAndSweep(
  { pool, checker, clock, signal }: ScrubContext & { signal?: AbortSignal },
  folder: string,
  result: ShardResult,
): Promise<Pooled[]> {
  const pause = pacemaker(IDLE_SLICE_MS);
  const names = namesIn(folder);
  const unlinked = new Set<string>();
  for (const name of names) {
    const stat = lstatSync(join(folder, name), { throwIfNoEntry: false });
    if (POOL_NAME.test(name) && stat?.nlink === 1) unlinked.add(name);
    await pause();
  }
  const isUnused = unlinked.size > 0 && (await checker.linkAllNames(signal)).length === 0;
  // The last good copy of damaged content is needed even if nothing links to it.
  const precious = new Set(pool.damage.list().map(({ digest }) => digest));
  const files: Pooled[] = [];
  for (const name of names) {
    await pause();
    const path = join(folder, name);
    // No await from here to the removal, so nothing can link to it in between.
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (!stat?.isFile()) continue;
    const digest = POOL_NAME.exec(name)?.[1] as Digest | undefined;
    const age = Math.abs(clock.now().getTime() - stat.mtimeMs);
    const isStaleCopy = COPY_NAME.test(name) && age > STALE_COPY_MS;
    const isFree = isUnused && unlinked.has(name) && stat.nlink === 1;
    if (isStaleCopy || (digest && isFree && !precious.has(digest))) {
      unlinkSync(path);
      result.swept += 1;
      result.sweptBytes += stat.size;
    } else if (digest) {
      files.push({ name, digest, inode: stat.ino, size: stat.size });
    }
  }
  return files;
}

function* batches(files: readonly Pooled[]): Generator<Pooled[]> {
  let batch: Pooled[] = [];
  let bytes = 0;
  for (const file of files) {
    if (batch.length > 0 && (batch.length === BATCH_FILES || bytes + file.size > BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(file);
    bytes += file.size;
  }
  if (batch.length > 0) yield batch;
}

/** Files whose content differs from their name in two readings. */
async function findDamaged(
  context: ScrubContext & { signal?: AbortSignal },
  folder: string,
  batch: readonly Pooled[],
): Promise<Pooled[]> {
  const first = await hashFiles(context, folder, namesOf(batch));
  const doubtful = batch.filter(({ name, digest }) => first.get(name) !== digest);
  if (doubtful.length === 0) return [];
  const second = await rehashFiles(context, folder, namesOf(doubtful));
  return doubtful.filter(({ name, digest, inode }) => {
    const path = join(folder, name);
    if (lstatSync(path, { throwIfNoEntry: false })?.ino !== inode) return false; // gone meanwhile
    if (second.get(name) !== digest) return true;
    context.log.warn('read-differs', {
      path,
      reason: 'the first reading differed, the second did not',
    });
    return false;
  });
}

function namesOf(batch: readonly Pooled[]): string[] {
  return batch.map(({ name }) => name);
}

function advance(state: ScrubState, result: ShardResult, now: Date): ScrubState {
  const time = now.toISOString();
  const next: ScrubState = {
    ...state,
    shard: state.shard + 1,
    owed: Math.max(0, state.owed - 1),
    files: state.files + result.files,
    bytes: state.bytes + result.bytes,
    damaged: state.damaged + result.damaged.length,
  };
  if (next.shard < SHARDS) return next;
  const restarted = { shard: 0, pass: state.pass + 1, files: 0, bytes: 0, damaged: 0 };
  return { ...next, ...restarted, passStarted: time, lastPassFinished: time };
}
