/**
 * Snapshots on the disk: finding them, reading what they hold, and making a new one visible in one
 * step. A folder without a readable MANIFEST is no snapshot of ours and is left alone.
 */
import { readdirSync, readFileSync, readlinkSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { digestOf } from '../shared/entry.ts';
import { DsError, isErrno } from '../shared/errors.ts';
import { fsyncFolder, replaceSymlinkDurably, writeFileDurably } from '../shared/files.ts';
import {
  type Digest,
  parseSnapshotName,
  type Serial,
  type SnapshotName,
  snapshotMinute,
  tryParse,
  type Uid,
} from '../shared/ids.ts';
import { type Manifest, parseManifest } from '../shared/protocol.ts';
import { formatSums, MAX_ENTRIES, parseSums, type Versions } from '../shared/sums.ts';
import { inLaptop, inSnapshot, type Paths } from './paths.ts';

/** Largest unpacked SUMS.gz: MAX_ENTRIES lines of 112 bytes. */
const MAX_SUMS_BYTES = MAX_ENTRIES * 112;

/** A laptop's snapshots, newest (highest sequence) first. */
export function listSnapshots(paths: Paths, serial: Serial): Manifest[] {
  const { home } = inLaptop(paths, serial);
  const manifests: Manifest[] = [];
  for (const name of readdirSync(home)) {
    const snapshot = tryParse(parseSnapshotName, name);
    const manifest = snapshot && readManifest(join(home, snapshot));
    if (manifest) manifests.push({ ...manifest, name: snapshot });
  }
  return manifests.sort((a, b) => b.sequence - a.sequence);
}

/** The manifest in a snapshot's folder, or undefined for a folder that is none of ours. */
export function readManifest(folder: string): Manifest | undefined {
  try {
    return parseManifest(readFileSync(inSnapshot(folder).manifest, 'utf8'));
  } catch (error) {
    const foreign = isErrno(error, 'ENOENT', 'ENOTDIR');
    if (foreign || (error instanceof DsError && error.code === 'bad-input')) return undefined;
    throw error;
  }
}

/** The newest complete snapshot; recomputed from the disk, the symbolic link is for people. */
export function newestSnapshot(paths: Paths, serial: Serial): Manifest | undefined {
  return listSnapshots(paths, serial)[0];
}

/** Throws `not-found`. */
export function findSnapshot(paths: Paths, serial: Serial, name: SnapshotName): Manifest {
  const manifest = readManifest(inLaptop(paths, serial).snapshot(name));
  if (manifest) return manifest;
  throw new DsError('not-found', `${serial} has no snapshot ${name}`, {
    hint: '"ds-backup snapshots" lists what there is',
  });
}

/** What a snapshot holds. Throws `damaged` when the list does not match the manifest. */
export function readVersions(paths: Paths, manifest: Manifest): Map<Uid, Digest> {
  return parseSums(readSums(paths, manifest));
}

/** The list as text, checked against the manifest's state digest. */
export function readSums(paths: Paths, manifest: Manifest): string {
  const { sums } = inSnapshot(inLaptop(paths, manifest.serial).snapshot(manifest.name));
  let text: string;
  try {
    const packed = readFileSync(sums);
    text = gunzipSync(packed, { maxOutputLength: MAX_SUMS_BYTES }).toString('utf8');
  } catch (cause) {
    throw new DsError('damaged', `${sums} cannot be read`, { cause });
  }
  if (digestOf(text) !== manifest.state) {
    throw new DsError('damaged', `${sums} does not match the manifest beside it`);
  }
  return text;
}

/** Writes SUMS.gz and, last, MANIFEST into a draft, and makes all its names durable. */
export function sealDraft(draft: string, manifest: Manifest, versions: Versions): void {
  const { manifest: manifestPath, sums } = inSnapshot(draft);
  writeFileDurably(sums, gzipSync(formatSums(versions)), 0o640);
  writeFileDurably(manifestPath, `${JSON.stringify(manifest, null, 1)}\n`, 0o640);
  fsyncFolder(draft);
}

/** Makes a sealed draft visible under its name: whole or not at all (X4). */
export function promoteDraft(paths: Paths, manifest: Manifest, draft: string): void {
  const laptop = inLaptop(paths, manifest.serial);
  renameSync(draft, laptop.snapshot(manifest.name));
  fsyncFolder(laptop.home);
}

/** Points `datastore-latest` at the snapshot, if it does not do so already. */
export function pointLatest(paths: Paths, serial: Serial, name: SnapshotName): void {
  const { latest } = inLaptop(paths, serial);
  try {
    if (readlinkSync(latest) === name) return;
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
  replaceSymlinkDurably(latest, name);
}

/** A free name for a snapshot made now: the minute, then `-2`, `-3`… */
export function freeName(paths: Paths, serial: Serial, now: Date): SnapshotName {
  const minute = snapshotMinute(now);
  for (let n = 1; ; n += 1) {
    const name = parseSnapshotName(n === 1 ? minute : `${minute}-${n}`);
    const taken = statSync(inLaptop(paths, serial).snapshot(name), { throwIfNoEntry: false });
    if (!taken) return name;
  }
}
