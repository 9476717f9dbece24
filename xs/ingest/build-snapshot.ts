/**
 * The new snapshot of a laptop, from what arrived and what did not change: made durable, pooled,
 * linked into a draft, judged by the shrink guard, sealed and put in its place with one rename.
 */
import { rmSync } from 'node:fs';
import type { Digest, Serial, Uid } from '../../shared/ids.ts';
import type { KeptMark } from '../../shared/journal/kept.ts';
import type { Manifest } from '../../shared/protocol/messages.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { writeFileAside } from '../../shared/system/files-aside.ts';
import { run } from '../../shared/system/run.ts';
import type { Whole } from '../integrity/salvage.ts';
import { noteMarks } from '../pins/only-copy.ts';
import { listPins } from '../pins/pins.ts';
import { readLastSuccess } from '../storage/last-success.ts';
import { tickOf } from '../storage/moment.ts';
import { makeReadableFolder } from '../storage/ownership.ts';
import { inLaptop, inSnapshot, type Paths } from '../storage/paths.ts';
import {
  freeName,
  listAside,
  newestSnapshot,
  promoteDraft,
  readVersions,
  type Snapshot,
  sealDraft,
} from '../storage/snapshots.ts';
import { type Arrival, type Base, verifyArrival } from './arrival.ts';
import { fillDraft } from './draft.ts';
import { isHeld } from './held.ts';
import type { IngestContext } from './ingest-context.ts';
import {
  formatHeldNote,
  type GuardVerdict,
  type JournalSize,
  judgeShrink,
  withPinned,
} from './shrink-guard.ts';

export type Built = { type: 'built'; snapshot: Snapshot } | { type: 'missing'; missing: Uid[] };

/** What a snapshot is made of. */
interface Parts {
  base: Base;
  /** The new state of the Journal. */
  versions: Map<Uid, Digest>;
  /** Entries that arrived, or were salvaged, and were compared with their digests. */
  verified: Map<Uid, Whole>;
}

/** The new snapshot in its place, or the entries whose files have to be sent (again). */
export async function buildSnapshot(
  context: IngestContext,
  arrival: Arrival,
  base: Base,
  versions: Map<Uid, Digest>,
): Promise<Built> {
  const lost = new Set(
    [...base.lost].filter((uid) => base.versions.get(uid) === versions.get(uid)),
  );
  for (;;) {
    const { verified, missing } = await verifyArrival(context.pool, arrival, base, versions, lost);
    if (missing.length > 0) return { type: 'missing', missing };
    failpoint('ingest.verified');
    const built = await build(context, arrival, { base, versions, verified });
    if (built.type === 'built') return built;
    // Damage was found in the base meanwhile: ask the laptop for those entries, too.
    for (const uid of built.missing) lost.add(uid);
  }
}

/** Resolves when all that arrived is on the disk. */
export async function makeDurable(
  { folder, files }: Arrival,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  await run('sync', ['-f', folder], { env });
  files.madeDurable();
}

/** `missing` are entries of the base that turned out not to be whole. */
async function build(context: IngestContext, arrival: Arrival, parts: Parts): Promise<Built> {
  const { paths, ownership, env } = context;
  // What arrived must be on the disk before it gets a name in the pool. Usually it is: `ingest.ts` saw to it.
  if (!arrival.files.isDurable) await makeDurable(arrival, env);
  failpoint('ingest.durable');
  const draft = inLaptop(paths, arrival.serial).draft(arrival.completion.run);
  rmSync(draft, { recursive: true, force: true });
  makeReadableFolder(ownership, draft);
  try {
    const { bytes, lost } = await fillDraft(context, draft, { ...parts, files: arrival.files });
    if (lost.length > 0) {
      rmSync(draft, { recursive: true });
      return { type: 'missing', missing: lost };
    }
    failpoint('ingest.linked');
    const manifest = manifestOf(context, arrival, parts, bytes);
    return { type: 'built', snapshot: await seal(context, draft, manifest, parts) };
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
}

function manifestOf(
  { paths, timeline }: IngestContext,
  { serial, completion, source }: Arrival,
  { base, versions, verified }: Parts,
  bytes: number,
): Manifest {
  const now = timeline.now();
  const aside = listAside(paths, serial)[0]?.sequence ?? 0;
  const noted = readLastSuccess(paths, serial)?.sequence ?? 0;
  const changed = [...verified].filter(([uid, { digest }]) => base.versions.get(uid) !== digest);
  return {
    format: 'ds-backup-manifest',
    version: 1,
    serial,
    name: freeName(paths, serial, now.time),
    // Adopted snapshots may have sequences below 1; ours never do, even the first. The newest may be
    // unreadable, so the note of the last success counts as well,
    // and what is set aside may be in this line again one day.
    sequence: Math.max(0, base.snapshot?.sequence ?? 0, noted, aside) + 1,
    run: completion.run,
    created: now.time.toISOString(),
    clock: tickOf(now),
    source,
    agent: completion.agent,
    ...(completion.instance !== undefined && { instance: completion.instance }),
    entries: versions.size,
    bytes,
    changed: changed.length,
    removed: [...base.versions.keys()].filter((uid) => !versions.has(uid)).length,
    state: completion.state,
  };
}

/** Judges, seals and promotes the draft: among the laptop's snapshots, or held aside. */
async function seal(
  context: IngestContext,
  draft: string,
  manifest: Manifest,
  parts: Parts,
): Promise<Snapshot> {
  const { paths, ownership } = context;
  const { serial, bytes } = manifest;
  const verdict = judge(context, serial, parts, bytes);
  noteMarks(context, serial, marksOf(parts.verified));
  if (verdict.hold) await writeFileAside(inSnapshot(draft).held, formatHeldNote(verdict), 0o640);
  await sealDraft(draft, manifest, parts.versions);
  failpoint('ingest.sealed');
  if (verdict.hold) makeReadableFolder(ownership, inLaptop(paths, serial).held);
  return promoteDraft(paths, manifest, draft, verdict.hold);
}

function judge(
  { paths, guard }: IngestContext,
  serial: Serial,
  { base, versions }: Parts,
  bytes: number,
): GuardVerdict {
  const good = goodJournal(paths, serial, base);
  const pins = listPins(paths, serial);
  return judgeShrink(good && withPinned(good, pins), withPinned({ versions, bytes }, pins), guard);
}

/** The newest snapshot that was not held: what the shrink guard compares with. */
function goodJournal(paths: Paths, serial: Serial, base: Base): JournalSize | undefined {
  const { snapshot, versions } = base;
  if (snapshot && !isHeld(paths, snapshot)) return { versions, bytes: snapshot.bytes };
  const good = newestSnapshot(paths, serial);
  return good && { versions: readVersions(good), bytes: good.bytes };
}

function marksOf(verified: ReadonlyMap<Uid, Whole>): Map<Uid, KeptMark> {
  return new Map([...verified].flatMap(([uid, { mark }]) => (mark ? [[uid, mark]] : [])));
}
