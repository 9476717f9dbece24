/**
 * What needs somebody's attention, worked out in one place for the terminal, the pages and the metrics.
 * Pure. `xs-backup status` exits with 3 exactly when there is one of these.
 */
import type { Serial } from '../../shared/ids.ts';

import type { Fault } from '../ground/faults.ts';
import { freeShare } from '../storage/disk.ts';
import type { Status } from './status.ts';

interface Named {
  serial: Serial;
  nick: string;
}

export type Concern =
  | { type: 'waiting-keys' | 'twins' | 'held' | 'over-quota'; laptops: readonly Named[] }
  /** Parts of the server that do not work. */
  | { type: 'faults'; faults: readonly Fault[] }
  /** Something in their folders is missing, damaged or unreadable. */
  | { type: 'damaged-laptops'; laptops: readonly Named[] }
  /** They have backups here, are not registered, and asked in vain. */
  | { type: 'refused-laptops'; laptops: readonly Named[] }
  /** Their keys are DSA, which this server's OpenSSH does not have any more. */
  | { type: 'locked-out-laptops'; laptops: readonly Named[] }
  /** Something of their Journals is not safe, `count` things each; the most first. */
  | { type: 'not-safe'; laptops: readonly (Named & { count: number })[] }
  /** Not backed up for a long time; the longest first. */
  | { type: 'late-laptops'; laptops: readonly Named[] }
  /** Nothing is removed while the clock is not trusted. */
  | { type: 'clock'; reason: string }
  | { type: 'damage'; files: number }
  /** One full copy of every laptop does not fit. */
  | { type: 'disk-too-small' }
  /** Shares of the disk, 0 to 1. */
  | { type: 'disk-nearly-full'; freeBlocks: number; freeInodes: number };
export type ConcernType = Concern['type'];

/** Every kind, the most urgent first. */
export const CONCERN_TYPES = [
  ...([
    'faults',
    'damaged-laptops',
    'not-safe',
    'waiting-keys',
    'twins',
    'held',
    'clock',
    'damage',
    'disk-too-small',
  ] as const),
  ...(['disk-nearly-full', 'over-quota', 'refused-laptops', 'locked-out-laptops'] as const),
  'late-laptops',
] satisfies readonly ConcernType[];

/** Below this share of free blocks or inodes the disk is nearly full. */
const SCARCE = 0.1;

/** Empty when all is well; the most urgent first, one of a kind at most. */
export function concerns(status: Status): Concern[] {
  return CONCERN_TYPES.flatMap((type) => concern(type, status) ?? []);
}

function concern(type: ConcernType, status: Status): Concern | undefined {
  const { clock, damaged, disk, forecast } = status;
  switch (type) {
    case 'faults':
      return status.faults.length > 0 ? { type, faults: status.faults } : undefined;
    case 'waiting-keys':
      return named(type, status.waitingKeys);
    case 'twins':
      return named(type, status.twins);
    case 'damaged-laptops':
      return named(type, status.damagedLaptops);
    case 'not-safe':
      return status.notSafe.length > 0 ? { type, laptops: status.notSafe } : undefined;
    case 'held':
      return named(type, status.held);
    case 'over-quota':
      return named(type, status.overQuota);
    case 'refused-laptops':
      return named(
        type,
        status.strangers.filter(({ holdsData }) => holdsData),
      );
    case 'locked-out-laptops':
      return named(type, status.lockedOut);
    case 'late-laptops': {
      const late = status.laptops.filter(({ standing }) => standing === 'late');
      return named(
        type,
        late.sort((a, b) => (b.days ?? 0) - (a.days ?? 0)),
      );
    }
    case 'clock':
      return clock.trusted ? undefined : { type, reason: clock.reason };
    case 'damage':
      return damaged > 0 ? { type, files: damaged } : undefined;
    case 'disk-too-small':
      return forecast.fits ? undefined : { type };
    case 'disk-nearly-full': {
      const disks = [disk, ...status.disks];
      const scarce = disks.filter((one) => freeShare(one) < SCARCE);
      const [fullest] = scarce.sort((a, b) => freeShare(a) - freeShare(b));
      const { freeBlocks = 1, freeInodes = 1 } = fullest ?? {};
      return fullest && { type, freeBlocks, freeInodes };
    }
    default:
      return type satisfies never;
  }
}

function named(
  type:
    | 'damaged-laptops'
    | 'waiting-keys'
    | 'twins'
    | 'held'
    | 'over-quota'
    | 'refused-laptops'
    | 'locked-out-laptops'
    | 'late-laptops',
  laptops: readonly Named[],
): Concern | undefined {
  return laptops.length > 0 ? { type, laptops } : undefined;
}
