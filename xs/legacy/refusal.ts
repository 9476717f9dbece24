/**
 * What keeps a tree from being adopted, found before anything is changed: it stays as it is, and
 * the others are converted.
 */
import { DsError } from '../../shared/errors.ts';
import type { Serial, SnapshotName } from '../../shared/ids.ts';
import { MAX_ENTRIES } from '../../shared/journal/sums.ts';
import type { Ownership } from '../storage/ownership.ts';
import { inLaptop, type Paths } from '../storage/paths.ts';
import { isAboutEntry } from './journal-layouts.ts';
import type { RawTree } from './raw-snapshots.ts';
import { cannotBeRead, checkMovable, isDenied, rightsCommand } from './rights.ts';

export interface RefusedTree {
  name: SnapshotName;
  /** A sentence. */
  reason: string;
  /** What to do about it, where that is known. */
  hint: string | null;
}

interface RightsContext {
  paths: Paths;
  ownership: Ownership;
}

export function refusalOf(
  { ownership, paths }: RightsContext,
  serial: Serial,
  name: SnapshotName,
  error: Error,
): RefusedTree {
  const rights = rightsCommand(ownership, inLaptop(paths, serial).home);
  const hint = isDenied(error) ? `run: ${rights}` : error instanceof DsError ? error.hint : null;
  return { name, reason: error.message, hint: hint ?? null };
}

/** Why this tree would be refused, as far as names and permissions tell; undefined if it would not. */
export function whyRefused(
  context: RightsContext,
  serial: Serial,
  tree: RawTree,
): RefusedTree | undefined {
  try {
    checkHome(context, inLaptop(context.paths, serial).home);
    checkTree(tree);
  } catch (error) {
    if (!concernsOneTree(error)) throw error;
    return refusalOf(context, serial, tree.name, error);
  }
}

/** Throws `unreadable` with the command that helps: nothing of this laptop can be converted. */
export function checkHome({ ownership }: Pick<RightsContext, 'ownership'>, home: string): void {
  try {
    checkMovable(home);
  } catch (cause) {
    if (!isDenied(cause)) throw cause;
    throw new DsError('unreadable', `this user may not change ${home}`, {
      hint: `run: ${rightsCommand(ownership, home)}`,
      cause,
    });
  }
}

/** Throws what keeps a tree from being converted, before anything is changed. */
export function checkTree({ folder, entries, problem }: RawTree): void {
  if (problem) throw problem;
  checkMovable(folder); // to the trash
  if (entries <= MAX_ENTRIES) return;
  const reason = `it has ${entries} entries, and a snapshot holds ${MAX_ENTRIES}`;
  throw new DsError('unreadable', reason, { hint: '"xs-backup export" can write it elsewhere' });
}

/** Others are converted all the same: not on a full disk, nor when somebody stops it. */
export function concernsOneTree(error: unknown): error is Error {
  return cannotBeRead(error) || isAboutEntry(error) || isBusyTree(error);
}

/** Somebody writes to the tree. */
function isBusyTree(error: unknown): boolean {
  return error instanceof DsError && error.code === 'busy';
}
