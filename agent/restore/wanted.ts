/**
 * What a restore is to bring, as the school server has it: which snapshot, which versions, how large.
 */
import { asDsError, DsError } from '../../shared/errors.ts';
import type { Digest, Serial, SnapshotName, Uid } from '../../shared/ids.ts';
import type { Versions } from '../../shared/journal/sums.ts';
import type { Session } from '../school/session.ts';
import type { Origin } from '../state.ts';
import type { Source } from '../wire/rsync.ts';

export interface Wanted {
  source: Source;
  versions: Versions;
  /** Of each, where they are known without asking. */
  facts?: ReadonlyMap<Uid, Facts>;
}

/** The newest snapshot of a laptop, of this one by default. Throws `not-found`. */
export async function newestSnapshot(
  { control }: Session,
  of: Serial | undefined,
): Promise<SnapshotName> {
  const [newest] = await control.snapshots(of);
  if (newest) return newest.name;
  if (of !== undefined) {
    throw new DsError('not-found', `the school server has no snapshot of laptop ${of} for us`);
  }
  throw new DsError('not-found', 'the school server has no snapshot of this laptop', {
    hint: 'a teacher can give a new laptop the snapshots of an older one',
  });
}

/**
 * All versions of a snapshot, or that of one entry. Where cleanup has removed the snapshot, the entry
 * comes from the pin that was made from it.
 */
export async function findWanted(
  { control, serial }: Session,
  origin: Origin,
  entry: Uid | undefined,
): Promise<Wanted> {
  const { of, snapshot } = origin;
  try {
    const all = await control.sums(snapshot, of);
    return { source: origin, versions: entry === undefined ? all : pick(all, entry, snapshot) };
  } catch (error) {
    const isOwn = of === undefined || of === serial;
    if (asDsError(error).code !== 'not-found' || entry === undefined || !isOwn) throw error;
    const { pins } = await control.pins();
    const pin = pins.find((one) => one.uid === entry && one.snapshot === snapshot);
    if (!pin) throw error;
    return {
      source: { of: undefined, pin },
      versions: new Map([[entry, pin.digest]]),
      facts: new Map([[entry, { bytes: pin.bytes, timestamp: 0 }]]),
    };
  }
}

/** What a restore has to know of an entry before it comes. */
export interface Facts {
  bytes: number;
  /** When it was last worked on, in seconds since 1970; 0 where that is not known. */
  timestamp: number;
}

/** Facts of these entries of a snapshot. One request for every 500 entries of the snapshot. */
export async function askFacts(
  { control }: Session,
  { of, snapshot }: Origin,
  uids: Iterable<Uid>,
): Promise<Map<Uid, Facts>> {
  const facts = new Map<Uid, Facts>();
  const open = new Set(uids);
  if (open.size === 0) return facts;
  for await (const page of control.entries(snapshot, of)) {
    for (const { uid, bytes, timestamp } of page) {
      if (open.delete(uid)) facts.set(uid, { bytes, timestamp: timestamp ?? 0 });
    }
    if (open.size === 0) break;
  }
  return facts;
}

function pick(all: ReadonlyMap<Uid, Digest>, uid: Uid, snapshot: SnapshotName) {
  const digest = all.get(uid);
  if (digest) return new Map([[uid, digest]]);
  throw new DsError('not-found', `${snapshot} has no entry ${uid}`, {
    hint: `"ds-backup entries ${snapshot}" lists them`,
  });
}
