/**
 * Decides which snapshots of a laptop to keep and which to remove: one pure function over values,
 * with a reason for each decision.
 *
 * Kept are all of the last month, then the first of each month; a laptop over its quota loses the
 * oldest of the latter. Never removed: the newest, the first, pinned ones, anything younger than a
 * month. What a laptop sent within the last month does not count against its quota yet, and a
 * change of most of its entries keeps everything before it for a month: junk, by mistake or on
 * purpose, cannot push history out before somebody notices.
 */
import type { SnapshotName } from '../../shared/ids.ts';

/** What retention needs to know of a snapshot; a MANIFEST has all of it. */
export interface SnapshotFacts {
  name: SnapshotName;
  sequence: number;
  /** ISO 8601, by the server's clock at that time, which may have been wrong. */
  created: string;
  entries: number;
  /** Entries added or changed since the one before. */
  changed: number;
  /** Entries of the one before that are gone. */
  removed: number;
}

/**
 * Versions that live together: in every snapshot from one sequence number to another. Each version
 * is counted once for each such stretch, as if the laptop were alone on the server.
 */
export interface Stretch {
  first: number;
  last: number;
  bytes: number;
  inodes: number;
  /** Pinned versions take space whether or not a snapshot has them. */
  pinned: boolean;
}

export interface Amount {
  bytes: number;
  inodes: number;
}

export interface RetentionPolicy {
  /** Snapshots younger than this are kept, in days. */
  keepAllDays: number;
  /** The number of newest snapshots that are not thinned, however old. */
  keepLast: number;
  /** The laptop's soft quota; Infinity where there is none. */
  quota: Amount;
}

export type KeepReason =
  | 'newest'
  | 'first'
  | 'pinned'
  | 'recent'
  | 'before-mass-change'
  | 'first-of-month'
  | 'one-of-the-last';
export type RemoveReason = 'thinned' | 'over-quota';

export interface Decision<Reason> {
  name: SnapshotName;
  sequence: number;
  reason: Reason;
}

export interface Plan {
  keep: Decision<KeepReason>[];
  /** Oldest first. */
  remove: Decision<RemoveReason>[];
  /** What all present snapshots and pins take. */
  used: Amount;
  /** What they take when the plan has been carried out. */
  usedAfter: Amount;
  /** Over its quota, and nothing more may be removed. */
  stuck: boolean;
}

const DAY_MS = 86_400_000;
/** A date further ahead of the clock than this is wrong. */
export const CLOCK_TOLERANCE_MS = 5 * 60_000;
/** A change of at least this share of the entries, and of this many, is a mass change. */
const MASS_CHANGE_SHARE = 0.5;
const MASS_CHANGE_ENTRIES = 20;
/** What may be removed to meet the quota. */
const SQUEEZABLE: readonly KeepReason[] = ['first-of-month', 'one-of-the-last'];

