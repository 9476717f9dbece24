/**
 * Converts an original client's mirror, `datastore-current`, to what our agent would have sent, so
 * that both become snapshots by the same code. The mirror may have any layout of the Journal. Only
 * entries whose files changed since the last time are read.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import * as v from 'valibot';
import { DsError } from '../../shared/errors.ts';
import type { Digest, RunId, Serial, Uid } from '../../shared/ids.ts';
import { digestOf, type Entry, encodeEntry } from '../../shared/journal/entry.ts';
import { difference, MAX_ENTRIES, stateDigest, type Versions } from '../../shared/journal/sums.ts';
import type { Log } from '../../shared/log.ts';
import type { Completion } from '../../shared/protocol/messages.ts';
import { writeFileAside } from '../../shared/system/files-aside.ts';
import { damagedEntries, salvage } from '../integrity/salvage.ts';
import { copyInPieces, type Spend } from '../storage/in-pieces.ts';
import { makeReadableFolder, type Ownership } from '../storage/ownership.ts';
import { inEntry, inLaptop, type Paths } from '../storage/paths.ts';
import type { Pool } from '../storage/pool.ts';
import { readVersions, type Snapshot } from '../storage/snapshots.ts';
import { isAboutEntry, type JournalEntry, readJournalTreeInPieces } from './journal-layouts.ts';

export interface FoldContext {
  paths: Paths;
  ownership: Ownership;
  pool: Pool;
  log: Log;
}

/** Signature and version of each entry when it was last read. */
type Known = Map<Uid, { signature: string; digest: Digest }>;

export interface Folded {
  completion: Completion;
  /** Holds the changed entries, as `incoming/` does for our agent. */
  folder: string;
  /** To be called when the snapshot is in its place: saves what was read. */
  remember: () => Promise<void>;
}

const knownSchema = v.record(v.string(), v.tuple([v.string(), v.string()]));

/**
 * Reads the mirror and what changed since `base`. Unreadable entries keep their old version. Throws
 * `bad-input` for a mirror that is full of things and has no entry: it is not an empty Journal. Throws what
 * `spend` throws, which is called for everything that is read.
 */
export async function foldOriginal(
  context: FoldContext,
  serial: Serial,
  base: Snapshot | undefined,
  run: RunId,
  spend: Spend,
): Promise<Folded> {
  const folder = inLaptop(context.paths, serial).folded(run);
  await rm(folder, { recursive: true, force: true });
  makeReadableFolder(context.ownership, folder);
  try {
    return await foldInto(folder, context, serial, base, run, spend);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function foldInto(
  folder: string,
  { paths, pool, log }: FoldContext,
  serial: Serial,
  base: Snapshot | undefined,
  run: RunId,
  spend: Spend,
): Promise<Folded> {
  const laptop = inLaptop(paths, serial);
  const before = base ? readVersions(base) : new Map<Uid, Digest>();
  const usable = base ? withoutLost(pool, base, before) : before;
  const known = readKnown(laptop.originalFold);
  const now: Known = new Map();
  const versions = new Map<Uid, Digest>();

  const { entries, leftOut } = await readJournalTreeInPieces(laptop.original, () => spend(0));
  if (entries.length > MAX_ENTRIES) {
    throw new DsError('bad-input', `a Journal of ${entries.length} entries is too large`);
  }
  for (const entry of entries) {
    try {
      const signature = entry.signature();
      const old = known.get(entry.uid);
      const kept = usable.get(entry.uid);
      const unchanged = old?.signature === signature && kept !== undefined && kept === old.digest;
      const digest = unchanged
        ? old.digest
        : await foldEntry(entry, folder, kept !== undefined && old?.signature !== signature, spend);
      now.set(entry.uid, { signature, digest: digest ?? ('' as Digest) });
      const version = digest ?? kept;
      if (version) versions.set(entry.uid, version);
    } catch (error) {
      if (!isAboutEntry(error)) throw error;
      log.warn('entry-unreadable', { serial, uid: entry.uid, reason: error.message });
      const version = usable.get(entry.uid);
      if (version) versions.set(entry.uid, version);
    }
    await spend(0);
  }
  const unread = entries.length + leftOut.length;
  if (versions.size === 0 && unread > 0) {
    throw new DsError('bad-input', `none of the ${unread} things in the mirror could be read`, {
      hint: `look at ${laptop.original}; what was safe stays safe`,
    });
  }
  const { changed, removed } = difference(before, versions);
  const completion: Completion = {
    format: 'ds-backup-completion',
    version: 1,
    serial,
    run,
    agent: 'original',
    base: base ? { sequence: base.sequence, state: base.state } : null,
    changed: [...changed],
    removed,
    state: stateDigest(versions),
    entries: versions.size,
  };
  return { completion, folder, remember: () => writeKnown(laptop.originalFold, now) };
}

/** The versions that the snapshot has whole; the others are read from the mirror again. */
function withoutLost(pool: Pool, base: Snapshot, versions: Versions): Map<Uid, Digest> {
  const usable = new Map(versions);
  for (const uid of damagedEntries(pool.damage, base.folder, versions.keys())) {
    const version = versions.get(uid);
    if (version && !salvage(pool, base.folder, uid, version)) usable.delete(uid);
  }
  return usable;
}

/**
 * Writes one entry in our format to `folder`. Null for an entry that looks half-written (the size in
 * its metadata is wrong) while there is an older version to keep; it is taken if it looks the same
 * the next time.
 */
async function foldEntry(
  entry: JournalEntry,
  folder: string,
  mayWait: boolean,
  spend: Spend,
): Promise<Digest | null> {
  const properties = entry.properties();
  const content = entry.content();
  const claimed = properties.get('filesize')?.toString('latin1');
  if (mayWait && claimed !== undefined && Number(claimed) !== (content?.size ?? 0)) return null;
  const folded: Entry = { content: null, properties };
  if (content) {
    // The mirror stays what the laptop's rsync expects.
    const copy = inEntry(folder, entry.uid).content;
    folded.content = await copyInPieces(content.path, copy, spend);
  }
  const bytes = encodeEntry(folded);
  await spend(bytes.length);
  writeFileSync(inEntry(folder, entry.uid).metadata, bytes, { mode: 0o640 });
  return digestOf(bytes);
}

function readKnown(path: string): Known {
  try {
    const parsed = v.parse(knownSchema, JSON.parse(readFileSync(path, 'utf8')));
    return new Map(
      Object.entries(parsed).map(([uid, [signature, digest]]) => [
        uid as Uid,
        { signature, digest: digest as Digest },
      ]),
    );
  } catch {
    return new Map(); // every entry is read again
  }
}

async function writeKnown(path: string, known: Known): Promise<void> {
  const object = Object.fromEntries(
    [...known].map(([uid, { signature, digest }]) => [uid, [signature, digest]]),
  );
  await writeFileAside(path, `${JSON.stringify(object)}\n`, 0o640);
}
