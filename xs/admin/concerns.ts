/**
 * What needs somebody's attention, worked out in one place for the terminal, the pages and the metrics.
 * Pure. `xs-backup status` exits with 3 exactly when one of these needs attention; some are only worth doing.
 */
import { DAY_MS } from '../../shared/clock.ts';
import type { Serial } from '../../shared/ids.ts';
import type { Fault } from '../ground/faults.ts';
import { freeShare } from '../storage/disk.ts';
import type { Probes } from './probes.ts';
import type { Relief } from './relief.ts';
import type { Status } from './status.ts';

export interface Named {
  serial: Serial;
  nick: string;
}

export type Concern =
  /** No laptop is served at all. */
  | { type: 'service-down' }
  /** Parts of the server that do not work. */
  | { type: 'faults'; faults: readonly Fault[] }
  | { type: 'port-closed'; ports: Probes['closedPorts'] }
  /** No session of a laptop can work; why, in English. */
  | { type: 'sandbox'; reason: string }
  /** The library was copied without its hard links, so that nothing is removed. */
  | { type: 'unlinked' }
  /** No backup begins. Shares of the disk, 0 to 1. */
  | { type: 'disk-full'; freeBlocks: number; freeInodes: number; reliefs: readonly Relief[] }
  /** Something in their folders is missing, damaged or unreadable. */
  | { type: 'damaged-laptops'; laptops: readonly Named[] }
  | { type: 'waiting-keys' | 'twins' | 'held' | 'over-quota'; laptops: readonly Named[] }
  /** They have backups here, are not registered, and asked in vain. */
  | { type: 'refused-laptops'; laptops: readonly Named[] }
  /** Their keys are DSA, which this server's OpenSSH does not have any more. */
  | { type: 'locked-out-laptops'; laptops: readonly Named[] }
  /** Something of their Journals is not safe, `count` things each; the most first. */
  | { type: 'not-safe'; laptops: readonly (Named & { count: number })[] }
  /** Children offer something to the class, `count` things each; a teacher says yes or no. */
  | { type: 'offers'; laptops: readonly (Named & { count: number })[] }
  /** New laptops that may belong to a child who is known. */
  | { type: 'proposals'; laptops: readonly Named[] }
  | { type: 'no-teacher' }
  /** They could sign in before the library came from the copy elsewhere; somebody may have removed them since. */
  | { type: 'teachers-of-copy'; names: readonly string[] }
  /** Nothing is removed while the clock is not trusted; why, in English. */
  | { type: 'clock'; reason: string }
  /** The copy elsewhere failed, or was not made for days. */
  | { type: 'offsite' }
  /** Children from another school, who wait for a yes. */
  | { type: 'arrivals'; laptops: readonly Named[] }
  | { type: 'damage'; files: number }
  /** One full copy of every laptop does not fit. */
  | { type: 'disk-too-small' }
  /** Shares of the disk, 0 to 1. */
  | { type: 'disk-nearly-full'; freeBlocks: number; freeInodes: number; reliefs: readonly Relief[] }
  /** By measured growth; `YYYY-MM-DD`. */
  | { type: 'disk-filling'; fullOn: string }
  | { type: 'reserve-gone' }
  /** Days of service since everything was read last. */
  | { type: 'scrub-behind'; days: number }
  /** Registered for longer than a day, and without any backup. */
  | { type: 'never-backed-up'; laptops: readonly Named[] }
  /** Not backed up for a long time; the longest first. */
  | { type: 'late-laptops'; laptops: readonly Named[] }
  /** Nobody has compared their digits with the server. */
  | { type: 'unconfirmed'; laptops: readonly Named[] };
export type ConcernType = Concern['type'];

/** Every kind, the most urgent first. */
export const CONCERN_TYPES = [
  ...(['service-down', 'faults', 'port-closed', 'sandbox', 'unlinked', 'disk-full'] as const),
  ...(['damaged-laptops', 'not-safe', 'waiting-keys', 'twins', 'held', 'arrivals'] as const),
  ...(['clock', 'offsite'] as const),
  ...(['damage', 'disk-too-small', 'disk-nearly-full', 'disk-filling', 'reserve-gone'] as const),
  ...(['scrub-behind', 'over-quota', 'refused-laptops', 'locked-out-laptops'] as const),
  ...(['never-backed-up', 'late-laptops', 'offers', 'proposals', 'no-teacher'] as const),
  ...(['teachers-of-copy', 'unconfirmed'] as const),
] satisfies readonly ConcernType[];

/**
 * Worth doing, and no trouble: backups are as safe without it, and a school may never want it. A school
 * that works at the terminal needs nobody to sign in; a laptop that nobody compared trusts the first server;
 * what is offered to the class, or may be somebody's new laptop, waits for a teacher and not for an admin.
 */
const ADVICE: readonly ConcernType[] = [
  ...(['offers', 'proposals', 'no-teacher', 'teachers-of-copy', 'unconfirmed'] as const),
];
/** Of these, what a teacher is asked: on her first page it stands beside what needs her. */
export const ASKS_TEACHERS: readonly ConcernType[] = ['offers', 'proposals'];

