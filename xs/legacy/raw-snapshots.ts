/**
 * Lists the original program's snapshots of a laptop: hard-linked Journals
 * `datastore-YYYY-MM-DD_HH:MM/`, distinguished from ours and from damaged ones of ours. Only unnest()
 * changes anything.
 */
import { lstatSync, readdirSync, readlinkSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DsError, isErrno } from '../../shared/errors.ts';
import {
  parseSnapshotName,
  type Serial,
  type SnapshotName,
  tryParse,
  type Uid,
} from '../../shared/ids.ts';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { fsyncFolder, namesIn } from '../../shared/system/files.ts';
import { inLaptop, inSnapshot, type Paths } from '../storage/paths.ts';
import { freeName, listSnapshots, readVersions, type Snapshot } from '../storage/snapshots.ts';
import { type JournalEntry, readJournalTree } from './journal-layouts.ts';
import { cannotBeRead, isDenied } from './rights.ts';
import { type Candidate, type Doubt, judgeCopies } from './wholeness.ts';

export interface RawTree {
  name: SnapshotName;
  folder: string;
  /** The minute in its name. */
  created: Date;
  /** The number of entries, readable or not. */
  entries: number;
  /** Why it cannot be told whole; null for one that can. */
  doubt: Doubt | null;
  /** The second copy of a minute, still in the folder of the first. */
  inside: boolean;
  /** Why its entries cannot even be listed: nothing else is known of it then. */
  problem: Error | null;
}

/** Where `cp -al` puts the second copy of a minute: into the first, by the name of what it copies. */
const NESTED = 'datastore-current';

/** The raw trees of a laptop, oldest first. */
export function listRaw(paths: Paths, serial: Serial): RawTree[] {
  const { latest } = inLaptop(paths, serial);
  const raw = rawFolders(paths, serial);
  if (raw.size === 0) return [];
  const adopted = new Map<SnapshotName, Snapshot>();
  for (const one of listSnapshots(paths, serial)) {
    if (one.source === 'adopted') adopted.set(one.name, one);
  }
  const trees: Omit<RawTree, 'doubt'>[] = [];
  const copies = [...raw.keys(), ...adopted.keys()].sort(byAge).map((name): Candidate => {
    const known = adopted.get(name);
    // The original makes no such name; it is from here on a nested one's.
    const nested = numberOf(name) > 1;
    if (known) {
      const { entries } = known;
      return { name, entries, uids: () => uidsOf(known), top: 'adopted', nested };
    }
    const { folder = '', inside = false } = raw.get(name) ?? {};
    const { found, problem } = listTree(folder);
    const entries = found.length;
    trees.push({ ...{ name, folder, inside, problem }, created: createdAt(name), entries });
    const uids = () => new Set(found.map(({ uid }) => uid));
    return { name, entries, uids, top: problem ? 'unknown' : topOf(folder), nested };
  });
  // The original points the link at a tree when its copy is complete. That is information as long as
  // the link leads to one of its trees, or to a snapshot made from one.
  const pointed = pointedAt(latest);
  const lastWhole = pointed && (raw.has(pointed) || adopted.has(pointed)) ? pointed : undefined;
  const verdicts = judgeCopies(copies, lastWhole);
  return trees.map((tree) => ({ ...tree, doubt: verdicts.get(tree.name) ?? null }));
}

/** The entries of a tree, or why this user cannot list them. */
function listTree(folder: string): { found: JournalEntry[]; problem: Error | null } {
  try {
    return { found: readJournalTree(folder).entries, problem: null };
  } catch (error) {
    if (!cannotBeRead(error)) throw error;
    return { found: [], problem: error };
  }
}

/** With an ACL, too, the middle digit says whether anybody else may enter. */
function topOf(folder: string): 'open' | 'closed' {
  return (lstatSync(folder).mode & 0o077) === 0 ? 'closed' : 'open';
}

function uidsOf(snapshot: Snapshot): Set<Uid> | null {
  try {
    return new Set(readVersions(snapshot).keys());
  } catch (error) {
    if (error instanceof DsError && error.code === 'damaged') return null;
    throw error;
  }
}

/** Whether there is anything to adopt; cheaper than the list. */
export function hasRaw(paths: Paths, serial: Serial): boolean {
  return rawNames(inLaptop(paths, serial).home).length > 0;
}

/**
 * Gives the second copy of a minute a place of its own beside the first. Done before anything is
 * adopted, because the first goes to the trash with everything in it. Safe to repeat.
 */
export function unnest(paths: Paths, serial: Serial): void {
  const { home, snapshot } = inLaptop(paths, serial);
  for (const [name, { folder, inside }] of rawFolders(paths, serial)) {
    if (!inside) continue;
    renameSync(folder, snapshot(name));
    fsyncFolder(home);
    failpoint('adopt.unnested');
  }
}

type Place = Pick<RawTree, 'folder' | 'inside'>;

/** Every raw tree by its name; a nested one by the name that it will get. */
function rawFolders(paths: Paths, serial: Serial): Map<SnapshotName, Place> {
  const { home } = inLaptop(paths, serial);
  const found = new Map<SnapshotName, Place>();
  for (const name of rawNames(home)) {
    found.set(name, { folder: join(home, name), inside: false });
    const folder = join(home, name, NESTED);
    if (!isFolder(folder)) continue;
    found.set(freeName(paths, serial, createdAt(name)), { folder, inside: true });
  }
  return found;
}

/** False also for one behind a folder that this user may not enter. */
function isFolder(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch (error) {
    if (cannotBeRead(error)) return false;
    throw error;
  }
}

/** Orders names by their minute, then by the number that several of one minute have. */
export function byAge(a: SnapshotName, b: SnapshotName): number {
  const [minuteA, minuteB] = [a.slice(0, MINUTE), b.slice(0, MINUTE)];
  if (minuteA !== minuteB) return minuteA < minuteB ? -1 : 1;
  return numberOf(a) - numberOf(b);
}

/** Length of `datastore-YYYY-MM-DD_HH:MM`. */
const MINUTE = 26;

function numberOf(name: SnapshotName): number {
  return Number(name.slice(MINUTE + 1) || 1);
}

function createdAt(name: SnapshotName): Date {
  const [date, time] = name.slice('datastore-'.length, MINUTE).split('_');
  return new Date(`${date}T${time}:00.000Z`);
}

function rawNames(home: string): SnapshotName[] {
  return namesIn(home)
    .map((name) => tryParse(parseSnapshotName, name))
    .filter((name) => name !== undefined)
    .filter((name) => isRaw(join(home, name)));
}

/**
 * A folder with any of our files is ours, and damaged where they cannot be read. One that this user may
 * not enter is not ours.
 */
function isRaw(folder: string): boolean {
  try {
    if (!lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return false;
    // Checked first: listing a large snapshot of ours reads ten thousand names.
    const ours = Object.values(inSnapshot(folder));
    if (ours.some((path) => lstatSync(path, { throwIfNoEntry: false }))) return false;
    return !readdirSync(folder).some((name) => name.endsWith(METADATA_SUFFIX));
  } catch (error) {
    if (isDenied(error)) return true;
    throw error;
  }
}

/** The name at the end of a link that may be relative, absolute or lead nowhere. */
export function pointedAt(link: string): SnapshotName | undefined {
  try {
    return tryParse(parseSnapshotName, basename(readlinkSync(link)));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EINVAL')) return undefined;
    throw error;
  }
}
