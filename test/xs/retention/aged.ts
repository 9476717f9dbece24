/**
 * Snapshots of a given age, for the pure rules of retention.
 */
import { parseSnapshotName, type SnapshotName } from '../../../shared/ids.ts';
import type { SnapshotFacts } from '../../../xs/retention/retention.ts';

export const DAY = 86_400_000;
export const NOW = new Date('2026-11-22T14:00:00Z');

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
  return { name: nameOf(sequence), sequence, created, ...quiet, ...change };
}
