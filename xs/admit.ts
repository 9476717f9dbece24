/**
 * Who may transfer now (X1): the decision, and the queue of those who may not yet. Pure functions
 * over values; `traffic.ts` keeps the values. All times are milliseconds of the monotonic clock,
 * because the server's wall clock may jump (E2); only the order of last successes comes from it.
 *
 * A laptop that has to wait is told a time. Its place is kept until that time and a short grace; it
 * is the order of the queue, not the moment of asking, that decides. `test/sim` runs these very
 * functions against a thousand laptops; the constants were tuned there.
 */
import type { Serial } from '../shared/ids.ts';
import type { DiskFacts } from './disk.ts';

export type Purpose = 'backup' | 'restore';

export interface Lease {
  purpose: Purpose;
  started: number;
  expires: number;
  subnet?: string | undefined;
}

export interface Asker {
  purpose: Purpose;
  /** When its Journal was last known to be safe, by the wall clock; `NEVER` comes first. */
  lastSuccess: number;
  /** The access network it asks from, where that can be told. */
  subnet?: string | undefined;
}

/** A laptop that was told to come again at `at`; its place is kept until `until`. */
export interface Waiter extends Asker {
  /** When it first asked. */
  since: number;
  at: number;
  until: number;
}

export interface TrafficRules {
  slots: number;
  restoreSlots: number;
  leaseSeconds: number;
  minFreePercent: number;
  /** Transfers at once from one access network; 0 is no limit. */
  perSubnet: number;
}

export interface TrafficState {
  leases: ReadonlyMap<Serial, Lease>;
  queue: ReadonlyMap<Serial, Waiter>;
  /** What one backup takes at present, in milliseconds. */
  transferMs: number;
}

/** What the server can bear at this moment. */
export interface Capacity {
  disk: DiskFacts;
  /** Backups at once: `slotsFor` of `pressure.ts`. */
  slots: number;
}

export type Refusal =
  | 'all-slots-taken'
  | 'others-first'
  | 'server-loaded'
  | 'access-point-busy'
  | 'disk-full';

export type Admission =
  | { admit: true; reason: 'has-lease' | 'free-slot' }
  | { admit: false; reason: 'disk-full'; retryAfterSeconds: number }
  | {
      admit: false;
      reason: Exclude<Refusal, 'disk-full'>;
      retryAfterSeconds: number;
      /** In the queue; 1 is the next one. */
      place: number;
    };

export const NEVER = Number.NEGATIVE_INFINITY;

/** Kept for a laptop after its time, in milliseconds: it may hold a slot empty for so long. */
export const GRACE_MS = 20_000;
/**
 * A slot that is free is kept for somebody who is told to come within this time, in milliseconds;
 * given to any other who asks if all of them are further away.
 */
const KEPT_AHEAD_MS = 2000;
/**
 * The shortest time told, in seconds. Those who are next ask this often, so that a slot does not
 * stay empty for longer when a transfer ends sooner than expected.
 */
const SHORTEST_RETRY_SECONDS = 5;
/** Longer forecasts are worth nothing; the laptop may be switched off by then. In seconds. */
const LONGEST_RETRY_SECONDS = 2 * 3600;
/** A transfer that takes longer than usual is thought to need this share of the usual time more. */
const OVERDUE_SHARE = 0.25;
/** Who has waited for longer goes before all others: nobody starves. In milliseconds. */
const PATIENCE_MS = 2 * 3600_000;
/** A full disk does not become empty within minutes. */
const DISK_FULL_RETRY_SECONDS = 3600;

/** Whether a laptop may begin; expired leases and missed appointments count for nothing. */
export function admit(
  serial: Serial,
  asker: Asker,
  state: TrafficState,
  capacity: Capacity,
  rules: TrafficRules,
  now: number,
): Admission {
  const leases = [...state.leases].filter(([, lease]) => lease.expires > now);
  if (leases.some(([holder]) => holder === serial)) return { admit: true, reason: 'has-lease' };
  if (asker.purpose === 'backup' && freePercent(capacity.disk) < rules.minFreePercent) {
    return { admit: false, reason: 'disk-full', retryAfterSeconds: DISK_FULL_RETRY_SECONDS };
  }
  const live = leases.map(([, lease]) => lease);
  const ahead = thoseAhead(serial, asker, state.queue, now);
  const isFull = (subnet: string | undefined) =>
    rules.perSubnet > 0 && subnet !== undefined && inSubnet(live, subnet) >= rules.perSubnet;
  const free = freeSlots(asker.purpose, live, capacity.slots, rules);
  // Nobody waits for one who could not begin either, or who is not expected before long.
  const expected = ahead.filter(
    (other) => other.at - KEPT_AHEAD_MS <= now && !isFull(other.subnet),
  ).length;
  const narrow = isFull(asker.subnet);
  if (!narrow && free > expected) return { admit: true, reason: 'free-slot' };
  const loaded = capacity.slots < rules.slots;
  const couldBeFree = loaded && freeSlots(asker.purpose, live, rules.slots, rules) > 0;
  return {
    admit: false,
    reason: narrow
      ? 'access-point-busy'
      : free > 0
        ? 'others-first'
        : couldBeFree
          ? 'server-loaded'
          : 'all-slots-taken',
    place: ahead.length + 1,
    retryAfterSeconds: asSeconds(
      expectedWait(asker, live, ahead, state.transferMs, capacity, rules, now),
    ),
  };
}

