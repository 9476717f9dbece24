/**
 * Adopts a laptop's trees of the original program: each hard-linked Journal becomes a snapshot of
 * the same name in our format, without taking more space.
 *
 * Stopped or killed at any time, every Journal is there whole, as the original tree or as our
 * snapshot, and the next call continues. A tree loses its name only when its snapshot is sealed and
 * checked, and then goes to `discard`; nothing is deleted here. `datastore-current` stays.
 *
 * The newest tree is converted first. Sequences go down from that of the oldest snapshot, so a backup
 * that arrives between two attempts cannot take a number that an older tree still needs, and the
 * newest snapshot is the right one from the first conversion on.
 *
 * The caller holds the service's lock and the laptop's session lock.
 */
import { lstatSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DsError } from '../../shared/errors.ts';
import type { Digest, RunId, Serial, SnapshotName, Uid } from '../../shared/ids.ts';
import { digestOf } from '../../shared/journal/entry.ts';
import type { Log } from '../../shared/log.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { fsyncFolder, namesIn } from '../../shared/system/files.ts';
import { makeReadableFolder } from '../storage/ownership.ts';
import { adoptingName, inLaptop, type Paths } from '../storage/paths.ts';
import {
  listAside,
  listSnapshots,
  newestSnapshot,
  pointLatest,
  readManifest,
  type Snapshot,
} from '../storage/snapshots.ts';
import { buildDraft, type Neighbour, type TreeContext } from './adopt-tree.ts';
import type { LeftOut } from './journal-layouts.ts';
import { byAge, listRaw, pointedAt, type RawTree, unnest } from './raw-snapshots.ts';
import { type Memory, newMemory, type Reading, readTree, type Steps } from './read-tree.ts';
import { checkHome, checkTree, concernsOneTree, type RefusedTree, refusalOf } from './refusal.ts';
import type { Doubt } from './wholeness.ts';

export interface AdoptContext extends TreeContext {
  log: Log;
}

export interface AdoptOptions {
  signal?: AbortSignal;
  onProgress?: (progress: AdoptProgress) => void;
  /** Moves a raw tree that was converted to the trash. Safe to repeat. */
  discard: (folder: string, name: SnapshotName) => void | Promise<void>;
  /** A tree stays as it is; the others are still converted. */
  onRefused?: (refused: RefusedTree) => void;
}

export interface AdoptProgress {
  /** The tree being read. */
  tree: SnapshotName;
  entriesRead: number;
  treesDone: number;
  trees: number;
}

export interface AdoptedTree {
  name: SnapshotName;
  sequence: number;
  entries: number;
  /** It cannot be told whole, and is among the held snapshots. */
  held: boolean;
  /** Why not; null for one that is whole. */
  doubt: Doubt | null;
  /** What could not be converted and is only in the discarded tree. */
  leftOut: LeftOut[];
}

/**
 * Adopts the raw trees of a laptop. Returns them in the order they were converted. One that this user
 * may not read, or that is too large, is refused and keeps its place among the others.
 */
export async function adoptLaptop(
  context: AdoptContext,
  serial: Serial,
  options: AdoptOptions,
): Promise<AdoptedTree[]> {
  const { paths } = context;
  const { home } = inLaptop(paths, serial);
  checkHome(context, home);
  await recoverAdoption(context, serial, options.discard);
  unnest(paths, serial);
  const trees = inOrder(listRaw(paths, serial));
  const adopted: AdoptedTree[] = [];
  const refused: SnapshotName[] = [];
  /** Trees refused since the last that was converted. */
  let skipped = 0;
  const state: State = { memory: newMemory(), neighbour: undefined, ahead: undefined };
  for (const [index, tree] of trees.entries()) {
    const stepsFor = (name: SnapshotName) => countSteps(options, name, index, trees.length);
    try {
      checkTree(tree);
      const rest = trees.slice(index);
      const one = await adoptTree(context, serial, rest, skipped, state, stepsFor, options);
      adopted.push(one);
      skipped = 0;
      tell(context, serial, one);
    } catch (error) {
      if (!concernsOneTree(error)) throw error;
      state.ahead = undefined;
      skipped += 1;
      refused.push(tree.name);
      refuse(context, serial, tree.name, error, options);
    }
  }
  pointAtNewest(context, serial, refused);
  return adopted;
}

