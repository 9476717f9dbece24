/**
 * The soft quota is for the daily cleanup; this is for the hours in between: when the disk is getting
 * short, a laptop that has twice its share already may not grow any further, so that one laptop gone
 * wild does not stop the backups of all others.
 */
import { DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import { type DiskFacts, freeShare } from '../storage/disk.ts';

/** How much more than its share a laptop may use when there is room. */
const FACTOR = 2;
/** Below this part of free blocks or inodes the disk is getting short. */
const SHORT = 0.2;

export class HardQuota {
  readonly #used = new Map<Serial, { bytes: number; quota: number }>();

  /** What a cleanup has found out, in bytes. */
  learn(serial: string, bytes: number, quota: number): void {
    this.#used.set(serial as Serial, { bytes, quota });
  }

  /** Content that came since. */
  add(serial: Serial, bytes: number): void {
    const known = this.#used.get(serial);
    if (known) known.bytes += bytes;
  }

  /** Throws `over-quota` when a laptop that wants to add so many bytes may not. */
  check(serial: Serial, bytes: number, disk: Pick<DiskFacts, 'freeBlocks' | 'freeInodes'>): void {
    const known = this.#used.get(serial);
    if (!known || freeShare(disk) >= SHORT) return;
    if (known.bytes + bytes <= FACTOR * known.quota) return;
    const message = `the disk is getting short, and ${serial} uses ${known.bytes} bytes of its ${known.quota}`;
    throw new DsError('over-quota', message, {
      hint: 'a teacher can make room; nothing that was safe is lost',
    });
  }
}
