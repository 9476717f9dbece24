/**
 * Limits growth between two cleanups, which enforce the soft quota: when the disk is getting full, a
 * laptop that would use more than twice its share is refused, so that one faulty laptop does not stop
 * the backups of all others.
 */
import { DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import { type DiskFacts, freeShare } from '../storage/disk.ts';

/** The multiple of its share that a laptop may use when the disk is getting full. */
const FACTOR = 2;
/** With a smaller share of free blocks or inodes the disk is getting full. */
const SCARCE = 0.2;

export class HardQuota {
  readonly #used = new Map<Serial, { bytes: number; quota: number }>();

  /** Use and quota of a laptop as of the last cleanup, in bytes. */
  learn(serial: string, bytes: number, quota: number): void {
    this.#used.set(serial as Serial, { bytes, quota });
  }

  /** Bytes that arrived since then. */
  add(serial: Serial, bytes: number): void {
    const known = this.#used.get(serial);
    if (known) known.bytes += bytes;
  }

  /** Throws `over-quota` when the laptop may not add this many bytes. */
  check(serial: Serial, bytes: number, disk: Pick<DiskFacts, 'freeBlocks' | 'freeInodes'>): void {
    const known = this.#used.get(serial);
    if (!known || freeShare(disk) >= SCARCE) return;
    if (known.bytes + bytes <= FACTOR * known.quota) return;
    const message = `the disk is getting full, and ${serial} uses ${known.bytes} bytes of its ${known.quota}`;
    throw new DsError('over-quota', message, {
      hint: 'a teacher can make room; nothing that was safe is lost',
    });
  }
}
