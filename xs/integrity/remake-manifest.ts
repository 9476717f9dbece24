/**
 * A snapshot's MANIFEST made anew, where it is lost or damaged and the rest of the snapshot is whole: the list
 * can be read, and every file that it names is there. What nobody needs is given up (run, agent, instance);
 * its place among the others must be certain, for backups build on the newest: otherwise the snapshot stays named.
 */
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DsError, isErrno } from '../../shared/errors.ts';
import {
  type Digest,
  parseSnapshotName,
  parseUid,
  type RunId,
  type Serial,
  type SnapshotName,
  tryParse,
  type Uid,
} from '../../shared/ids.ts';
import { digestOf } from '../../shared/journal/entry.ts';
import { METADATA_SUFFIX, parseSums } from '../../shared/journal/sums.ts';
import { namesIn } from '../../shared/system/files.ts';
import { isUnreadable } from '../storage/checked-entry.ts';
import { readLastSuccess } from '../storage/last-success.ts';
import { inLaptop, inSnapshot, type Paths } from '../storage/paths.ts';
import {
  hasSums,
  isManifestAside,
  listAside,
  listSnapshots,
  MAX_SUMS_BYTES,
  readVersions,
  type Snapshot,
  setAside,
  writeManifest,
} from '../storage/snapshots.ts';

/** What the list of a snapshot without a MANIFEST says. */
export interface Unsigned {
  snapshot: Snapshot;
  versions: Map<Uid, Digest>;
}

/**
 * The snapshot as its new MANIFEST would have it, `bytes` apart; undefined where that cannot be known, and for
 * what is not one of the laptop's snapshots. Nothing is written.
 */
export function readUnsigned(paths: Paths, serial: Serial, folder: string): Unsigned | undefined {
  const name = tryParse(parseSnapshotName, basename(folder));
  // What is held aside may be another laptop's; in the trash nothing is made anew.
  if (!name || dirname(folder) !== inLaptop(paths, serial).home) return undefined;
  if (isManifestAside(folder)) return undefined;
  // Which of two laptops with this name has sent it is said nowhere else.
  if (hasOthers(paths, serial)) return undefined;
  const list = listIn(folder);
  if (list === undefined) return undefined;
  const { text, versions } = list;
  if (!namesAll(folder, versions)) return undefined;
  const state = digestOf(text);
  const known = listSnapshots(paths, serial);
  const success = readLastSuccess(paths, serial);
  const own = success?.state === state ? success : undefined;
  const aside = listAside(paths, serial);
  const sequence = placeOf(name, known, aside, own?.sequence);
  if (sequence === undefined) return undefined;
  const before = known.find((one) => one.sequence < sequence);
  const after = known.findLast((one) => one.sequence > sequence);
  const snapshot: Snapshot = {
    ...{ format: 'ds-backup-manifest', version: 1, serial, name, sequence },
    run: digestOf(`manifest ${serial} ${name}`).slice(0, 32) as RunId,
    created: `${name.slice(10, 20)}T${name.slice(21, 26)}:00.000Z`,
    ...{ source: 'agent', agent: 'unknown' },
    ...{ entries: versions.size, bytes: 0, ...changesTo(versions, before), state, folder },
    // No earlier than it can have been: nothing of it goes before its time.
    ...clockOf(own ?? after),
  };
  return { snapshot, versions };
}

/** Whether more than one laptop has answered to this name; so it is where that cannot be read. */
function hasOthers(paths: Paths, serial: Serial): boolean {
  try {
    return JSON.parse(readFileSync(inLaptop(paths, serial).instances, 'utf8')).others.length > 0;
  } catch (error) {
    return !isErrno(error, 'ENOENT');
  }
}

/** What it changed of the one before it; all, where that cannot be read. */
function changesTo(
  versions: ReadonlyMap<Uid, Digest>,
  before: Snapshot | undefined,
): { changed: number; removed: number } {
  const old = before && hasSums(before) ? readVersions(before) : new Map<Uid, Digest>();
  const changed = [...versions].filter(([uid, digest]) => old.get(uid) !== digest).length;
  return { changed, removed: [...old.keys()].filter((uid) => !versions.has(uid)).length };
}

function clockOf(from: Pick<Snapshot, 'clock'> | undefined): Pick<Snapshot, 'clock'> {
  return from?.clock ? { clock: from.clock } : {};
}

/** Writes the MANIFEST of a snapshot all of whose files are there. */
export function sign({ snapshot, versions }: Unsigned): Snapshot {
  const { folder, ...manifest } = snapshot;
  const path = inSnapshot(folder).manifest;
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) setAside(path);
  const bytes = [...versions.keys()].reduce((sum, uid) => sum + sizeOf(folder, uid), 0);
  writeManifest(folder, { ...manifest, bytes });
  return { ...snapshot, bytes };
}

function sizeOf(folder: string, uid: Uid): number {
  const files = [join(folder, `${uid}${METADATA_SUFFIX}`), join(folder, uid)];
  return files.reduce((sum, path) => {
    return sum + (lstatSync(path, { throwIfNoEntry: false })?.size ?? 0);
  }, 0);
}

/** Whether the list is that of this folder: nothing is there that it does not name. */
function namesAll(folder: string, versions: ReadonlyMap<Uid, Digest>): boolean {
  return namesIn(folder).every((name) => {
    const uid = tryParse(parseUid, name.replace(METADATA_SUFFIX, ''));
    return uid === undefined || versions.has(uid);
  });
}

/** Undefined for a list that is not there or not whole: gzip has a sum. */
function listIn(folder: string): { text: string; versions: Map<Uid, Digest> } | undefined {
  const { sums } = inSnapshot(folder);
  if (!existsSync(sums)) return undefined;
  try {
    const text = gunzipSync(readFileSync(sums), { maxOutputLength: MAX_SUMS_BYTES }).toString();
    return { text, versions: parseSums(text) };
  } catch (error) {
    const isKnown = isUnreadable(error) || error instanceof DsError || isBadGzip(error);
    if (isKnown) return undefined;
    throw error;
  }
}

function isBadGzip(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^(Z_|ERR_)/.test(code);
}

/**
 * Its number among the laptop's snapshots. The note of the last success has that of the newest, `noted`; otherwise it
 * is between those before and after it by name, if their names and numbers agree and a number is free.
 */
function placeOf(
  name: SnapshotName,
  known: readonly Snapshot[],
  aside: readonly Snapshot[],
  noted: number | undefined,
): number | undefined {
  const taken = [...known, ...aside].map(({ sequence }) => sequence);
  if (noted) return taken.includes(noted) ? undefined : noted;
  const earlier = known.filter((one) => one.name < name);
  const later = known.filter((one) => one.name > name);
  if (later.length === 0) return undefined;
  const before = Math.max(0, ...earlier.map(({ sequence }) => sequence));
  const after = Math.min(...later.map(({ sequence }) => sequence));
  const free = after - 1;
  return before < free && !taken.includes(free) ? free : undefined;
}
