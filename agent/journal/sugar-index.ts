/**
 * Makes the running datastore show entries that were put into its folders. Restarting it would not help:
 * Sugar's shell keeps talking to the process it found first. The running one is asked to rebuild its
 * index, but only when the rebuild deletes nothing (rebuild-hazard.ts); otherwise each entry is handed
 * over by `update`.
 */
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { DsError } from '../../shared/errors.ts';
import type { Uid } from '../../shared/ids.ts';
import { contentOf, readProperties } from '../../shared/journal/journal-tree.ts';
import type { Context } from '../context.ts';
import { inEntry, inJournal, type Paths } from '../paths.ts';
import { freeBytes } from '../profile.ts';
import type { State } from '../state.ts';
import { Datastore } from './datastore.ts';
import { listShownEntries, nameOf } from './entry-name.ts';
import { rebuildHazard, type Survey, surveyJournal } from './rebuild-hazard.ts';
import { protectContent } from './sugar-optimizer.ts';

/** The index takes 3.1 KB an entry (measured), and is written anew beside what else comes. */
const INDEX_BYTES_PER_ENTRY = 8 * 1024;
/** With less than 5 MB the datastore keeps its index in memory (MIN_INDEX_FREE_BYTES). */
const INDEX_RESERVE_BYTES = 10 * 1024 * 1024;

/** The longest pause for Sugar's shell, in milliseconds. */
const MAX_PAUSE_MS = 500;
/** How long a new index may take, in milliseconds: 6 ms an entry on a quiet laptop. */
const INDEX_MS = 120_000;
const INDEX_POLL_MS = 250;

/** Room for an index of so many entries, where it is kept and where it is begun. */
export function hasRoomForIndex(paths: Paths, entries: number, env: NodeJS.ProcessEnv): boolean {
  const { bavail, bsize } = statfsSync(env.TMPDIR || tmpdir());
  const needed = INDEX_RESERVE_BYTES + entries * INDEX_BYTES_PER_ENTRY;
  return freeBytes(paths.profile) >= needed && bavail * bsize >= INDEX_RESERVE_BYTES;
}

/**
 * Marks the index as doubtful until `settleIndex`: the datastore's next start makes a new one, and so
 * does our next run.
 */
export async function distrustIndex({ paths }: Context, state: State): Promise<void> {
  await state.rememberIndex(true);
  rmSync(paths.journalClean, { force: true });
}

/**
 * Makes the datastore show everything that is on the disk. `survey` and `placed` are entries that a
 * rebuild does not harm. Returns those that it still does not show.
 */
export async function showAll(
  context: Context,
  datastore: Datastore,
  survey: Survey,
  placed: ReadonlySet<Uid>,
): Promise<Uid[]> {
  const { paths, env, warn } = context;
  const hidden = await hiddenEntries(paths, datastore, placed);
  if (hidden.length === 0) return [];
  const now = surveyJournal(paths.journal, survey, placed);
  if (typeof now === 'string') {
    warn(`Sugar is shown the entries one by one: ${now}`);
  } else if (!hasRoomForIndex(paths, now.size, env)) {
    warn('Sugar is shown the entries one by one: there is little room for its index');
  } else {
    await datastore.rebuildIndex();
  }
  const { clock, signal } = context;
  for (const uid of await hiddenEntries(paths, datastore, placed)) {
    signal.throwIfAborted();
    const beganMs = clock.monotonicMs();
    await handOver(context, datastore, uid);
    // As much again is left to Sugar's shell, which makes two blocking calls for each entry it hears of.
    await clock.sleep(Math.min(clock.monotonicMs() - beganMs, MAX_PAUSE_MS), signal);
  }
  return hiddenEntries(paths, datastore, placed);
}

/**
 * Makes the datastore announce a change of one entry, the first of these that it accepts: Sugar's Journal
 * then refreshes its list.
 */
