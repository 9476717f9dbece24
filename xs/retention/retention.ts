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
import { DAY_MS } from '../../shared/clock.ts';
import type { SnapshotName } from '../../shared/ids.ts';
import type { Tick } from '../../shared/protocol/messages.ts';
import { isPast, type Moment } from '../storage/moment.ts';

/** What retention needs to know of a snapshot; a MANIFEST has all of it. */
export interface SnapshotFacts {
  name: SnapshotName;
  sequence: number;
  /** ISO 8601, by the server's clock at that time, which may have been wrong. */
  created: string;
  /** Absent in those made before the library had a timeline: they count as made when it began. */
  clock?: Tick | undefined;
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

/** A date further ahead of the clock than this is wrong. */
export const CLOCK_TOLERANCE_MS = 5 * 60_000;
/** A change of at least this share of the entries, and of this many, is a mass change. */
const MASS_CHANGE_SHARE = 0.5;
const MASS_CHANGE_ENTRIES = 20;
/** The first of so many days stays where the calendar is not known. */
const DAYS_OF_MONTH = 30;
/** What may be removed to meet the quota. */
const SQUEEZABLE: readonly KeepReason[] = ['first-of-month', 'one-of-the-last'];

/** Decides about all snapshots of one laptop. `now` must be trusted. */
export function planRetention(
  snapshots: readonly SnapshotFacts[],
  pins: ReadonlySet<SnapshotName>,
  usage: readonly Stretch[],
  policy: RetentionPolicy,
  now: Moment,
): Plan {
  const ordered = [...snapshots].sort((a, b) => a.sequence - b.sequence);
  const ages = effectiveAges(ordered);
  const months = effectiveMonths(ordered, now.time);
  const young = (index: number) => !isPast(now, ages[index] as number, policy.keepAllDays);
  const frozenBelow = ordered.findLastIndex((one, index) => young(index) && isMassChange(one));
  const reasonToKeep = (one: SnapshotFacts, index: number): KeepReason | undefined => {
    if (index === ordered.length - 1) return 'newest';
    if (index === 0) return 'first';
    if (pins.has(one.name)) return 'pinned';
    if (young(index)) return 'recent';
    if (index < frozenBelow) return 'before-mass-change';
    if (months[index] !== months[index - 1]) return 'first-of-month';
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

/** When each was made on the timeline: never before its predecessor, whatever became of its MANIFEST. */
function effectiveAges(ordered: readonly SnapshotFacts[]): number[] {
  let last = 0;
  return ordered.map(({ clock }) => {
    last = Math.max(last, clock?.at ?? 0);
    return last;
  });
}

/**
 * The month of each, as far as its date can be believed: never before its predecessor, and a date in
 * the future is no date at all. For those whose clock was in doubt, a month of the timeline.
 */
function effectiveMonths(ordered: readonly SnapshotFacts[], now: Date): string[] {
  const latest = now.getTime() + CLOCK_TOLERANCE_MS;
  let last: number | undefined;
  return ordered.map(({ created, clock }) => {
    if (clock?.doubted) return `doubted ${Math.floor(clock.at / (DAYS_OF_MONTH * DAY_MS))}`;
    const time = Date.parse(created);
    if (time <= latest) last = Math.max(last ?? time, time);
    return new Date(last ?? now.getTime()).toISOString().slice(0, 7);
  });
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
