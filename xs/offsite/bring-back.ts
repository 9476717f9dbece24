/**
 * Makes a library of the newest copy, on a bare new machine: with the same host key, so that laptops go on
 * without a question. First all lists and records, then the content of what is wanted first: the newest snapshot
 * of each laptop. Those can be served while `bringOlder` fetches the rest. Killed anywhere, it goes on.
 */
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DsError, isErrno } from '../../shared/errors.ts';
import {
  type Digest,
  parseSnapshotName,
  type Serial,
  type SnapshotName,
  tryParse,
} from '../../shared/ids.ts';
import { decodeEntry } from '../../shared/journal/entry.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { fsyncFolder, namesIn, writeFileDurably } from '../../shared/system/files.ts';
import { run } from '../../shared/system/run.ts';
import { laptopsIn } from '../integrity/checker.ts';
import { inEntry, inLaptop, inLibrary, inPool, inState, type Paths } from '../storage/paths.ts';
import { listAside, listSnapshots, readVersions, type Snapshot } from '../storage/snapshots.ts';
import { fetchContents } from './fetch-contents.ts';
import { checkConfigured, findRestored, type ResticContext, restic, TAGGED } from './restic.ts';

/** In what restic writes, once all lists and records have arrived and may be moved to their places: where their library is. */
const LISTED = '.listed';

/** Which snapshots come first. */
export interface Wanted {
  /** This laptop only; all by default. */
  serial?: Serial | undefined;
  /** This one instead of the newest. */
  name?: SnapshotName | undefined;
}

export interface Fetched {
  laptops: number;
  snapshots: number;
  /** Snapshots whose content has not come yet. */
  left: number;
}

/** The lists that wait for their content: a library without a pool. */
function arrivingPaths({ library, state, completion }: Paths): Paths | undefined {
  const listed = join(inLibrary({ library, state, completion }).arriving, LISTED);
  if (!existsSync(listed)) return undefined;
  return { library: readFileSync(listed, 'utf8'), state, completion };
}

/**
 * Fetches what is wanted first. Each of those snapshots has its list and its content afterwards, and `relink` gives
 * it its names. Throws `usage` where there are laptops of another origin already.
 */
export async function bringBack(context: ResticContext, wanted: Wanted = {}): Promise<Fetched> {
  const { config } = context;
  checkConfigured(config);
  mkdirSync(config.library, { recursive: true });
  const from = arrivingPaths(config) ?? (await fetchLists(context));
  placeSchool(config, from);
  const laptops = laptopsIn(from).filter(
    (one) => wanted.serial === undefined || one === wanted.serial,
  );
  if (laptops.length === 0) throw new DsError('not-found', `${wanted.serial} is not in the copy`);
  const first = laptops.flatMap((serial) => choose(from, serial, wanted.name));
  await fetchAll(context, first);
  failpoint('offsite.contents');
  for (const serial of laptops) placeRecord(config, from, serial);
  for (const one of first) placeSnapshot(config, from, one);
  fsyncFolder(config.library);
  const left = laptopsIn(from).reduce((sum, serial) => sum + snapshotsOf(from, serial).length, 0);
  return { laptops: laptops.length, snapshots: first.length, left };
}

async function fetchLists(context: ResticContext): Promise<Paths> {
  const { config, env } = context;
  const [present] = laptopsIn(config);
  if (present) {
    throw new DsError('usage', `${config.library} has laptops already: ${present}`, {
      hint: 'give an empty folder: xs-backup offsite restore --library DIR --state DIR',
    });
  }
  const { arriving } = inLibrary(config);
  rmSync(arriving, { recursive: true, force: true });
  const what = ['latest', ...TAGGED, '--exclude', '.pool'];
  await restic(context, ['restore', ...what, '--target', arriving]);
  const mark = findRestored(arriving, '.library-id') ?? findRestored(arriving, '.host-key');
  if (!mark) {
    throw new DsError('damaged', 'the copy has no library in it', {
      hint: 'is offsite.repository the right one?',
    });
  }
  await run('sync', ['--file-system', config.library], { env });
  failpoint('offsite.fetched');
  const library = dirname(mark);
  writeFileDurably(join(arriving, LISTED), library);
  const { state, completion } = config;
  return { library, state, completion };
}

