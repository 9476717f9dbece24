/**
 * Snapshots of a given age, for the pure rules of retention.
 */
import { parseSnapshotName, type SnapshotName } from '../../../shared/ids.ts';
import type { SnapshotFacts } from '../../../xs/retention/retention.ts';
import type { Moment } from '../../../xs/storage/moment.ts';

export const DAY = 86_400_000;
export const NOW = new Date('2026-11-22T14:00:00Z');
/** The library began long before the oldest snapshot. */
const AT = 10_000 * DAY;

/** So many days after NOW. */
export function momentAfter(days: number): Moment {
  const time = new Date(NOW.getTime() + days * DAY);
  const at = AT + days * DAY;
  return { at, boot: 1, doubted: false, time, trusted: true, creditedAt: 0 };
}

export function nameOf(sequence: number): SnapshotName {
  const day = new Date(sequence * DAY).toISOString().slice(0, 10);
  return parseSnapshotName(`datastore-${day}_10:00`);
}

/** A quiet snapshot, `age` days old. */
export function aged(
  sequence: number,
  age: number,
  change: Partial<SnapshotFacts> = {},
): SnapshotFacts {
  const created = new Date(NOW.getTime() - age * DAY).toISOString();
  const quiet = { entries: 100, changed: 1, removed: 0 };
  const clock = { at: AT - age * DAY, boot: 1, doubted: false };
  return { name: nameOf(sequence), sequence, created, clock, ...quiet, ...change };
}