/** Decides about all snapshots of one laptop. `now` must come from a trusted clock. */
export function planRetention(
  snapshots: readonly SnapshotFacts[],
  pins: ReadonlySet<SnapshotName>,
  usage: readonly Stretch[],
  policy: RetentionPolicy,
  now: Date,
): Plan {
  const ordered = [...snapshots].sort((a, b) => a.sequence - b.sequence);
  const times = effectiveTimes(ordered, now);
  const young = (index: number) =>
    now.getTime() - (times[index] as number) < policy.keepAllDays * DAY_MS;
  const frozenBelow = ordered.findLastIndex((one, index) => young(index) && isMassChange(one));
  const reasonToKeep = (one: SnapshotFacts, index: number): KeepReason | undefined => {
    if (index === ordered.length - 1) return 'newest';
    if (index === 0) return 'first';
    if (pins.has(one.name)) return 'pinned';
    if (young(index)) return 'recent';
    if (index < frozenBelow) return 'before-mass-change';
    if (month(times, index) !== month(times, index - 1)) return 'first-of-month';
    if (index >= ordered.length - policy.keepLast) return 'one-of-the-last';
    return undefined;
  };
  const judged = ordered.map((one, index) => ({ one, reason: reasonToKeep(one, index) }));
  const settled = ordered.filter((_, index) => !young(index)).at(-1)?.sequence ?? -Infinity;
  const kept = judged.filter(({ reason }) => reason !== undefined);
  const removable = kept.filter(({ reason }) => reason && SQUEEZABLE.includes(reason));
  const squeezed = squeeze(
    kept.map(({ one }) => one),
    removable.map(({ one }) => one),
    usage.filter((stretch) => stretch.pinned || stretch.first <= settled),
    policy.quota,
  );
  const overQuota = new Set(squeezed.remove);
  const plan: Plan = {
    ...{ keep: [], remove: [], used: usedBy(ordered, usage) },
    ...{ usedAfter: { bytes: 0, inodes: 0 }, stuck: squeezed.stuck },
  };
  for (const { one, reason } of judged) {
    if (reason === undefined) plan.remove.push(decide(one, 'thinned'));
    else if (overQuota.has(one)) plan.remove.push(decide(one, 'over-quota'));
    else plan.keep.push(decide(one, reason));
  }
  plan.usedAfter = usedBy(plan.keep, usage);
  return plan;
}

/** What these snapshots and the pins take together. */
export function usedBy(
  snapshots: readonly { sequence: number }[],
  usage: readonly Stretch[],
): Amount {
  const sequences = snapshots.map(({ sequence }) => sequence).sort((a, b) => a - b);
  const total = { bytes: 0, inodes: 0 };
  for (const stretch of usage) {
    if (!stretch.pinned && !someBetween(sequences, stretch.first, stretch.last)) continue;
    total.bytes += stretch.bytes;
    total.inodes += stretch.inodes;
  }
  return total;
}

/** True for a snapshot in which most of the Journal is different from the one before. */
export function isMassChange({ entries, changed, removed }: SnapshotFacts): boolean {
  const before = entries + removed;
  const touched = changed + removed;
  // The first snapshot of all has nothing before it: all of its entries are "changed".
  return touched >= MASS_CHANGE_ENTRIES && touched >= before * MASS_CHANGE_SHARE;
}

/** Removes the oldest until what is older than a month fits the quota. */
function squeeze(
  kept: readonly SnapshotFacts[],
  removable: readonly SnapshotFacts[],
  settled: readonly Stretch[],
  quota: Amount,
): { remove: SnapshotFacts[]; stuck: boolean } {
  const remove: SnapshotFacts[] = [];
  let rest = [...kept];
  for (;;) {
    const used = usedBy(rest, settled);
    if (used.bytes <= quota.bytes && used.inodes <= quota.inodes) return { remove, stuck: false };
    const oldest = removable[remove.length];
    if (!oldest) return { remove, stuck: true };
    remove.push(oldest);
    rest = rest.filter((one) => one !== oldest);
  }
}

/**
 * When each was made, in milliseconds, as far as it can be believed: never before its predecessor,
 * and a date in the future is no date at all. Both errors make a snapshot younger, never older.
 */
function effectiveTimes(ordered: readonly SnapshotFacts[], now: Date): number[] {
  const latest = now.getTime() + CLOCK_TOLERANCE_MS;
  let last: number | undefined;
  return ordered.map(({ created }) => {
    const time = Date.parse(created);
    if (time <= latest) last = Math.max(last ?? time, time);
    return last ?? now.getTime();
  });
}

function month(times: readonly number[], index: number): string {
  return new Date(times[index] as number).toISOString().slice(0, 7);
}

function someBetween(sorted: readonly number[], from: number, to: number): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < from) low = middle + 1;
    else high = middle;
  }
  return low < sorted.length && (sorted[low] as number) <= to;
}

function decide<Reason>({ name, sequence }: SnapshotFacts, reason: Reason): Decision<Reason> {
  return { name, sequence, reason };
}
