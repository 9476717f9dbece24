/**
 * Checks what a laptop sent before anything is made of it: the files of each changed entry are compared with
 * their digests (what `sent.ts` has read ahead is not read again), and so is what replaces entries of the base
 * that are lost or known to be damaged.
 */
import type { Digest, Serial, Uid } from '../../shared/ids.ts';
import type { Completion, Manifest } from '../../shared/protocol/messages.ts';
import { pacemaker, SLICE_MS } from '../../shared/system/pacemaker.ts';
import { damagedEntries, salvage, type Whole } from '../integrity/salvage.ts';
import { inEntry } from '../storage/paths.ts';
import type { Pool } from '../storage/pool.ts';
import type { Snapshot } from '../storage/snapshots.ts';
import type { SentFiles } from './sent.ts';

export interface Arrival {
  serial: Serial;
  completion: Completion;
  /** The folder with what was sent; emptied when the snapshot is in its place. */
  folder: string;
  source: Manifest['source'];
  /** What was read of it. */
  files: SentFiles;
  /** What it takes on the disk, in bytes; counted once it was read. */
  bytes: number;
}

/** The snapshot that an arrival builds on, and what it holds. */
export interface Base {
  snapshot: Snapshot | undefined;
  versions: Map<Uid, Digest>;
  /** Entries of it that are not there whole. */
  lost: ReadonlySet<Uid>;
}

/**
 * Reads all that arrived and compares it with its digests. `missing` has to be sent (again). What is
 * damaged in the base, or `lost`, has to arrive as well, changed or not: a new snapshot does not
 * carry damage on.
 */
export async function verifyArrival(
  pool: Pool,
  { folder, completion, files }: Arrival,
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
    const found = damagedEntries(pool.damage, base.snapshot.folder, unchanged);
    for (const uid of found) damaged.add(uid);
  }
  for (const [uid, digest] of [
    ...completion.changed.filter(([uid, digest]) => base.versions.get(uid) !== digest),
    ...[...damaged].map((uid) => [uid, versions.get(uid) as Digest] as const),
  ]) {
    const found = await verifySent({ pool, folder, files }, base, uid, digest);
    if (found) verified.set(uid, found);
    else missing.push(uid);
    await pause();
  }
  return { verified, missing };
}

/** The files of one entry, from what arrived or else from what can be salvaged of the base. */
async function verifySent(
  { pool, folder, files }: { pool: Pool; folder: string; files: SentFiles },
  base: Base,
  uid: Uid,
  digest: Digest,
): Promise<Whole | undefined> {
  const before = base.versions.get(uid);
  // Only of the base: the laptop proved to have this content when it sent it.
  const salvaged = () =>
    base.snapshot && before ? salvage(pool, base.snapshot.folder, uid, before) : undefined;
  const sent = inEntry(folder, uid);
  const found = files.metadata(sent.metadata, digest);
  if (!found) return before === digest ? salvaged() : undefined;
  const { content, mark } = found;
  const { metadata } = sent;
  const whole = { digest, metadata, ...(mark && { mark }) };
  if (!content) return { ...whole, content: null };
  if (await files.hasContent(sent.content, content)) {
    return { ...whole, content: { ...content, path: sent.content } };
  }
  const old = salvaged()?.content; // perhaps only the properties changed
  return old?.digest === content.digest ? { ...whole, content: old } : undefined;
}