/** The smaller share of free blocks and free inodes, in per cent. */
export function freePercent({ freeBlocks, freeInodes }: DiskFacts): number {
  return Math.min(freeBlocks, freeInodes) * 100;
}

/**
 * Whether `a` goes before `b`: restores first, then those who have waited for too long, then those
 * whose last backup is the longest ago.
 */
export function goesBefore(a: Waiter, b: Waiter, now: number): boolean {
  if (a.purpose !== b.purpose) return a.purpose === 'restore';
  const impatient = [a, b].map(({ since }) => now - since > PATIENCE_MS);
  if (impatient[0] !== impatient[1]) return impatient[0] === true;
  if (a.purpose === 'backup' && !impatient[0] && a.lastSuccess !== b.lastSuccess) {
    return a.lastSuccess < b.lastSuccess;
  }
  return a.since < b.since;
}

function thoseAhead(
  serial: Serial,
  asker: Asker,
  queue: ReadonlyMap<Serial, Waiter>,
  now: number,
): Waiter[] {
  const since = queue.get(serial)?.since ?? now;
  const own: Waiter = { ...asker, since, at: now, until: now };
  const ahead: Waiter[] = [];
  for (const [other, waiter] of queue) {
    if (other === serial || waiter.until <= now) continue;
    if (goesBefore(waiter, own, now)) ahead.push(waiter);
  }
  return ahead;
}

function inSubnet(holders: readonly Asker[] | readonly Lease[], subnet: string): number {
  return holders.filter((holder) => holder.subnet === subnet).length;
}

/** Restores have slots of their own, and take those of the backups when these are used up. */
function freeSlots(
  purpose: Purpose,
  live: readonly Lease[],
  slots: number,
  { restoreSlots }: TrafficRules,
): number {
  const restores = live.filter((lease) => lease.purpose === 'restore').length;
  const common = slots - (live.length - restores) - Math.max(0, restores - restoreSlots);
  if (purpose === 'backup') return common;
  return Math.max(0, restoreSlots - restores) + Math.max(0, common);
}

/** Until the slot after all those ahead is free, and one of the asker's access network, in ms. */
function expectedWait(
  asker: Asker,
  live: readonly Lease[],
  ahead: readonly Waiter[],
  transferMs: number,
  { slots }: Capacity,
  rules: TrafficRules,
  now: number,
): number {
  const all = asker.purpose === 'restore' ? slots + rules.restoreSlots : slots;
  const same = asker.purpose === 'restore' ? live : live.filter((l) => l.purpose === 'backup');
  const wait = nthEnd(ahead.length, same, all, transferMs, now);
  const { subnet } = asker;
  if (rules.perSubnet === 0 || subnet === undefined) return wait;
  const near = live.filter((lease) => lease.subnet === subnet);
  const wait2 = nthEnd(inSubnet(ahead, subnet), near, rules.perSubnet, transferMs, now);
  return Math.max(wait, wait2);
}

/**
 * When `slots` places have been taken by `n` others one after the other, each for `transferMs`: how
 * long until the next is free, from now, in milliseconds.
 */
export function nthEnd(
  n: number,
  running: readonly Pick<Lease, 'started'>[],
  slots: number,
  transferMs: number,
  now: number,
): number {
  const ends = running
    .map(({ started }) => Math.max(started + transferMs - now, transferMs * OVERDUE_SHARE))
    .sort((a, b) => a - b);
  // More may run than there are slots now: the first to end make room for nobody.
  const counted = ends.slice(Math.max(0, ends.length - slots));
  while (counted.length < slots) counted.unshift(0);
  return (counted[n % slots] ?? 0) + Math.floor(n / slots) * transferMs;
}

function asSeconds(ms: number): number {
  const seconds = Math.ceil(ms / 1000);
  return Math.min(Math.max(seconds, SHORTEST_RETRY_SECONDS), LONGEST_RETRY_SECONDS);
}
