/**
 * Admission: whether a laptop may transfer now, and if not, why and when to come back. Pure functions
 * over values that `traffic.ts` holds. Times are milliseconds of the monotonic clock, because the wall
 * clock may jump; the order of last backups comes from the library's timeline.
 *
 * A laptop that has to wait gets an appointment. Its place is kept until then plus a short grace period;
 * the order of the queue decides, not the moment of the request.
 *
 * `test/sim` runs these very functions against a thousand laptops; the constants were tuned there on
 * seeds 1 to 40 (1,000 laptops in ten minutes, 8 slots; means of 30 such days: requests of a laptop,
 * requests in the worst minute, p95 wait beside the best possible, and the worst day's):
 *
 * - as it is: 4.6 requests, 130 in a minute, p95 1.07 (1.09)
 *   On 600 days never tuned on (`npm run sim -- --days 600 --seed 5001`), at worst: p95 1.09, the last done
 *   after 1.25 times the ideal, 4.7 requests; above 150 in a minute on three days, in each of which 132 or
 *   more came for the first time within that minute, which no answer could have prevented
 * - newcomers sent beyond a rush as well (`afterRush`): 128 in a minute, but 100 laptops within 30 s wait
 *   1.37 times as long as they had to instead of 1.22: the slots are empty after a short rush
 * - no promise (`queue.ts`): 141 in a minute; one of 5 minutes instead of 10: 137; the longer it is, the
 *   less the age of the last backup counts
 * - nobody stays away in a rush (`wait-estimate.ts`): 152 in a minute, 0.3 requests more
 * - forecasts with the gap between two transfers: 0.2 requests less, p95 1.075 (1.11)
 * - forecasts that take a late transfer for one that ends soon: 0.3 requests more, since one slot in
 *   five is taken by a laptop that vanished
 * - a slot kept for whoever is expected within 2 s instead of 0.7 s: p95 1.083 (1.10), 0.2 requests less;
 *   within 5 s: p95 1.13 (1.16); not at all: 0.2 requests more, and 40 for one of them
 * - the usual time from ten transfers instead of fifty: the last is done after up to 1.39 times the
 *   ideal instead of 1.24, because far forecasts are wrong by a quarter
 * - a grace of 40 s instead of 15 s: within the differences of the days
 */
import type { Serial } from '../../shared/ids.ts';
import type { QueueRefusal, Refusal } from '../../shared/protocol/refusals.ts';
import { type DiskFacts, freeShare } from '../storage/disk.ts';
import { type Ahead, type Asker, countAhead, type Purpose, type Waiter } from './queue.ts';
import { afterRush, nthEnd, tellSeconds } from './wait-estimate.ts';

export interface Lease {
  purpose: Purpose;
  started: number;
  expires: number;
  /** When it was last seen transferring. */
  moved?: number;
  subnet?: string | undefined;
  /** The address that asked for it, until an SSH session of the laptop has shown that it is the laptop. */
  unproved?: string | undefined;
}

export interface TrafficRules {
  slots: number;
  restoreSlots: number;
  leaseSeconds: number;
  minFreePercent: number;
  /** Concurrent transfers from one access network; 0 means no limit. */
  perSubnet: number;
}

export interface TrafficState {
  leases: ReadonlyMap<Serial, Lease>;
  queue: ReadonlyMap<Serial, Waiter>;
  /** Present duration of a backup, to the end of its lease. */
  usual: number;
  /** Laptops that asked for the first time within the last minute. */
  newcomers: number;
}

/** The present capacity of the server. */
export interface Capacity {
  disk: DiskFacts;
  /** Concurrent backups: `slotsFor` of `pressure.ts`. */
  slots: number;
}

export type Admission =
  | { admit: true; reason: 'has-lease' | 'free-slot' }
  | { admit: false; reason: Exclude<Refusal, QueueRefusal>; retryAfterSeconds: number }
  | {
      admit: false;
      reason: QueueRefusal;
      retryAfterSeconds: number;
      /** Position in the queue; 1 is next. */
      place: number;
    };

/**
 * A free slot is reserved for a laptop whose appointment is within this time, in milliseconds; otherwise
 * any laptop that asks gets it.
 */
const KEPT_AHEAD_MS = 700;
/** How long a slot waits for the SSH session of a laptop that was told to come, in milliseconds. */
export const UNPROVED_MS = 15_000;
/** So many slots wait for laptops of one address at once. */
const KEPT_FOR_ADDRESS = 4;
/** A full disk is not freed within minutes. */
const DISK_FULL_RETRY_SECONDS = 3600;

