/**
 * The daily cleanup: thins old snapshots, keeps laptops within their quota, and empties the trash of
 * what has been there long enough. The plan is made by retention.ts; each decision is one rename, and
 * logged with its reason. Killed anywhere, the next cleanup continues. While the clock is not trusted,
 * or the library is without its hard links, it removes nothing.
 */
import { asDsError, DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { noticeUnlinked } from '../integrity/unlinked.ts';
import type { Library } from '../library.ts';
import { discardPin, findUnnamed } from '../pins/pinning.ts';
import { type Pin, pinnedAmounts, pinnedSnapshots } from '../pins/pins.ts';
import { neededBytes } from '../retention/capacity.ts';
import { laptopQuotas } from '../retention/quota.ts';
import { type Amount, type Plan, planRetention } from '../retention/retention.ts';
import { measureUsage } from '../retention/usage.ts';
import { isUnreadable } from '../storage/checked-entry.ts';
import { keepReserve, releaseIfFull } from '../storage/reserve.ts';
import { listSnapshots, type Snapshot } from '../storage/snapshots.ts';
import { discard } from '../storage/trash.ts';
import { type Emptied, TrashEmptier } from './empty-trash.ts';
import { measureLeftovers, removeOldUploads } from './leftovers.ts';

export interface CleanupOptions {
  /** Decide and report, but change nothing. */
  dryRun: boolean;
  signal?: AbortSignal;
  onLaptop: (report: LaptopReport) => void;
}

export interface LaptopReport {
  serial: Serial;
  quota: Amount;
  /** Undefined when its snapshots cannot be read; none of them is removed then. */
  plan: Plan | undefined;
  /** Released pins that nothing names any more. */
  unnamed: Pick<Pin, 'uid' | 'digest' | 'folder'>[];
  problem: string;
}

export interface CleanupReport extends Emptied {
  /** `trouble`: it could not be noted, whatever the date is. */
  clock: { trusted: boolean; reason: string; trouble: DsError | undefined };
  /** The library is without its hard links, so that nothing was judged or removed. */
  unlinked: boolean;
  laptops: number;
  removed: number;
}

/**
 * Cleans up the whole library, laptop by laptop, so that other work can run in between. Throws the first trouble
 * of the server at the end.
 */
export async function cleanUp(library: Library, options: CleanupOptions): Promise<CleanupReport> {
  const { paths, log, workQueue } = library;
  if (!options.dryRun && releaseIfFull(paths)) {
    log.warn('reserve-released', { reason: 'the disk is full, and is being cleaned up' });
  }
  const judgement = judge(library, options.dryRun);
  if (!judgement.trusted) log.warn('cleanup-without-deletions', { reason: judgement.reason });
  const unlinked = noticeUnlinked(paths, log);
  const report = {
    ...{ clock: judgement, unlinked, laptops: 0, removed: 0 },
    ...{ emptied: 0, freedBytes: 0, unreadable: 0 },
  };
  if (unlinked) return report;
  const serials = library.serials();
  const quotas = laptopQuotas(library);
  const removing = judgement.trusted && !options.dryRun;
  const trash = new TrashEmptier(library, options.signal);
  if (removing) await trash.prepare();
  let failure: unknown; // of the server: the other laptops come first
  for (const serial of serials) {
    options.signal?.throwIfAborted();
    try {
      const found = await cleanLaptop(library, serial, quotas(serial), removing);
      report.removed += found.removed;
      options.onLaptop(options.dryRun ? found.planned : found.done);
      if (found.failure) throw found.failure;
      report.laptops += 1;
    } catch (error) {
      options.signal?.throwIfAborted();
      failure ??= error;
      log.warn('laptop-not-cleaned', { serial, reason: asDsError(error).message });
    }
  }
  if (!options.dryRun) await recordDay(library);
  if (!removing && failure) throw failure;
  if (!removing) return report;
  Object.assign(report, await workQueue.run(() => trash.empty()));
  await keepReserve(paths, library.config.quota, library.env).catch((error: Error) =>
    log.warn('no-reserve', { reason: error.message }),
  );
  failpoint('cleanup.done');
  if (failure) throw failure;
  return report;
}

/** What was planned, and as much of it as was done; nothing unless it is `removing`. A failure does not hide that. */
async function cleanLaptop(
  library: Library,
  serial: Serial,
  quota: Amount,
  removing: boolean,
): Promise<{ planned: LaptopReport; done: LaptopReport; removed: number; failure?: unknown }> {
  const { workQueue } = library;
  const planned = await workQueue.run(() => planLaptop(library, serial, quota));
  const gone = new Set<string>();
  const onRemoved = (which: string) => void gone.add(which);
  if (removing) await removeOldUploads(library, serial);
  const found = { planned, failure: undefined as unknown };
  try {
    if (removing && planned.plan) await workQueue.run(() => carryOut(library, planned, onRemoved));
    if (planned.plan) await recordUsage(library, serial, planned.plan, quota);
  } catch (failure) {
    found.failure = failure;
  }
  return { ...found, done: asDone(planned, gone), removed: gone.size };
}

function asDone({ plan, unnamed, ...report }: LaptopReport, gone: ReadonlySet<string>) {
  return {
    ...report,
    plan: plan && { ...plan, remove: plan.remove.filter(({ name }) => gone.has(name)) },
    unnamed: unnamed.filter(({ folder }) => gone.has(folder)),
  };
}

async function recordUsage(
  library: Library,
  serial: Serial,
  plan: Plan,
  quota: Amount,
): Promise<void> {
  const { bytes, inodes } = plan.usedAfter;
  const stuck = plan.stuck ? 1 : 0;
  const leftBytes = await measureLeftovers(library, serial);
  const usage = { serial, bytes, inodes, quotaBytes: quota.bytes, stuck, leftBytes };
  return library.index.recordUsage(usage, library.clock.now());
}

async function recordDay({ index, clock, registrations }: Library): Promise<void> {
  const overview = new Map((await index.overview()).map((row) => [row.serial, row.bytes]));
  const active = registrations.all().filter(([serial]) => registrations.isActive(serial));
  const journals = active.map(([serial]) => overview.get(serial) ?? null);
  await index.recordDay(clock.now().toISOString().slice(0, 10), neededBytes(journals));
}

function judge({ timeline }: Library, dryRun: boolean): CleanupReport['clock'] {
  const { trusted } = dryRun ? timeline.now() : timeline.observe();
  return { trusted, reason: timeline.distrust, trouble: timeline.trouble };
}

/** Plans what to keep and remove of one laptop. Throws what is wrong with the server, not with its folder. */
export async function planLaptop(
  { paths, config, timeline }: Library,
  serial: Serial,
  quota: Amount,
): Promise<LaptopReport> {
  try {
    const snapshots = listSnapshots(paths, serial);
    const usage = await measureUsage(snapshots, pinnedAmounts(paths, serial));
    const { keepAllDays, keepLast } = config.retention;
    const policy = { keepAllDays, keepLast, quota };
    const pins = pinnedSnapshots(paths, serial);
    const plan = planRetention(snapshots, pins, usage, policy, timeline.now());
    return { serial, quota, plan, unnamed: findUnnamed(paths, serial), problem: '' };
  } catch (error) {
    const isItsOwn = error instanceof DsError ? error.code === 'damaged' : isUnreadable(error);
    if (!isItsOwn) throw error;
    return { serial, quota, plan: undefined, unnamed: [], problem: asDsError(error).message };
  }
}

/** Tells of each pin (its folder) and snapshot (its name) that is gone, also when another one cannot go. */
async function carryOut(
  library: Library,
  { serial, plan, unnamed }: LaptopReport,
  onRemoved: (which: string) => void,
): Promise<void> {
  const { paths, timeline, log } = library;
  for (const pin of unnamed) {
    discardPin(library, serial, pin, 'not-named');
    onRemoved(pin.folder);
    log.info('pin-removed', { serial, uid: pin.uid });
  }
  if (!plan || plan.remove.length === 0) return;
  const present = new Map(listSnapshots(paths, serial).map((one) => [one.name, one]));
  let failure: unknown; // of one of them: the others go
  for (const { name, sequence, reason } of plan.remove) {
    const snapshot = present.get(name);
    if (!snapshot || !mayGo(snapshot, present)) continue;
    try {
      discard(paths, serial, snapshot.folder, reason, timeline.now());
    } catch (error) {
      failure ??= error;
      continue;
    }
    failpoint('cleanup.discarded');
    present.delete(name);
    onRemoved(name);
    log.info('snapshot-removed', { serial, name, sequence, reason });
  }
  await library.index.reindex(serial);
  failpoint('cleanup.recorded');
  if (failure) throw failure;
}

/** Never the newest one, whatever happened since the plan was made. */
function mayGo(snapshot: Snapshot, present: ReadonlyMap<string, Snapshot>): boolean {
  return [...present.values()].some(({ sequence }) => sequence > snapshot.sequence);
}
