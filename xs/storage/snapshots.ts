/**
 * Snapshots on the disk: listing them, reading what they hold, and making a new one visible in one
 * step. A folder without a valid MANIFEST is not a snapshot of ours and is left alone.
 */
import {
  existsSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzip, gzipSync } from 'node:zlib';
import { DsError, isErrno } from '../../shared/errors.ts';
import {
  type Digest,
  parseSnapshotName,
  parseUid,
  type Serial,
  type SnapshotName,
  snapshotMinute,
  tryParse,
  type Uid,
} from '../../shared/ids.ts';
import { digestOf } from '../../shared/journal/entry.ts';
import {
  formatSums,
  MAX_ENTRIES,
  METADATA_SUFFIX,
  parseSums,
  type Versions,
} from '../../shared/journal/sums.ts';
import { type Manifest, parseManifest } from '../../shared/protocol/messages.ts';
import {
  fsyncFolder,
  namesIn,
  replaceSymlinkDurably,
  writeFileDurably,
} from '../../shared/system/files.ts';
import {
  fsyncFolderAside,
  replaceSymlinkAside,
  writeFileAside,
} from '../../shared/system/files-aside.ts';
import { DISK_FAILS, isUnreadable } from './checked-entry.ts';
import { inLaptop, inSnapshot, type Paths } from './paths.ts';

const pack = promisify(gzip);

/** Largest unpacked SUMS.gz: MAX_ENTRIES lines of 112 bytes. */
export const MAX_SUMS_BYTES = MAX_ENTRIES * 112;

/** A snapshot and its folder: among the laptop's, held aside, or in the trash. */
export interface Snapshot extends Manifest {
  folder: string;
}

/** A laptop's snapshots, newest (highest sequence) first. */
export function listSnapshots(paths: Paths, serial: Serial): Snapshot[] {
  return snapshotsIn(inLaptop(paths, serial).home);
}

/** The snapshots that are held aside until somebody decides, newest first; without those of a twin. */
export function listHeld(paths: Paths, serial: Serial): Snapshot[] {
  return listAside(paths, serial).filter((one) => !isOfTwin(one));
}

/** Everything in `held/`, newest first: what `listHeld` has, and what another laptop of this name sent. */
export function listAside(paths: Paths, serial: Serial): Snapshot[] {
  const { held } = inLaptop(paths, serial);
  // Most laptops have none, and a failed readdir costs ten times as much as this look.
  return existsSync(held) ? snapshotsIn(held) : [];
}

/** Set aside because another laptop of this name sent it: no backup builds on it (PROTOCOL.md). */
export function isOfTwin({ folder }: Pick<Snapshot, 'folder'>): boolean {
  return existsSync(inSnapshot(folder).twin);
}

/** The snapshots in a folder, newest first; none in a missing folder. */
function snapshotsIn(parent: string): Snapshot[] {
  const snapshots: Snapshot[] = [];
  for (const name of namesIn(parent)) {
    const snapshot = tryParse(parseSnapshotName, name);
    const folder = join(parent, name);
    const manifest = snapshot && readManifest(folder);
    if (manifest) snapshots.push({ ...manifest, name: snapshot, folder });
  }
  return snapshots.sort((a, b) => b.sequence - a.sequence);
}

/**
 * The manifest in a snapshot's folder; undefined for a folder that is not a snapshot of ours, and where
 * it cannot be read: one damaged snapshot must not hide the others. The check of names reports it.
 */
export function readManifest(folder: string): Manifest | undefined {
  return manifestAt(inSnapshot(folder).manifest);
}

function manifestAt(path: string): Manifest | undefined {
  try {
    return parseManifest(readFileSync(path, 'utf8'));
  } catch (error) {
    if (isUnreadable(error) || error instanceof DsError) return undefined;
    throw error;
  }
}

/** The newest snapshot that is not held, from the disk; `datastore-latest` is for people and the session script. */
export function newestSnapshot(paths: Paths, serial: Serial): Snapshot | undefined {
  return listSnapshots(paths, serial)[0];
}

