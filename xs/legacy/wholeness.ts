/**
 * Which copies of the original program are whole. `cp -al` opens the top folder of its copy to others
 * only when everything is in it, and `datastore-latest` is moved after that. A copy that cannot be told
 * whole is held: it is kept, but is not counted as a backup and replaces none. Pure.
 */
import type { SnapshotName, Uid } from '../../shared/ids.ts';

/** Why a copy cannot be told whole. */
export type Doubt =
  | 'newer-than-latest' // the original moves its link when a copy is complete
  | 'empty' // and an older one is not
  | 'closed' // only its owner may enter it, unlike others: the copy was cut off
  | 'fewer-than-neighbours'; // it lacks what the one before and the one after have

export interface Candidate {
  name: SnapshotName;
  entries: number;
  /** Null when the list cannot be read. */
  uids: () => ReadonlySet<Uid> | null;
  /**
   * Whether others than its owner may enter its top folder; `adopted` when it was told whole before,
   * `unknown` when it cannot be listed: such a copy is not judged, and says nothing about others.
   */
  top: 'open' | 'closed' | 'adopted' | 'unknown';
  /** The second copy of a minute: the link leads to the first, before and after. */
  nested: boolean;
}

/** Judges copies, given oldest first. `lastWhole` is where the original's link leads. */
export function judgeCopies(
  copies: readonly Candidate[],
  lastWhole: SnapshotName | undefined,
): Map<SnapshotName, Doubt | null> {
  const last = copies.findIndex(({ name }) => name === lastWhole);
  // Copied by somebody who gave all folders the same mode, they say nothing by it.
  const modesTell = copies.some(({ top }) => top === 'open' || top === 'adopted');
  let seenEntries = false;
  const judged = copies.map((copy, index): Doubt | null => {
    if (copy.top === 'unknown') return null;
    const empty = copy.entries === 0 && seenEntries;
    if (copy.entries > 0) seenEntries = true;
    if (copy.top === 'adopted') return null;
    if (last >= 0 && index > last && !(copy.nested && copy.top === 'open'))
      return 'newer-than-latest';
    if (empty) return 'empty';
    if (copy.top === 'closed' && modesTell && index !== last) return 'closed';
    return null;
  });
  const trusted = copies.filter(({ top }, index) => judged[index] === null && top !== 'unknown');
  const verdicts = new Map(copies.map(({ name }, index) => [name, judged[index] ?? null]));
  for (const [index, copy] of trusted.entries()) {
    if (copy.top === 'adopted' || copy.name === lastWhole) continue;
    if (isDip(trusted[index - 1], copy, trusted[index + 1])) {
      verdicts.set(copy.name, 'fewer-than-neighbours');
    }
  }
  return verdicts;
}

/** True for one that lacks something that both have; a child does not delete and bring back. */
function isDip(
  before: Candidate | undefined,
  copy: Candidate,
  after: Candidate | undefined,
): boolean {
  if (!before || !after) return false;
  if (copy.entries >= before.entries || copy.entries >= after.entries) return false;
  const [old, now, next] = [before.uids(), copy.uids(), after.uids()];
  if (!old || !now || !next) return true;
  return [...old].some((uid) => next.has(uid) && !now.has(uid));
}
