/**
 * Builds the draft of a snapshot from a raw tree that was read, and seals it. Content is linked, not
 * copied: for a while an inode has a name in both. The raw tree is not changed; the draft is worth
 * nothing until it is renamed, and may be removed at any time.
 */
import { lstatSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { DsError } from '../../shared/errors.ts';
import type { Digest, RunId, Serial, Uid } from '../../shared/ids.ts';
import { digestOf, encodeEntry } from '../../shared/journal/entry.ts';
import { difference, stateDigest } from '../../shared/journal/sums.ts';
import type { Manifest } from '../../shared/protocol/messages.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { pacemaker } from '../../shared/system/pacemaker.ts';
import { run } from '../../shared/system/run.ts';
import type { Timeline } from '../retention/timeline.ts';
import { readChecked } from '../storage/checked-entry.ts';
import { IDLE_SLICE_MS } from '../storage/idle.ts';
import { tickOf } from '../storage/moment.ts';
import { makeReadableFolder, type Ownership } from '../storage/ownership.ts';
import { inEntry, inLaptop, type Paths } from '../storage/paths.ts';
import type { Pool } from '../storage/pool.ts';
import { sealDraft } from '../storage/snapshots.ts';
import { readJournalTree } from './journal-layouts.ts';
import { hashOnce, type Memory, type Reading, type Steps } from './read-tree.ts';

export interface TreeContext {
  paths: Paths;
  ownership: Ownership;
  pool: Pool;
  env: NodeJS.ProcessEnv;
  timeline: Pick<Timeline, 'now'>;
}

/** The snapshot converted last; what is the same there is linked from it. */
export interface Neighbour {
  folder: string;
  versions: ReadonlyMap<Uid, Digest>;
}

export interface DraftOptions {
  serial: Serial;
  sequence: number;
  run: RunId;
  reading: Reading;
  /** What the next older tree holds, for the manifest's count of changes. */
  before: ReadonlyMap<Uid, Digest>;
  neighbour: Neighbour | undefined;
  memory: Memory;
}

/** Builds the draft, compares it with the tree once more, and seals it. */
export async function buildDraft(
  context: TreeContext,
  options: DraftOptions,
  steps: Pick<Steps, 'signal'>,
): Promise<Manifest> {
  const { serial, reading, sequence } = options;
  const laptop = inLaptop(context.paths, serial);
  const [draft, written] = [laptop.draft(options.run), laptop.folded(options.run)];
  for (const folder of [draft, written]) {
    rmSync(folder, { recursive: true, force: true });
    makeReadableFolder(context.ownership, folder);
  }
  const fresh = await writeMetadata(options, written, steps);
  failpoint('adopt.written');
  // Before it gets a name in the pool it must be on the disk: our metadata, the tree's content.
  await run('sync', ['-f', written], { env: context.env });
  failpoint('adopt.durable');
  await linkDraft(context, options, draft, written, fresh, steps);
  failpoint('adopt.linked');
  const { changed, removed } = difference(options.before, reading.versions);
  const manifest: Manifest = {
    format: 'ds-backup-manifest',
    version: 1,
    serial,
    name: reading.tree.name,
    sequence,
    run: options.run,
    created: reading.tree.created.toISOString(),
    // What came today is young, however old its name says it is.
    clock: tickOf(context.timeline.now()),
    source: 'adopted',
    agent: 'original',
    entries: reading.versions.size,
    bytes: reading.entries.reduce((sum, one) => sum + one.bytes + (one.content?.size ?? 0), 0),
    changed: changed.size,
    removed: removed.length,
    state: stateDigest(reading.versions),
  };
  await checkDraft(draft, options, steps);
  await sealDraft(draft, manifest, reading.versions);
  rmSync(written, { recursive: true });
  failpoint('adopt.sealed');
  return manifest;
}

/** Writes the metadata that the neighbour does not have. Returns of which entries. */
async function writeMetadata(
  { reading, neighbour }: DraftOptions,
  written: string,
  { signal }: Pick<Steps, 'signal'>,
): Promise<Set<Uid>> {
  const pause = pacemaker(IDLE_SLICE_MS);
  const fresh = new Set<Uid>();
  for (const { entry, digest, content } of reading.entries) {
    signal?.throwIfAborted();
    if (neighbour?.versions.get(entry.uid) === digest) continue;
    const encoded = encodeEntry({ content, properties: entry.properties() });
    if (digestOf(encoded) !== digest) throw changedMeanwhile(entry.uid);
    writeFileSync(inEntry(written, entry.uid).metadata, encoded, { mode: 0o640 });
    fresh.add(entry.uid);
    await pause();
  }
  return fresh;
}

async function linkDraft(
  { pool }: TreeContext,
  { reading, neighbour }: DraftOptions,
  draft: string,
  written: string,
  fresh: ReadonlySet<Uid>,
  { signal }: Pick<Steps, 'signal'>,
): Promise<void> {
  const pause = pacemaker(IDLE_SLICE_MS);
  for (const { entry, digest, content, path } of reading.entries) {
    signal?.throwIfAborted();
    const target = inEntry(draft, entry.uid);
    if (fresh.has(entry.uid)) {
      pool.place(inEntry(written, entry.uid).metadata, digest, target.metadata);
    } else {
      const source = inEntry(neighbour?.folder ?? written, entry.uid).metadata;
      pool.share(source, () => digest, target.metadata);
    }
    if (content && path !== null) {
      pool.adopt(path, content.digest, target.content);
      failpoint('adopt.pooled');
    }
    await pause();
  }
}

/**
 * Checks that every entry of the raw tree is in the draft, byte by byte, because the tree is removed
 * next. Content that is the raw tree's own inode is not read again.
 */
async function checkDraft(
  draft: string,
  { reading, memory }: DraftOptions,
  { signal }: Pick<Steps, 'signal'>,
): Promise<void> {
  const pause = pacemaker(IDLE_SLICE_MS);
  const leftOut = new Set(reading.leftOut.map(({ what }) => what));
  for (const { uid } of readJournalTree(reading.tree.folder).entries) {
    if (!reading.versions.has(uid) && !leftOut.has(uid)) throw changedMeanwhile(uid);
  }
  let files = 0;
  for (const { entry, digest, content, path } of reading.entries) {
    signal?.throwIfAborted();
    const { content: file, metadata } = inEntry(draft, entry.uid);
    if (readChecked(metadata, digest).type !== 'whole') throw damagedPool(metadata);
    files += content ? 2 : 1;
    if (content && path !== null && lstatSync(file).ino !== lstatSync(path).ino) {
      const found = await hashOnce(file, memory, signal);
      if (found.digest !== content.digest) throw damagedPool(file);
    }
    await pause();
  }
  const names = readdirSync(draft).length;
  if (names !== files) {
    throw new DsError('internal', `${draft} has ${names} files, not ${files}`);
  }
}

function changedMeanwhile(uid: Uid): DsError {
  return new DsError('busy', `Journal entry ${uid} changed while it was adopted`, {
    hint: 'nothing is lost; try again when nobody writes to the library',
    retry: true,
  });
}

function damagedPool(path: string): DsError {
  return new DsError('damaged', `${path} was linked to damaged content of the pool`, {
    hint: 'the tree of the original program is unchanged; verify the library, then try again',
  });
}
