/**
 * Snapshots of a given age, for the pure rules of retention.
 */
import { DAY_MS } from '../../../shared/clock.ts';
import { parseSnapshotName, type SnapshotName } from '../../../shared/ids.ts';
import type { SnapshotFacts } from '../../../xs/retention/retention.ts';
import type { Moment } from '../../../xs/storage/moment.ts';

export const NOW = new Date('2026-11-22T14:00:00Z');
/** The library began long before the oldest snapshot. */
const AT = 10_000 * DAY_MS;

/** So many days after NOW. */
export function momentAfter(days: number): Moment {
  const time = new Date(NOW.getTime() + days * DAY_MS);
  const at = AT + days * DAY_MS;
  return { at, boot: 1, doubted: false, time, trusted: true, creditedAt: 0 };
}

export function nameOf(sequence: number): SnapshotName {
  const day = new Date(sequence * DAY_MS).toISOString().slice(0, 10);
  return parseSnapshotName(`datastore-${day}_10:00`);
}

/** A quiet snapshot, `age` days old. */
export function aged(
  sequence: number,
  age: number,
  change: Partial<SnapshotFacts> = {},
): SnapshotFacts {
  const created = new Date(NOW.getTime() - age * DAY_MS).toISOString();
  const quiet = { entries: 100, changed: 1, removed: 0 };
  const clock = { at: AT - age * DAY_MS, boot: 1, doubted: false };
  return { name: nameOf(sequence), sequence, created, clock, ...quiet, ...change };
}