/** What the laptop's next backup builds on: the newest snapshot, held aside or not. */
export function baseSnapshot(paths: Paths, serial: Serial): Snapshot | undefined {
  const newest = newestSnapshot(paths, serial);
  const held = listHeld(paths, serial)[0];
  return held && (!newest || held.sequence > newest.sequence) ? held : newest;
}

/** The snapshot of this name, held aside or not. Throws `not-found`. */
export function findSnapshot(paths: Paths, serial: Serial, name: SnapshotName): Snapshot {
  const laptop = inLaptop(paths, serial);
  for (const folder of [laptop.snapshot(name), laptop.heldSnapshot(name)]) {
    const manifest = readManifest(folder);
    if (manifest) return { ...manifest, name, folder };
  }
  throw new DsError('not-found', `${serial} has no snapshot ${name}`, {
    hint: '"ds-backup snapshots" lists the snapshots',
  });
}

/** What a snapshot holds. Throws `damaged` when the list does not match the manifest. */
export function readVersions(snapshot: Snapshot): Map<Uid, Digest> {
  return parseSums(readSums(snapshot));
}

/**
 * Rewrites a snapshot's list from its metadata files, if they match the manifest. Returns whether
 * they did.
 */
export function mendSums(snapshot: Snapshot): boolean {
  const text = remadeSums(snapshot);
  if (text === undefined) return false;
  const { sums } = inSnapshot(snapshot.folder);
  if (lstatSync(sums, { throwIfNoEntry: false })?.isDirectory()) setAside(sums);
  writeFileDurably(sums, gzipSync(text), 0o640);
  return true;
}

/** The list that the metadata files make; undefined if it is not the one that the manifest knows. */
function remadeSums({ folder, state }: Snapshot): string | undefined {
  const versions = new Map<Uid, Digest>();
  for (const name of namesIn(folder)) {
    if (!name.endsWith(METADATA_SUFFIX)) continue;
    const uid = tryParse(parseUid, name.slice(0, -METADATA_SUFFIX.length));
    const digest = uid && digestAt(join(folder, name));
    if (digest) versions.set(uid, digest);
  }
  const text = formatSums(versions);
  return digestOf(text) === state ? text : undefined;
}

