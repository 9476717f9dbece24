/**
 * Where a fetched entry goes, by what is in the Journal at that moment: under its own name, or as a
 * dated copy beside a different entry of that name. Nothing in the Journal is ever overwritten, except
 * the remains that a power cut left of this very entry.
 */
import { lstatSync, readdirSync } from 'node:fs';
import { DsError } from '../../shared/errors.ts';
import type { SnapshotName, Uid } from '../../shared/ids.ts';
import type { Entry } from '../../shared/journal/entry.ts';
import type { TreeEntry } from '../../shared/journal/journal-tree.ts';
import type { Context } from '../context.ts';
import { nameInJournal } from '../journal/entry-name.ts';
import {
  datedEntry,
  isSameButForTime,
  isTornCopy,
  type Prepared,
  prepareEntry,
  timedEntry,
} from '../journal/prepared-entry.ts';
import { problemOf } from '../journal/problem.ts';
import { readVersion } from '../journal/read-entry.ts';
import { inEntry, inJournal } from '../paths.ts';
import type { Fetched } from './fetch.ts';
import { besideUid } from './plan.ts';

export interface Target {
  /** `restored`: under its own name. `beside`: as a dated copy. */
  kind: 'restored' | 'beside';
  /** The name it gets. */
  uid: Uid;
  prepared: Prepared;
  /** The remains of this very entry are there, and are completed. */
  torn: boolean;
}

export interface TargetOptions {
  snapshot: SnapshotName;
  /** The entry counts as worked on now, so that it stands at the top of the Journal. */
  toTop: boolean;
}

/** What has a name already: nothing, the remains of this very version, this version, something else. */
type Occupant = 'none' | 'torn' | 'same' | 'other' | 'unreadable';

/**
 * Undefined when the Journal has this very version. Throws `unreadable` when a copy that came earlier
 * is there and cannot be read.
 */
export async function findTarget(
  context: Context,
  { snapshot, toTop }: TargetOptions,
  { step, entry }: Fetched,
): Promise<Target | undefined> {
  const uid = nameInJournal(step.uid, entry);
  const seconds = Math.floor(context.clock.now().getTime() / 1000);
  const prepare = (one: Entry, name: Uid) =>
    prepareEntry(toTop ? timedEntry(one, seconds) : one, name, seconds);
  const own = prepare(entry, uid);
  const occupant = await findOccupant(context, uid, own);
  if (occupant === 'same') return undefined;
  if (occupant === 'none' || occupant === 'torn') {
    return { kind: 'restored', uid, prepared: own, torn: occupant === 'torn' };
  }
  const dated = datedEntry(entry, snapshot.slice('datastore-'.length, 20));
  const name = besideUid(step.uid, step.digest);
  const prepared = prepare(dated, name);
  const copy = await findOccupant(context, name, prepared);
  // What the child has made of an earlier copy is hers, and began as this version.
  if (copy === 'same' || copy === 'other') return undefined;
  if (copy === 'unreadable') throw unreadableCopy(uid, name);
  return { kind: 'beside', uid: name, prepared, torn: copy === 'torn' };
}

async function findOccupant(
  { paths, signal }: Context,
  uid: Uid,
  wanted: Prepared,
): Promise<Occupant> {
  const local = inJournal(paths, uid);
  try {
    if (!lstatSync(local.path, { throwIfNoEntry: false })) return 'none';
    const { entry } = await readVersion(local, signal);
    if (isSameButForTime(entry, wanted.expected, wanted.invented)) return 'same';
    return isTornCopy(entry, wanted.expected) ? 'torn' : 'other';
  } catch (error) {
    if (!problemOf(local, error)) return 'none';
    return isHollow(local) ? 'torn' : 'unreadable';
  }
}

/** True for a folder with no content and no property: nothing in it can be anybody's work. */
function isHollow(local: TreeEntry): boolean {
  const { content, metadata } = inEntry(local);
  try {
    if (!lstatSync(local.path).isDirectory()) return false;
    const size = lstatSync(content, { throwIfNoEntry: false })?.size ?? 0;
    const names = lstatSync(metadata, { throwIfNoEntry: false }) ? readdirSync(metadata) : [];
    return size === 0 && names.length === 0;
  } catch {
    return false; // what the disk does not tell may be there
  }
}

function unreadableCopy(uid: Uid, copy: Uid): DsError {
  const message = `the copy of ${uid} that was restored earlier (${copy}) cannot be read`;
  return new DsError('unreadable', message, {
    hint: 'move its folder out of the Journal, then try again',
  });
}
