/**
 * Lists the original program's snapshots of a laptop: hard-linked Journals
 * `datastore-YYYY-MM-DD_HH:MM/`, distinguished from ours and from damaged ones of ours. Read-only.
 */
import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isErrno } from '../../shared/errors.ts';
import { parseSnapshotName, type Serial, type SnapshotName, tryParse } from '../../shared/ids.ts';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import { namesIn } from '../../shared/system/files.ts';
import { inLaptop, inSnapshot, type Paths } from '../storage/paths.ts';
import { listSnapshots, type Snapshot } from '../storage/snapshots.ts';
import { readJournalTree } from './journal-layouts.ts';

export interface RawTree {
  name: SnapshotName;
  folder: string;
  /** The minute in its name. */
  created: Date;
  /** The number of entries, readable or not. */
  entries: number;
  /** The original program was cut off while copying this one, or copied an empty Journal. */
  halfMade: boolean;
}

/** The raw trees of a laptop, oldest first. */
export function listRaw(paths: Paths, serial: Serial): RawTree[] {
  const { home, latest } = inLaptop(paths, serial);
  const raw = rawNames(home);
  if (raw.length === 0) return [];
  const adopted = new Map<SnapshotName, Snapshot>();
  for (const one of listSnapshots(paths, serial)) {
    if (one.source === 'adopted') adopted.set(one.name, one);
  }
  // The original program points the link at a tree when its copy is complete. That is information
  // as long as the link leads to one of its trees, or to a snapshot made from one.
  const pointed = pointedAt(latest);
  const lastWhole =
    pointed && (raw.includes(pointed) || adopted.has(pointed)) ? pointed : undefined;
  const trees: RawTree[] = [];
  let seenEntries = false;
  for (const name of [...raw, ...adopted.keys()].sort(byAge)) {
    const known = adopted.get(name);
    const folder = join(home, name);
    const entries = known?.entries ?? readJournalTree(folder).entries.length;
    const afterLast = lastWhole !== undefined && byAge(name, lastWhole) > 0;
    const halfMade = afterLast || (entries === 0 && seenEntries);
    if (!known) trees.push({ name, folder, created: createdAt(name), entries, halfMade });
    if (entries > 0) seenEntries = true;
  }
  return trees;
}

/** Whether there is anything to adopt; cheaper than the list. */
export function hasRaw(paths: Paths, serial: Serial): boolean {
  return rawNames(inLaptop(paths, serial).home).length > 0;
}

/** Orders names by their minute, then by the number that several of one minute have. */
function byAge(a: SnapshotName, b: SnapshotName): number {
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

/** A folder with any of our files is ours, and damaged where they cannot be read. */
function isRaw(folder: string): boolean {
  if (!lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return false;
  // Checked first: listing a large snapshot of ours reads ten thousand names.
  const ours = Object.values(inSnapshot(folder));
  if (ours.some((path) => lstatSync(path, { throwIfNoEntry: false }))) return false;
  return !readdirSync(folder).some((name) => name.endsWith(METADATA_SUFFIX));
}

/** The name at the end of a link that may be relative, absolute or lead nowhere. */
function pointedAt(link: string): SnapshotName | undefined {
  try {
    return tryParse(parseSnapshotName, basename(readlinkSync(link)));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EINVAL')) return undefined;
    throw error;
  }
}