function tell({ log }: AdoptContext, serial: Serial, one: AdoptedTree): void {
  const { name, sequence, entries, held, doubt, leftOut } = one;
  const facts = { serial, name, sequence, entries, held, leftOut: leftOut.length };
  log.info('adopted', { ...facts, ...(doubt && { doubt }) });
  for (const { what, reason } of leftOut) {
    log.warn('adopted-without', { serial, name, what, reason });
  }
}

function refuse(
  context: AdoptContext,
  serial: Serial,
  name: SnapshotName,
  error: Error,
  { onRefused }: AdoptOptions,
): void {
  const refused = refusalOf(context, serial, name, error);
  context.log.warn('not-adopted', { serial, name, reason: refused.reason });
  onRefused?.(refused);
}

/** What one conversion passes on to that of the next older tree. */
interface State {
  memory: Memory;
  neighbour: Neighbour | undefined;
  /** The next tree, if it was already read to count what changed after it. */
  ahead: Reading | undefined;
}

/**
 * Whole trees first, newest first; the others get the lowest sequences, so that no backup ever builds
 * on one.
 */
function inOrder(trees: RawTree[]): RawTree[] {
  const newestFirst = trees.toReversed();
  return [
    ...newestFirst.filter(({ doubt }) => doubt === null),
    ...newestFirst.filter(({ doubt }) => doubt !== null),
  ];
}

async function adoptTree(
  context: AdoptContext,
  serial: Serial,
  [tree, next, ...rest]: RawTree[],
  skipped: number,
  state: State,
  stepsFor: (name: SnapshotName) => Steps,
  { signal, discard }: AdoptOptions,
): Promise<AdoptedTree> {
  if (!tree) throw new DsError('internal', 'there is no tree to adopt');
  const laptop = inLaptop(context.paths, serial);
  const { memory } = state;
  const reading = state.ahead ?? (await readTree(tree, memory, stepsFor(tree.name)));
  const older = next && (next.doubt === null) === (tree.doubt === null) ? next : undefined;
  state.ahead = next && (await readAhead(next, memory, stepsFor(next.name)));
  failpoint('adopt.read');
  const run = runOf(serial, tree.name);
  const draft = laptop.draft(run);
  try {
    const sequence = nextSequence(context.paths, serial, [tree, next, ...rest], skipped);
    const before = older && state.ahead ? state.ahead.versions : new Map<Uid, Digest>();
    const { neighbour } = state;
    const made = { serial, sequence, run, reading, before, neighbour, memory };
    const manifest = await buildDraft(context, made, { signal });
    signal?.throwIfAborted();
    const folder = await swap(context, serial, tree, draft, discard);
    state.neighbour = { folder, versions: reading.versions };
    const { name, entries } = manifest;
    const { doubt } = tree;
    return { name, sequence, entries, held: doubt !== null, doubt, leftOut: reading.leftOut };
  } finally {
    for (const left of [draft, laptop.folded(run)]) rmSync(left, { recursive: true, force: true });
  }
}

/** The run id of a conversion; always the same, so that what a killed one left is found. */
function runOf(serial: Serial, name: SnapshotName): RunId {
  return digestOf(`adopt ${serial} ${name}`).slice(0, 32) as RunId;
}

/** What cannot be read is refused when it is that tree's turn. */
async function readAhead(
  tree: RawTree,
  memory: Memory,
  steps: Steps,
): Promise<Reading | undefined> {
  try {
    checkTree(tree);
    return await readTree(tree, memory, steps);
  } catch (error) {
    if (!concernsOneTree(error)) throw error;
    return undefined;
  }
}

/**
 * For the first of these trees: one below the snapshots that are newer, less one for each tree that was
 * skipped just before, whose number stays free until it can be read. Without newer ones, such that the
 * last tree gets the number above the older snapshots, or 1.
 */