/** Undefined for a file that cannot be read. */
function digestAt(path: string): Digest | undefined {
  try {
    return digestOf(readFileSync(path));
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

/**
 * Takes a snapshot whose list is lost out of the line, so that the laptop's next backup builds on the
 * one before it. Its files stay, and so does its manifest, under another name.
 */
export function unlist({ folder }: Snapshot): void {
  setAside(inSnapshot(folder).manifest);
}

/** Takes it back if its list can be read, or made anew, by now. Returns the snapshot then. */
export function relist(folder: string): Snapshot | undefined {
  const { manifest } = inSnapshot(folder);
  const snapshot = manifestAt(`${manifest}${SET_ASIDE}`);
  const name = tryParse(parseSnapshotName, basename(folder));
  if (!snapshot || !name || existsSync(manifest)) return undefined;
  const found = { ...snapshot, name, folder };
  if (!hasSums(found) && !mendSums(found)) return undefined;
  renameSync(`${manifest}${SET_ASIDE}`, manifest);
  fsyncFolder(folder);
  return found;
}

/** Whether `unlist` took it out of the line: then its list is not the one that belongs to it. */
export function isManifestAside(folder: string): boolean {
  return manifestAt(`${inSnapshot(folder).manifest}${SET_ASIDE}`) !== undefined;
}

/** What stands in the way of a file that can be made anew keeps its content under this name. */
const SET_ASIDE = '.set-aside';

/** A free name, for what was set aside earlier may still be wanted. */
function asideOf(path: string): string {
  for (let n = 1; ; n += 1) {
    const name = `${path}${SET_ASIDE}${n === 1 ? '' : `-${n}`}`;
    if (!lstatSync(name, { throwIfNoEntry: false })) return name;
  }
}

export function setAside(path: string): void {
  try {
    rmdirSync(path); // nothing is in an empty folder
  } catch (error) {
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR', ...DISK_FAILS)) throw error;
    renameSync(path, asideOf(path));
  }
  fsyncFolder(dirname(path));
}

/** Whether the list can be read and matches the manifest. */
export function hasSums(snapshot: Snapshot): boolean {
  try {
    storedSums(snapshot);
    return true;
  } catch (error) {
    if (error instanceof DsError) return false;
    throw error;
  }
}

/**
 * The list as text, which the manifest's state digest proves: where the file is damaged, made of the metadata, so
 * that nobody who wants a day back waits for the next check. Throws `damaged`.
 */
export function readSums(snapshot: Snapshot): string {
  try {
    return storedSums(snapshot);
  } catch (error) {
    const remade = remadeSums(snapshot);
    if (remade === undefined) throw error;
    return remade;
  }
}

/** The list as it is on the disk, for who passes the file on. Throws `damaged`. */
export function storedSums(snapshot: Snapshot): string {
  const { sums } = inSnapshot(snapshot.folder);
  let text: string;
  try {
    text = gunzipSync(readFileSync(sums), { maxOutputLength: MAX_SUMS_BYTES }).toString('utf8');
  } catch (cause) {
    throw new DsError('damaged', `${sums} cannot be read`, { cause });
  }
  if (digestOf(text) !== snapshot.state) {
    throw new DsError('damaged', `${sums} does not match the manifest beside it`);
  }
  return text;
}

/** Writes SUMS.gz and, last, MANIFEST into a draft. Resolves when the folder is durable. */
export async function sealDraft(
  draft: string,
  manifest: Manifest,
  versions: Versions,
): Promise<void> {
  const { sums, manifest: path } = inSnapshot(draft);
  await writeFileAside(sums, await pack(formatSums(versions)), 0o640);
  await writeFileAside(path, formatManifest(manifest), 0o640);
  await fsyncFolderAside(draft);
}

export function writeManifest(folder: string, manifest: Manifest): void {
  writeFileDurably(inSnapshot(folder).manifest, formatManifest(manifest), 0o640);
}

function formatManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 1)}\n`;
}

/**
 * Renames a sealed draft to its name: the snapshot appears whole or not at all. Nobody may be told that it is
 * safe before this resolves.
 */
export async function promoteDraft(
  paths: Paths,
  manifest: Manifest,
  draft: string,
  hold: boolean,
): Promise<Snapshot> {
  const laptop = inLaptop(paths, manifest.serial);
  const folder = hold ? laptop.heldSnapshot(manifest.name) : laptop.snapshot(manifest.name);
  renameSync(draft, folder);
  await fsyncFolderAside(dirname(folder));
  if (hold) await fsyncFolderAside(laptop.home); // `held/` may be new
  return { ...manifest, folder };
}

/** Points `datastore-latest` at the snapshot, unless it does so already. */
export function pointLatest(paths: Paths, serial: Serial, name: SnapshotName): void {
  const { latest } = inLaptop(paths, serial);
  if (!leadsTo(latest, name)) replaceSymlinkDurably(latest, name);
}

/** The same, for a program that has others to answer meanwhile. */
export async function pointLatestAside(
  paths: Paths,
  serial: Serial,
  name: SnapshotName,
): Promise<void> {
  const { latest } = inLaptop(paths, serial);
  if (!leadsTo(latest, name)) await replaceSymlinkAside(latest, name);
}

/** Otherwise a link may be made there: whatever else lies there is in everybody's way. */
function leadsTo(latest: string, name: SnapshotName): boolean {
  try {
    if (readlinkSync(latest) === name) return true;
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'EINVAL')) throw error;
  }
  const stat = lstatSync(latest, { throwIfNoEntry: false });
  if (stat && !stat.isSymbolicLink()) setAside(latest);
  return false;
}

/** A free name for a snapshot made now: the minute, then `-2`, `-3`… */
export function freeName(paths: Paths, serial: Serial, now: Date): SnapshotName {
  const minute = snapshotMinute(now);
  for (let n = 1; ; n += 1) {
    const name = parseSnapshotName(n === 1 ? minute : `${minute}-${n}`);
    const laptop = inLaptop(paths, serial);
    const places = [laptop.snapshot(name), laptop.heldSnapshot(name)];
    if (!places.some((path) => statSync(path, { throwIfNoEntry: false }))) return name;
  }
}
