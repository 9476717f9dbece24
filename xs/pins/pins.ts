/**
 * Pins: versions of entries that are kept until they are unpinned, whatever cleanup does to the
 * snapshots they came from. A pin is a folder with the entry's two files, hard-linked:
 *
 *     pinned/<uid>/<digest>/{<uid>,<uid>.metadata,PIN}
 *
 * Whole snapshots are pinned by an empty file `pinned/<name of the snapshot>`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Digest,
  parseDigest,
  parseSnapshotName,
  parseUid,
  type Serial,
  type SnapshotName,
  tryParse,
  type Uid,
} from '../../shared/ids.ts';
import { decodeEntry, propertyText } from '../../shared/journal/entry.ts';
import { namesIn } from '../../shared/system/files.ts';
import { laptopQuotas, pinQuota, type QuotaContext } from '../retention/quota.ts';
import type { Amount } from '../retention/retention.ts';
import { measureFiles } from '../retention/usage.ts';
import { inEntry, inLaptop, type Paths } from '../storage/paths.ts';
import { type PinNote, readPinNote } from './pin-note.ts';

export interface Pin extends Amount, PinNote {
  uid: Uid;
  digest: Digest;
  folder: string;
}

/** A laptop's pinned versions. */
export function listPins(paths: Paths, serial: Serial): Pin[] {
  return listAllPins(paths, serial).filter(({ released }) => released === undefined);
}

/** Unpinned versions that stay while a snapshot's mark says that their content is at school. */
export function listReleased(paths: Paths, serial: Serial): Pin[] {
  return listAllPins(paths, serial).filter(({ released }) => released !== undefined);
}

function listAllPins(paths: Paths, serial: Serial): Pin[] {
  const { pinned } = inLaptop(paths, serial);
  return namesIn(pinned).flatMap((name) => {
    const uid = tryParse(parseUid, name);
    if (!uid) return [];
    return namesIn(join(pinned, uid)).flatMap((version) => {
      const digest = tryParse(parseDigest, version);
      if (!digest) return [];
      const folder = inLaptop(paths, serial).pin(uid, digest);
      return [{ uid, digest, folder, ...readPinNote(folder), ...measureFiles(join(folder, uid)) }];
    });
  });
}

/** The version of an entry that was pinned from this snapshot, whether or not that still exists. */
export function findPin(
  paths: Paths,
  serial: Serial,
  uid: Uid,
  snapshot: SnapshotName,
): Pin | undefined {
  return listPins(paths, serial).find((pin) => pin.uid === uid && pin.snapshot === snapshot);
}

/** The snapshots that are pinned as a whole. */
export function pinnedSnapshots(paths: Paths, serial: Serial): Set<SnapshotName> {
  const names = namesIn(inLaptop(paths, serial).pinned);
  return new Set(names.flatMap((name) => tryParse(parseSnapshotName, name) ?? []));
}

/** The pinned versions, by digest. */
export function pinnedDigests(paths: Paths, serial: Serial): Set<Digest> {
  return new Set(listPins(paths, serial).map(({ digest }) => digest));
}

/** The title of what is pinned, for showing; empty where it has none. */
export function titleOf({ folder, uid }: Pick<Pin, 'folder' | 'uid'>): string {
  try {
    const entry = decodeEntry(readFileSync(inEntry(folder, uid).metadata));
    return propertyText(entry, 'title') ?? '';
  } catch {
    return ''; // damaged, but still a pin
  }
}

/** The title of a pinned version that is in the trash under this name; empty for anything else. */
export function titleInTrash({ name, folder }: { name: string; folder: string }): string {
  const uid = tryParse(parseUid, /^pin-(.{36})-[0-9a-f]{64}$/.exec(name)?.[1]);
  return uid ? titleOf({ folder, uid }) : '';
}

/** What pins take, by digest of the version, for the quota. */
export function pinnedAmounts(paths: Paths, serial: Serial): Map<string, Amount> {
  const pins = listAllPins(paths, serial);
  return new Map(pins.map(({ digest, bytes, inodes }) => [digest, { bytes, inodes }]));
}

/** What the pins of one laptop may take together, in bytes. */
export function pinLimit(context: QuotaContext, serial: Serial): number {
  return pinQuota(laptopQuotas(context)(serial), context.config.quota.pinsPercent);
}