function nextSequence(
  paths: Paths,
  serial: Serial,
  trees: readonly (RawTree | undefined)[],
  skipped: number,
): number {
  const known = listSnapshots(paths, serial);
  const taken = [...known, ...listAside(paths, serial)].map(({ sequence }) => sequence);
  const [tree] = trees;
  if (!tree || tree.doubt !== null) return below(taken, countOf(trees));
  const { name } = tree;
  const isNewer = (one: Snapshot) => one.source !== 'adopted' || byAge(one.name, name) > 0;
  const newer = known.filter(isNewer);
  const older = known.filter((one) => !isNewer(one));
  const last = older.reduce((highest, { sequence }) => Math.max(highest, sequence), 0);
  const between = trees.filter((one) => older.every((old) => one && byAge(one.name, old.name) > 0));
  const wanted =
    newer.length > 0
      ? Math.min(...newer.map(({ sequence }) => sequence)) - 1 - skipped
      : last + countOf(between);
  return taken.includes(wanted) ? below(taken, 0) : wanted;
}

/** One below all of them; without any, `first`. */
function below(sequences: readonly number[], first: number): number {
  return sequences.reduce((lowest, one) => Math.min(lowest, one), first + 1) - 1;
}

const countOf = (trees: readonly (RawTree | undefined)[]) => trees.filter(Boolean).length;

/** Puts the sealed draft in the raw tree's place. Returns the snapshot's folder. */
async function swap(
  { paths, ownership }: AdoptContext,
  serial: Serial,
  tree: RawTree,
  draft: string,
  discard: AdoptOptions['discard'],
): Promise<string> {
  const laptop = inLaptop(paths, serial);
  const hold = tree.doubt !== null;
  if (hold) makeReadableFolder(ownership, laptop.held);
  const folder = hold ? laptop.heldSnapshot(tree.name) : laptop.snapshot(tree.name);
  const aside = laptop.adopting(tree.name);
  if (exists(aside) || (hold && exists(folder))) {
    throw new DsError('damaged', `${exists(aside) ? aside : folder} is in the way`, {
      hint: 'check what it is and move it away; nothing was changed',
    });
  }
  renameSync(tree.folder, aside);
  fsyncFolder(laptop.home);
  failpoint('adopt.aside');
  try {
    renameSync(draft, folder);
  } catch (error) {
    renameSync(aside, tree.folder);
    throw error;
  }
  fsyncFolder(dirname(folder));
  failpoint('adopt.promoted');
  await discard(aside, tree.name);
  failpoint('adopt.discarded');
  return folder;
}

/** Completes a killed attempt: a tree that was moved aside goes back, or to the trash. */
export async function recoverAdoption(
  { paths, log }: Pick<AdoptContext, 'paths' | 'log'>,
  serial: Serial,
  discard: AdoptOptions['discard'],
): Promise<void> {
  const laptop = inLaptop(paths, serial);
  for (const found of namesIn(laptop.home)) {
    const name = adoptingName(found);
    if (!name) continue;
    const aside = join(laptop.home, found);
    const places = [laptop.snapshot(name), laptop.heldSnapshot(name)];
    const stands = places.some((path) => readManifest(path)?.run === runOf(serial, name));
    if (stands) {
      await discard(aside, name);
    } else if (!exists(laptop.snapshot(name))) {
      renameSync(aside, laptop.snapshot(name));
      fsyncFolder(laptop.home);
    } else {
      log.warn('adoption-blocked', { serial, name, reason: 'another snapshot has its name' });
    }
    failpoint('adopt.recovered');
  }
}

/** The link may be the original program's: absolute, or to a tree that is held now. */
function pointAtNewest(
  { paths, log }: AdoptContext,
  serial: Serial,
  refused: readonly SnapshotName[],
): void {
  const newest = newestSnapshot(paths, serial);
  if (!newest) return;
  const { latest } = inLaptop(paths, serial);
  // It says that this tree is whole, which is needed as long as it is not converted.
  if (refused.some((name) => name === pointedAt(latest))) return;
  const stat = lstatSync(latest, { throwIfNoEntry: false });
  if (stat && !stat.isSymbolicLink()) {
    log.warn('latest-is-no-link', { serial, path: latest });
    return;
  }
  pointLatest(paths, serial, newest.name);
  failpoint('adopt.pointed');
}

function countSteps(
  { signal, onProgress }: AdoptOptions,
  tree: SnapshotName,
  treesDone: number,
  trees: number,
): Steps {
  let entriesRead = 0;
  const onEntry = () => {
    entriesRead += 1;
    onProgress?.({ tree, entriesRead, treesDone, trees });
  };
  return { signal, onEntry };
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
