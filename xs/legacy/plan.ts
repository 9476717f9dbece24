/**
 * What adopting a laptop's old trees would do, tree by tree and with reasons. Reads names and
 * permissions only, and changes nothing: entries that cannot be read are found when they are read.
 */
import { lstatSync } from 'node:fs';
import type { Serial, SnapshotName } from '../../shared/ids.ts';
import { inLaptop, type Paths } from '../storage/paths.ts';
import { listSnapshots } from '../storage/snapshots.ts';

import { readJournalTree } from './journal-layouts.ts';
import { listRaw, pointedAt, type RawTree } from './raw-snapshots.ts';
import { whyRefused } from './refusal.ts';
import { cannotBeRead } from './rights.ts';
import type { Doubt } from './wholeness.ts';

export interface PlannedTree {
  /** Where it is now, as seen from the laptop's folder. */
  place: string;
  what:
    | 'whole'
    | 'nested' // whole, and in the folder of another one
    | 'half' // the copy had not ended when the link was moved last
    | 'crashed' // the copy was cut off
    | 'empty'
    | 'unreadable' // for this user, or at all
    | 'too-large'
    | 'newest-state'; // the mirror that the laptop writes into
  why: string;
  happens: 'becomes-snapshot' | 'is-held' | 'stays';
  /** The snapshot's name. */
  as: SnapshotName | null;
  /** What to do first. */
  hint: string | null;
  entries: number;
}

const DOUBTS: Readonly<Record<Doubt, [what: PlannedTree['what'], why: string]>> = {
  'newer-than-latest': [
    'half',
    'datastore-latest does not lead to it: the original moves that link when a copy is complete',
  ],
  empty: ['empty', 'it has no entry, and an older one has'],
  closed: [
    'crashed',
    'only its owner may enter it, unlike the others: "cp -al" opens a copy when all is in it',
  ],
  'fewer-than-neighbours': [
    'crashed',
    'it lacks entries that both the one before and the one after have',
  ],
};

/** Oldest first; the mirror, which is the newest state, last. */
export function planAdoption(
  context: Parameters<typeof whyRefused>[0] & { paths: Paths },
  serial: Serial,
): PlannedTree[] {
  const { paths } = context;
  const { latest } = inLaptop(paths, serial);
  const trees = listRaw(paths, serial).map((tree): PlannedTree => {
    const refused = whyRefused(context, serial, tree);
    const common = { place: placeOf(paths, serial, tree), entries: tree.entries };
    if (refused) {
      const what = tree.problem || refused.hint?.startsWith('run:') ? 'unreadable' : 'too-large';
      const { reason: why, hint } = refused;
      return { ...common, what, why, happens: 'stays', as: null, hint };
    }
    const as = tree.name;
    if (tree.doubt !== null) {
      const [what, why] = DOUBTS[tree.doubt];
      return { ...common, what, why, happens: 'is-held', as, hint: null };
    }
    const what = tree.inside ? 'nested' : 'whole';
    const why = tree.inside
      ? 'the second copy of its minute: "cp -al" put it into the first'
      : pointedAt(latest) === tree.name
        ? 'datastore-latest leads to it'
        : 'nothing speaks against it';
    return { ...common, what, why, happens: 'becomes-snapshot', as, hint: null };
  });
  return [...trees, ...mirrorOf(paths, serial)];
}

function placeOf(paths: Paths, serial: Serial, { folder }: RawTree): string {
  return folder.slice(inLaptop(paths, serial).home.length + 1);
}

function mirrorOf(paths: Paths, serial: Serial): PlannedTree[] {
  const entries = countMirror(paths, serial);
  if (entries === 0) return [];
  const isOnly = listSnapshots(paths, serial).length === 0;
  const why = isOnly
    ? 'the laptop writes into it; a backup of the original client makes a snapshot of it'
    : 'the laptop writes into it: it may be ahead of the newest snapshot, or half written';
  const hint = `"xs-backup export ${serial} datastore-current DIR" writes it elsewhere`;
  const common = { place: 'datastore-current', what: 'newest-state', why } as const;
  return [{ ...common, happens: 'stays', as: null, hint, entries }];
}

/** The entries in the original client's mirror, readable or not; 0 also for one that cannot be listed. */
export function countMirror(paths: Paths, serial: Serial): number {
  const { original } = inLaptop(paths, serial);
  try {
    if (!lstatSync(original, { throwIfNoEntry: false })?.isDirectory()) return 0;
    return readJournalTree(original).entries.length;
  } catch (error) {
    if (cannotBeRead(error)) return 0;
    throw error;
  }
}
