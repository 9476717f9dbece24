/**
 * The space that a laptop's snapshots and pins take. The figures are *logical*: as if the laptop were
 * alone on the server. Content shared with other laptops makes no difference, so the same history
 * always costs the same.
 *
 * Each version of an entry counts with the bytes and inodes of its files, once for each stretch of
 * snapshots that have it; each snapshot counts with its own list and folder.
 */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import { pacemaker } from '../../shared/system/pacemaker.ts';
import { bytesOnDisk } from '../../shared/system/sparse.ts';
import { IDLE_SLICE_MS } from '../storage/idle.ts';
import { readSums, type Snapshot } from '../storage/snapshots.ts';
import type { Amount, Stretch } from './retention.ts';

/** Folder, MANIFEST and SUMS.gz. */
const SNAPSHOT_INODES = 3;
/** Two names in a folder and a line in SUMS.gz, on ext4 (measured: 396 KiB for 2,000 entries). */
const ENTRY_BYTES = 200;
/** A line of the sums: digest, two blanks, uid, `.metadata`, newline. */
const LINE = 112;
const DIGEST = 64;
const UID_AT = 66;
const UID = 36;

interface Open extends Amount {
  first: number;
  pinned: boolean;
}

/**
 * The stretches of a laptop's history. `pins` has what each pinned version takes, by its digest: pins count
 * as used whatever happens to the snapshots, also where no snapshot has the version any more.
 * Throws `damaged` for a snapshot whose list does not match its manifest.
 */
export async function measureUsage(
  snapshots: readonly Snapshot[],
  pins: ReadonlyMap<string, Amount>,
): Promise<Stretch[]> {
  const ordered = [...snapshots].sort((a, b) => a.sequence - b.sequence);
  const sums = new Map<string, Stretch>();
  const pause = pacemaker(IDLE_SLICE_MS);
  const seen = new Set<string>();
  let open = new Map<string, Open>();
  let last: Snapshot | undefined;
  for (const snapshot of ordered) {
    if (snapshot.state !== last?.state) {
      const { next, ended } = step(open, snapshot, pins, seen);
      for (const one of ended) add(sums, one, last?.sequence ?? snapshot.sequence);
      open = next;
    }
    const own = { bytes: snapshot.entries * ENTRY_BYTES, inodes: SNAPSHOT_INODES };
    add(sums, { ...own, first: snapshot.sequence, pinned: false }, snapshot.sequence);
    last = snapshot;
    await pause();
  }
  for (const one of open.values()) add(sums, one, last?.sequence ?? 0);
  for (const [digest, amount] of pins) {
    if (!seen.has(digest)) add(sums, { ...amount, first: 0, pinned: true }, 0);
  }
  return [...sums.values()];
}

/** Compares a snapshot with the one before: which versions continue, begin and end. */
function step(
  open: Map<string, Open>,
  snapshot: Snapshot,
  pins: ReadonlyMap<string, Amount>,
  seen: Set<string>,
): { next: Map<string, Open>; ended: Iterable<Open> } {
  const text = readSums(snapshot);
  const next = new Map<string, Open>();
  for (let at = 0; at < text.length; at += LINE) {
    const line = text.slice(at, at + LINE);
    const known = open.get(line);
    if (known) {
      next.set(line, known);
      open.delete(line);
      continue;
    }
    const digest = line.slice(0, DIGEST);
    const pinned = pins.has(digest);
    // A pinned version counts once, however often it comes and goes.
    const size =
      pinned && seen.has(digest) ? { bytes: 0, inodes: 0 } : measureEntry(snapshot.folder, line);
    if (pinned) seen.add(digest);
    next.set(line, { ...size, first: snapshot.sequence, pinned });
  }
  return { next, ended: open.values() };
}

/** Bytes and inodes of one entry's two files. */
function measureEntry(folder: string, line: string): Amount {
  return measureFiles(join(folder, line.slice(UID_AT, UID_AT + UID)));
}

/** Of `<path>.metadata`, and of `<path>` where there is content: what they take on the disk. */
export function measureFiles(path: string): Amount {
  const metadata = lstatSync(`${path}${METADATA_SUFFIX}`, { throwIfNoEntry: false });
  const content = lstatSync(path, { throwIfNoEntry: false });
  return {
    bytes: (metadata?.size ?? 0) + (content ? bytesOnDisk(content) : 0),
    inodes: 1 + (content ? 1 : 0),
  };
}

function add(sums: Map<string, Stretch>, open: Open, last: number): void {
  const key = `${open.first} ${last} ${open.pinned}`;
  const stretch = sums.get(key);
  if (stretch) {
    stretch.bytes += open.bytes;
    stretch.inodes += open.inodes;
  } else {
    sums.set(key, { ...open, last });
  }
}
