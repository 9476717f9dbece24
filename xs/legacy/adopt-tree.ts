/**
 * Turns one raw tree of the original program into a sealed draft of our form, beside it. Content is
 * linked, not copied: for a while an inode has a name in both. The raw tree's names are untouched;
 * the draft is worth nothing until somebody renames it, and may be removed at any time.
 */
import { lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DsError } from '../../shared/errors.ts';
import type { Digest, RunId, Serial, Uid } from '../../shared/ids.ts';
import { type Content, digestFile, digestOf, encodeEntry } from '../../shared/journal/entry.ts';
import { difference, METADATA_SUFFIX, stateDigest } from '../../shared/journal/sums.ts';
import type { Manifest } from '../../shared/protocol/messages.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { pacemaker } from '../../shared/system/pacemaker.ts';
import { run } from '../../shared/system/run.ts';
import { makeReadableFolder, type Ownership } from '../storage/ownership.ts';
import { inLaptop, type Paths } from '../storage/paths.ts';
import type { Pool } from '../storage/pool.ts';
import { sealDraft } from '../storage/snapshots.ts';
import {
  isAboutEntry,
  type JournalEntry,
  type LeftOut,
  readJournalTree,
} from './journal-layouts.ts';
import type { RawTree } from './raw-snapshots.ts';

export interface TreeContext {
  paths: Paths;
  ownership: Ownership;
  pool: Pool;
  env: NodeJS.ProcessEnv;
}

export interface Steps {
  signal: AbortSignal | undefined;
  /** Told of each entry that was read. */
  onEntry: () => void;
}

/** A raw tree whose entries were all read and hashed. */
export interface Reading {
  tree: RawTree;
  versions: Map<Uid, Digest>;
  entries: ReadEntry[];
  leftOut: LeftOut[];
}

interface ReadEntry extends Version {
  entry: JournalEntry;
  /** Where its content lies in the raw tree. */
  path: string | null;
}

interface Version {
  /** Of the metadata file. */
  digest: Digest;
  /** Size of the metadata file, in bytes. */
  bytes: number;
  content: Content | null;
}

/** What was read already, so that what several trees share is read once. */
export interface Memory {
  /** By fingerprint of an entry. */
  versions: Map<string, Version>;
  /** By inode, size and mtime. */
  contents: Map<string, Content>;
}

export const newMemory = (): Memory => ({ versions: new Map(), contents: new Map() });

/** A snapshot that stands, to link from what did not change. */
export interface Neighbour {
  folder: string;
  versions: ReadonlyMap<Uid, Digest>;
}

/** How long the service may work in one go before it looks after its clients, in milliseconds. */
const SLICE_MS = 8;

/** Reads every entry of a tree. What cannot be read is listed in `leftOut`. */
export async function readTree(tree: RawTree, memory: Memory, steps: Steps): Promise<Reading> {
  const { entries, strangers } = readJournalTree(tree.folder);
  const reading: Reading = { tree, versions: new Map(), entries: [], leftOut: strangers };
  const pause = pacemaker(SLICE_MS);
  for (const entry of entries) {
    steps.signal?.throwIfAborted();
    try {
      const one = await readEntry(entry, memory, steps.signal);
      reading.entries.push(one);
      reading.versions.set(entry.uid, one.digest);
    } catch (error) {
      if (!isAboutEntry(error)) throw error;
      reading.leftOut.push({ what: entry.uid, reason: error.message });
    }
    steps.onEntry();
    await pause();
  }
  return reading;
}

async function readEntry(
  entry: JournalEntry,
  memory: Memory,
  signal: AbortSignal | undefined,
): Promise<ReadEntry> {
  const fingerprint = `${entry.uid} ${entry.fingerprint()}`;
  const place = entry.content();
  const path = place?.path ?? null;
  const known = memory.versions.get(fingerprint);
  if (known) return { ...known, entry, path };
  const content = path === null ? null : await hashOnce(path, memory, signal);
  const encoded = encodeEntry({ content, properties: entry.properties() });
  const version: Version = { digest: digestOf(encoded), bytes: encoded.length, content };
  memory.versions.set(fingerprint, version);
  return { ...version, entry, path };
}

async function hashOnce(
  path: string,
  memory: Memory,
  signal: AbortSignal | undefined,
): Promise<Content> {
  const { dev, ino, size, mtimeNs } = lstatSync(path, { bigint: true });
  const key = `${dev} ${ino} ${size} ${mtimeNs}`;
  const content = memory.contents.get(key) ?? (await digestFile(path, signal));
  memory.contents.set(key, content);
  return content;
}