/** Whether a laptop may start; expired leases and missed appointments are ignored. */
export function admit(
  serial: Serial,
  asker: Asker,
  state: TrafficState,
  capacity: Capacity,
  rules: TrafficRules,
  now: number,
): Admission {
  const leases = [...state.leases].filter(([, lease]) => lease.expires > now);
  if (leases.some(([holder, lease]) => holder === serial && serves(lease, asker.purpose))) {
    return { admit: true, reason: 'has-lease' };
  }
  if (asker.purpose === 'backup' && freePercent(capacity.disk) < rules.minFreePercent) {
    return { admit: false, reason: 'disk-full', retryAfterSeconds: DISK_FULL_RETRY_SECONDS };
  }
  const live = leases.map(([, lease]) => lease);
  const full = rules.perSubnet > 0 ? fullSubnets(live, rules.perSubnet) : NONE;
  const isFull = (subnet: string | undefined) => subnet !== undefined && full.has(subnet);
  // A slot is not reserved for a laptop that could not start either, or is not expected soon.
  const isExpected = (other: Waiter) => other.at - KEPT_AHEAD_MS <= now && !isFull(other.subnet);
  const ahead = countAhead(serial, asker, state.queue, isExpected, now);
  const free = freeSlots(asker.purpose, live, capacity.slots, rules);
  const narrow = isFull(asker.subnet);
  // Whoever may be made up only gets what nobody waits for: a slot is free for a moment in each change.
  const reserved = asker.known ? ahead.expected : Math.max(ahead.expected, ahead.known);
  if (!narrow && free > reserved) {
    // It gets no place either: one that nobody comes for keeps a slot empty, too.
    if (keepsEnough(asker.address, live)) {
      return { admit: false, reason: 'address-busy', retryAfterSeconds: UNPROVED_MS / 1000 };
    }
    return { admit: true, reason: 'free-slot' };
  }
  const whenCalm = freeSlots(asker.purpose, live, rules.slots, rules);
  const reason = narrow ? 'access-point-busy' : reasonOf(free, whenCalm);
  const wait = expectedWait(asker, live, ahead, state.usual, capacity, rules, now);
  const told = state.queue.has(serial)
    ? afterRush(wait, state.newcomers, capacity.slots, state.usual)
    : wait;
  return { admit: false, reason, place: ahead.all + 1, retryAfterSeconds: tellSeconds(told) };
}

/** The lease of a backup also covers restores; the lease of a restore does not allow uploads. */
export function serves({ purpose }: Lease, wanted: Purpose): boolean {
  return purpose === 'backup' || wanted === 'restore';
}

/** Whether enough slots wait for laptops that asked from this address. */
function keepsEnough(address: string | undefined, live: readonly Lease[]): boolean {
  if (address === undefined) return false;
  return live.filter(({ unproved }) => unproved === address).length >= KEPT_FOR_ADDRESS;
}

function reasonOf(free: number, whenCalm: number) {
  if (free > 0) return 'others-first';
  return whenCalm > 0 ? 'server-loaded' : 'all-slots-taken';
}

/** The smaller share of free blocks and free inodes, in per cent. */
export function freePercent(disk: DiskFacts): number {
  return freeShare(disk) * 100;
}

const NONE: ReadonlySet<string> = new Set();

function fullSubnets(live: readonly Lease[], most: number): Set<string> {
  const counts = new Map<string, number>();
  for (const { subnet } of live) {
    if (subnet !== undefined) counts.set(subnet, (counts.get(subnet) ?? 0) + 1);
  }
  return new Set([...counts].filter(([, count]) => count >= most).map(([subnet]) => subnet));
}

/** Restores have their own slots, and use those of backups when their own are taken. */
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

/** Milliseconds until a slot is free behind all laptops ahead, and one of the same access network. */
function expectedWait(
  asker: Asker,
  live: readonly Lease[],
  ahead: Ahead,
  usual: number,
  { slots }: Capacity,
  rules: TrafficRules,
  now: number,
): number {
  const all = asker.purpose === 'restore' ? slots + rules.restoreSlots : slots;
  const same = asker.purpose === 'restore' ? live : live.filter((l) => l.purpose === 'backup');
  const wait = nthEnd(ahead.all, same, all, usual, now);
  const { subnet } = asker;
  if (rules.perSubnet === 0 || subnet === undefined) return wait;
  const near = live.filter((lease) => lease.subnet === subnet);
  const there = nthEnd(ahead.near, near, rules.perSubnet, usual, now);
  return Math.max(wait, there);
}
