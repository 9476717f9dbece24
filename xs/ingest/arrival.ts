/**
 * What a laptop sent, before it is believed: every file is read and compared with its digest.
 */
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest, Serial, Uid } from '../../shared/ids.ts';
import {
  type Content,
  decodeEntry,
  digestFile,
  digestOf,
  MAX_METADATA_BYTES,
} from '../../shared/journal/entry.ts';
import { keptMarkOf } from '../../shared/journal/kept.ts';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import type { Completion, Manifest } from '../../shared/protocol/messages.ts';
import { pacemaker, SLICE_MS } from '../../shared/system/pacemaker.ts';
import { damagedEntries, salvage, type Whole } from '../integrity/salvage.ts';
import type { Pool } from '../storage/pool.ts';
import type { Snapshot } from '../storage/snapshots.ts';

export interface Arrival {
  serial: Serial;
  completion: Completion;
  /** The folder with what was sent; emptied when the snapshot stands. */
  folder: string;
  source: Manifest['source'];
}

/** What it builds on. */
export interface Base {
  snapshot: Snapshot | undefined;
  versions: Map<Uid, Digest>;
}

/** Content up to this size is hashed in one go, in bytes. */
const SMALL = 256 * 1024;

/**
 * Reads all that arrived and compares it with its digests. What is damaged in the base has to arrive
 * as well, changed or not: a new snapshot does not carry it on.
 */
export async function verifyArrival(
  pool: Pool,
  { folder, completion }: Arrival,
  base: Base,
  versions: Map<Uid, Digest>,
  lost: ReadonlySet<Uid>,
) {
  const verified = new Map<Uid, Whole>();
  const missing: Uid[] = [];
  const pause = pacemaker(SLICE_MS);
  const unchanged = [...versions.keys()].filter(
    (uid) => base.versions.get(uid) === versions.get(uid),
  );
  const damaged = new Set(lost);
  if (base.snapshot) {
    const { folder: held } = base.snapshot;
    for (const uid of damagedEntries(pool.damage, held, unchanged)) damaged.add(uid);
  }
  for (const [uid, digest] of [
    ...completion.changed.filter(([uid, digest]) => base.versions.get(uid) !== digest),
    ...[...damaged].map((uid) => [uid, versions.get(uid) as Digest] as const),
  ]) {
    const found = await verifyEntry(pool, folder, base, uid, digest);
    if (found) verified.set(uid, found);
    else missing.push(uid);
    await pause();
  }
  return { verified, missing };
}

async function verifyEntry(
  pool: Pool,
  folder: string,
  base: Base,
  uid: Uid,
  digest: Digest,
): Promise<Whole | undefined> {
  const before = base.versions.get(uid);
  // Reads no more than its metadata: the laptop proved to have this when it sent the base.
  const salvaged = () =>
    base.snapshot && before ? salvage(pool, base.snapshot.folder, uid, before) : undefined;
  const metadata = join(folder, `${uid}${METADATA_SUFFIX}`);
  const stat = lstatSync(metadata, { throwIfNoEntry: false });
  const arrived = stat?.isFile() && stat.size <= MAX_METADATA_BYTES;
  const bytes = arrived ? readFileSync(metadata) : undefined;
  if (!bytes || digestOf(bytes) !== digest) return before === digest ? salvaged() : undefined;
  const entry = decodeEntry(bytes);
  const { content } = entry;
  const mark = keptMarkOf(entry);
  const marked = mark ? { mark } : {};
  if (!content) return { digest, metadata, content: null, ...marked };
  const sent = join(folder, uid);
  if (await holds(sent, content)) {
    return { digest, metadata, content: { ...content, path: sent }, ...marked };
  }
  const held = salvaged()?.content; // perhaps only its properties changed
  return held?.digest === content.digest
    ? { digest, metadata, content: held, ...marked }
    : undefined;
}

async function holds(path: string, content: Content): Promise<boolean> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile() || stat.size !== content.size) return false;
  const digest =
    stat.size <= SMALL ? digestOf(readFileSync(path)) : (await digestFile(path)).digest;
  return digest === content.digest;
}