export async function announce(
  context: Context,
  datastore: Datastore,
  uids: Iterable<Uid>,
): Promise<void> {
  for (const uid of uids) if (await handOver(context, datastore, uid)) break;
  rmSync(context.paths.journalClean, { force: true }); // after each call it calls its index clean
}

/**
 * Waits while the datastore makes its index, from which it is asked to make no second one. What was placed
 * meanwhile is in neither.
 */
export async function awaitIndex(
  { clock, signal }: Context,
  datastore: Datastore,
  entries: number,
): Promise<void> {
  const untilMs = clock.monotonicMs() + INDEX_MS;
  while ((await datastore.indexed()) < entries && clock.monotonicMs() < untilMs) {
    await clock.sleep(INDEX_POLL_MS, signal);
  }
}

/** Removes the mark if the index is complete. Returns whether it surely is: false while a folder cannot be listed. */
export async function settleIndex(
  { paths }: Context,
  state: State,
  datastore: Datastore,
): Promise<boolean> {
  let isWhole = true;
  const entries = namesIn(paths, () => {
    isWhole = false;
  }).length;
  if ((await datastore.indexed()) < entries) return false;
  writeFileSync(paths.journalClean, ''); // without it the datastore does not start with such a folder
  if (!isWhole) return false;
  await state.rememberIndex(false);
  return true;
}

/**
 * Completes an index that a killed restore left doubtful. Costs nothing if it is not; what cannot be done
 * now is done by the next run.
 */
export async function healIndex(context: Context, state: State): Promise<void> {
  if (!state.indexDoubtful) return;
  try {
    await using datastore = new Datastore(context.env, context.signal);
    await showAll(context, datastore, new Map(), new Set());
    // The run that was killed may have shown them all and told nobody.
    await announce(context, datastore, namesIn(context.paths));
    await settleIndex(context, state, datastore);
  } catch (error) {
    context.signal.throwIfAborted();
    context.warn(`Sugar's index could not be completed: ${String(error)}`);
  }
}

/**
 * On the disk, and not shown. An entry that is deleted in the meantime is neither; one that was `placed` counts
 * as there while its folder cannot be listed.
 */
async function hiddenEntries(
  paths: Paths,
  datastore: Datastore,
  placed: ReadonlySet<Uid>,
): Promise<Uid[]> {
  const unlisted = new Set<string>();
  const onDisk = namesIn(paths, (prefix) => unlisted.add(prefix));
  const perhaps = [...placed].filter((uid) => unlisted.has(uid.slice(0, 2)));
  const shown = await datastore.uids();
  return [...onDisk, ...perhaps].filter((name) => !shown.has(name));
}

/**
 * As Sugar's datastore calls the entries, which it also does where that is not a uid of ours. `onFolder` is
 * called for each folder that cannot be listed.
 */
function namesIn({ journal }: Paths, onFolder: (prefix: string) => void = () => {}): Uid[] {
  return listShownEntries(journal, () => {}, onFolder).map((entry) => nameOf(entry) as Uid);
}

/**
 * Gives the datastore an entry's own properties: it indexes them and changes nothing. False when the
 * entry was left alone.
 */
async function handOver(context: Context, datastore: Datastore, uid: Uid): Promise<boolean> {
  try {
    const entry = inJournal(context.paths, uid);
    const { properties } = readProperties(entry);
    if (!properties.has('uid')) return false; // deleted meanwhile: it must not come back
    if (rebuildHazard(properties, contentOf(entry) !== null)) return false; // `update` would alter it
    const values = [...properties].map(([name, bytes]) => {
      return [name, name === 'preview' ? bytes : bytes.toString('utf8')] as const;
    });
    await protectContent(context, inEntry(entry).content);
    await datastore.update(uid, new Map(values), '');
    return true;
  } catch (error) {
    if (!(error instanceof DsError) || !['datastore', 'unreadable'].includes(error.code))
      throw error;
    return false;
  }
}