/** What needs attention, and what is only worth doing. */
export function weighed(open: readonly Concern[]): Record<'attention' | 'advice', Concern[]> {
  const isAdvice = ({ type }: Concern) => ADVICE.includes(type);
  return { attention: open.filter((one) => !isAdvice(one)), advice: open.filter(isAdvice) };
}

/** Below this share of free blocks or inodes the disk is nearly full. */
const SCARCE = 0.1;
/** A disk that is full sooner is a concern now: buying one takes a school so long. */
const SOON_DAYS = 60;
/** The scrub reads everything in 24 days of service; so many are half as many again. */
const BEHIND_DAYS = 36;

/** Empty when nothing is left to do; the most urgent first, one of a kind at most. */
export function concerns(status: Status): Concern[] {
  return CONCERN_TYPES.flatMap((type) => concern(type, status) ?? []);
}

function concern(type: ConcernType, status: Status): Concern | undefined {
  const { probes, scrub, clock, damaged, forecast } = status;
  switch (type) {
    case 'service-down':
      return probes.running ? undefined : { type };
    case 'faults':
      return status.faults.length > 0 ? { type, faults: status.faults } : undefined;
    case 'port-closed':
      return probes.closedPorts.length > 0 ? { type, ports: probes.closedPorts } : undefined;
    case 'sandbox':
      return probes.sandbox === null ? undefined : { type, reason: probes.sandbox };
    case 'unlinked':
      return status.unlinked ? { type } : undefined;
    case 'no-teacher':
      return status.teachers === 0 ? { type } : undefined;
    case 'teachers-of-copy':
      return status.teachersOfCopy.length > 0 ? { type, names: status.teachersOfCopy } : undefined;
    case 'clock':
      return clock.trusted ? undefined : { type, reason: clock.reason };
    case 'offsite':
      return status.offsite === 'late' ? { type } : undefined;
    case 'damage':
      return damaged > 0 ? { type, files: damaged } : undefined;
    case 'disk-too-small':
      return forecast.fits ? undefined : { type };
    case 'disk-full':
    case 'disk-nearly-full':
    case 'disk-filling':
      return diskConcern(type, status);
    case 'reserve-gone':
      return status.reserve ? undefined : { type };
    case 'scrub-behind':
      return scrub.daysSince > BEHIND_DAYS ? { type, days: scrub.daysSince } : undefined;
    default:
      return aboutLaptops(type, status);
  }
}

/** One of the three at most. */
function diskConcern(
  type: 'disk-full' | 'disk-nearly-full' | 'disk-filling',
  { disk, disks, reliefs, fullOn, time }: Status,
): Concern | undefined {
  const isFull = freeShare(disk) < disk.minFree;
  // The disks of the state and of what arrives may be others; the fullest is told.
  const [fullest = disk] = isFull
    ? [disk]
    : [disk, ...disks].sort((a, b) => freeShare(a) - freeShare(b));
  const { freeBlocks, freeInodes } = fullest;
  const isScarce = !isFull && freeShare(fullest) < SCARCE;
  if (type === 'disk-full') return isFull ? { type, freeBlocks, freeInodes, reliefs } : undefined;
  if (type === 'disk-nearly-full') {
    return isScarce ? { type, freeBlocks, freeInodes, reliefs } : undefined;
  }
  if (isFull || isScarce || fullOn === null) return undefined;
  const days = (Date.parse(fullOn) - Date.parse(time)) / DAY_MS;
  return days < SOON_DAYS ? { type, fullOn } : undefined;
}

type AboutLaptops = Extract<Concern, { laptops: unknown }>['type'];

function aboutLaptops(type: AboutLaptops, status: Status): Concern | undefined {
  if (type === 'not-safe') {
    return status.notSafe.length > 0 ? { type, laptops: status.notSafe } : undefined;
  }
  if (type === 'offers') {
    return status.offers.length > 0 ? { type, laptops: status.offers } : undefined;
  }
  const laptops = laptopsOf(type, status);
  return laptops.length > 0 ? { type, laptops } : undefined;
}

function laptopsOf(
  type: Exclude<AboutLaptops, 'not-safe' | 'offers'>,
  status: Status,
): readonly Named[] {
  const { laptops, time } = status;
  switch (type) {
    case 'waiting-keys':
      return status.waitingKeys;
    case 'twins':
      return status.twins;
    case 'damaged-laptops':
      return status.damagedLaptops;
    case 'arrivals':
      return status.arrivals;
    case 'held':
      return status.held;
    case 'proposals':
      return status.proposals;
    case 'refused-laptops':
      return status.strangers.filter(({ holdsData }) => holdsData);
    case 'locked-out-laptops':
      return status.lockedOut;
    case 'over-quota':
      return status.overQuota;
    case 'unconfirmed':
      return status.unconfirmed;
    case 'never-backed-up':
      return laptops.filter(
        ({ states, registered }) =>
          states.includes('never') && Date.parse(time) - Date.parse(registered) > DAY_MS,
      );
    case 'late-laptops': {
      const late = laptops.filter(({ states }) => states.includes('late'));
      return late.sort((a, b) => (b.days ?? 0) - (a.days ?? 0));
    }
    default:
      return type satisfies never;
  }
}