export interface DraftOptions {
  serial: Serial;
  sequence: number;
  run: RunId;
  reading: Reading;
  /** What the tree before it held, for the manifest's count of changes. */
  before: ReadonlyMap<Uid, Digest>;
  neighbour: Neighbour | undefined;
  memory: Memory;
}

/** Builds and seals the draft of a tree that was read, and compares it with the tree once more. */
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
  // What gets a name in the pool must be on the disk: our metadata and the original's content.
  await run('sync', ['-f', written], { env: context.env });
  failpoint('adopt.durable');
  await fillDraft(context, options, draft, written, fresh, steps);
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
    source: 'adopted',
    agent: 'original',
    entries: reading.versions.size,
    bytes: reading.entries.reduce((sum, one) => sum + one.bytes + (one.content?.size ?? 0), 0),
    changed: changed.size,
    removed: removed.length,
    state: stateDigest(reading.versions),
  };
  await checkDraft(draft, options, steps);
  sealDraft(draft, manifest, reading.versions);
  rmSync(written, { recursive: true });
  failpoint('adopt.sealed');
  return manifest;
}

/** Writes the metadata that the neighbour does not have. Returns whose. */
async function writeMetadata(
  { reading, neighbour }: DraftOptions,
  written: string,
  { signal }: Pick<Steps, 'signal'>,
): Promise<Set<Uid>> {
  const pause = pacemaker(SLICE_MS);
  const fresh = new Set<Uid>();
  for (const { entry, digest, content } of reading.entries) {
    signal?.throwIfAborted();
    if (neighbour?.versions.get(entry.uid) === digest) continue;
    const encoded = encodeEntry({ content, properties: entry.properties() });
    if (digestOf(encoded) !== digest) throw changedMeanwhile(entry.uid);
    writeFileSync(join(written, `${entry.uid}${METADATA_SUFFIX}`), encoded, { mode: 0o640 });
    fresh.add(entry.uid);
    await pause();
  }
  return fresh;
}

async function fillDraft(
  { pool }: TreeContext,
  { reading, neighbour }: DraftOptions,
  draft: string,
  written: string,
  fresh: ReadonlySet<Uid>,
  { signal }: Pick<Steps, 'signal'>,
): Promise<void> {
  const pause = pacemaker(SLICE_MS);
  for (const { entry, digest, content, path } of reading.entries) {
    signal?.throwIfAborted();
    const name = `${entry.uid}${METADATA_SUFFIX}`;
    const target = join(draft, name);
    if (fresh.has(entry.uid)) pool.place(join(written, name), digest, target);
    else pool.share(join(neighbour?.folder ?? written, name), () => digest, target);
    if (content && path !== null) {
      pool.adopt(path, content.digest, join(draft, entry.uid));
      failpoint('adopt.pooled');
    }
    await pause();
  }
}

/**
 * The raw tree is given away next, so nothing is taken on trust: every entry it has now is in the
 * draft, with its bytes. Content that is the raw tree's own inode needs no second reading.
 */
async function checkDraft(
  draft: string,
  { reading, memory }: DraftOptions,
  { signal }: Pick<Steps, 'signal'>,
): Promise<void> {
  const pause = pacemaker(SLICE_MS);
  const leftOut = new Set(reading.leftOut.map(({ what }) => what));
  for (const { uid } of readJournalTree(reading.tree.folder).entries) {
    if (!reading.versions.has(uid) && !leftOut.has(uid)) throw changedMeanwhile(uid);
  }
  let files = 0;
  for (const { entry, digest, content, path } of reading.entries) {
    signal?.throwIfAborted();
    const file = join(draft, entry.uid);
    const metadata = readFileSync(`${file}${METADATA_SUFFIX}`);
    if (digestOf(metadata) !== digest) throw damagedPool(`${file}${METADATA_SUFFIX}`);
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
  return new DsError('busy', `Journal entry ${uid} was changed while it was adopted`, {
    hint: 'nothing is lost; begin again when nobody writes into the library',
    retry: true,
  });
}

function damagedPool(path: string): DsError {
  return new DsError('damaged', `${path} was linked to content that is damaged in the pool`, {
    hint: 'the tree of the original program stays as it is; check the library, then begin again',
  });
}