/** What belongs to the school and not to a laptop. What has been moved is not there any more. */
function placeSchool(config: ResticContext['config'], from: Paths): void {
  const teachers = findRestored(inLibrary(config).arriving, 'teachers.json');
  if (teachers) {
    mkdirSync(config.state, { recursive: true });
    // A keeper may have removed one of them since this copy was made: they wait to be confirmed.
    renameSync(teachers, inState(config).teachersOfCopy);
    fsyncFolder(config.state);
  }
  const serials: readonly string[] = laptopsIn(from);
  for (const name of readdirSync(from.library)
    .filter((one) => !serials.includes(one))
    .sort()) {
    rmSync(join(config.library, name), { recursive: true, force: true });
    renameSync(join(from.library, name), join(config.library, name));
    failpoint('offsite.placed');
  }
}

/** All that has a list: also what is held, and what another laptop of this name sent. */
function snapshotsOf(from: Paths, serial: Serial): Snapshot[] {
  return [...listSnapshots(from, serial), ...listAside(from, serial)];
}

/** The newest of a laptop, or the one of this name. */
function choose(from: Paths, serial: Serial, name: SnapshotName | undefined): Snapshot[] {
  const all = snapshotsOf(from, serial);
  if (name === undefined) return listSnapshots(from, serial).slice(0, 1);
  const found = all.filter((one) => one.name === name);
  if (found.length > 0 || !existsSync(inLaptop(from, serial).home)) return found;
  throw new DsError('not-found', `the copy has no snapshot ${name} of ${serial}`, {
    hint: `it has ${all.map((one) => one.name).join(', ') || 'none that is not here'}`,
  });
}

/** Metadata first: it names the content. */
async function fetchAll(context: ResticContext, snapshots: readonly Snapshot[]): Promise<void> {
  const { config } = context;
  const entries = new Set(snapshots.flatMap((one) => [...readVersions(one).values()]));
  await fetchContents(context, [...entries]);
  failpoint('offsite.metadata');
  const contents = [...entries].flatMap((digest) => {
    const path = inPool(config, digest).file(0);
    // What the copy does not have is told by the check of names.
    if (!existsSync(path)) return [];
    return decodeEntry(readFileSync(path)).content?.digest ?? [];
  });
  await fetchContents(context, contents);
}

/** Records and pins of a laptop, without its snapshots. */
function placeRecord(config: Paths, from: Paths, serial: Serial): void {
  const home = inLaptop(from, serial).home;
  const target = inLaptop(config, serial).home;
  mkdirSync(target, { recursive: true, mode: 0o750 });
  for (const name of namesIn(home)) {
    if (name === 'held' || tryParse(parseSnapshotName, name)) continue;
    rmSync(join(target, name), { recursive: true, force: true });
    renameSync(join(home, name), join(target, name));
  }
  fsyncFolder(target);
  failpoint('offsite.record');
}

function placeSnapshot(config: Paths, from: Paths, snapshot: Snapshot): void {
  const { folder, serial, name } = snapshot;
  const isHeld = folder === inLaptop(from, serial).heldSnapshot(name);
  const laptop = inLaptop(config, serial);
  linkNames(config, snapshot);
  if (isHeld) mkdirSync(laptop.held, { recursive: true, mode: 0o750 });
  renameSync(folder, isHeld ? laptop.heldSnapshot(name) : laptop.snapshot(name));
  failpoint('offsite.snapshot');
}

/** What the pool does not have, or has with too many links, is left to `relink`. */
function linkNames(config: Paths, snapshot: Snapshot): void {
  const link = (digest: Digest, path: string) => {
    try {
      linkSync(inPool(config, digest).file(0), path);
    } catch (error) {
      if (!isErrno(error, 'ENOENT', 'EEXIST', 'EMLINK')) throw error;
    }
  };
  for (const [uid, digest] of readVersions(snapshot)) {
    const { content, metadata } = inEntry(snapshot.folder, uid);
    link(digest, metadata);
    const entry = existsSync(metadata) ? decodeEntry(readFileSync(metadata)) : undefined;
    if (entry?.content) link(entry.content.digest, content);
  }
  fsyncFolder(snapshot.folder);
}

/** Everything else, by whole parts of the pool. Afterwards nothing waits any more. */
export async function bringOlder(context: ResticContext): Promise<{ snapshots: number }> {
  const { config } = context;
  const from = arrivingPaths(config);
  if (!from) return { snapshots: 0 };
  await fetchContents(context, 'all');
  failpoint('offsite.pool');
  let snapshots = 0;
  for (const serial of laptopsIn(from)) {
    placeRecord(config, from, serial);
    for (const one of snapshotsOf(from, serial)) {
      placeSnapshot(config, from, one);
      snapshots += 1;
    }
  }
  const { arriving, fetched } = inLibrary(config);
  for (const one of [arriving, fetched]) rmSync(one, { recursive: true, force: true });
  fsyncFolder(config.library);
  return { snapshots };
}
