/**
 * What a child takes along: every entry of her newest snapshot; what an earlier one has and her Journal no
 * longer, in its newest version; what is pinned; and on request every older version. All of it is read and
 * compared before it is listed: what is damaged is left out and named, or comes from an older snapshot.
 */
import { lstatSync } from 'node:fs';
import { DsError } from '../../shared/errors.ts';
import type { Digest, Serial, Uid } from '../../shared/ids.ts';
import { type Content, propertyText } from '../../shared/journal/entry.ts';
import { pacemaker } from '../../shared/system/pacemaker.ts';
import { FileNames } from '../../shared/words/file-name.ts';
import { factsOf, previewOf } from '../api/entry-facts.ts';
import { readWhole, type Whole } from '../legacy/export.ts';
import { listPins } from '../pins/pins.ts';
import { hasContent } from '../storage/checked-entry.ts';
import { IDLE_SLICE_MS } from '../storage/idle.ts';
import type { Paths } from '../storage/paths.ts';
import { hasSums, listSnapshots, readVersions } from '../storage/snapshots.ts';
import { downloadType } from './download-name.ts';

/** In her Journal; no longer in it; or an older version of something. */
export type Place = 'journal' | 'removed' | 'older';

export interface Thing {
  uid: Uid;
  /** Of its metadata. */
  digest: Digest;
  place: Place;
  title: string;
  /** Seconds since 1970; 0 where unknown. */
  changed: number;
  /** Where its metadata is, and the size in bytes. */
  metadata: string;
  metadataBytes: number;
  /** Null for an entry without content. */
  content: (Content & { path: string }) | null;
  /** Its name in the archive; empty without content. */
  file: string;
  /** Size of its picture in bytes; 0 for none. */
  pictureBytes: number;
}

export interface Things {
  /** The Journal first; what changed last first. */
  things: Thing[];
  /** Damaged everywhere. */
  leftOut: { uid: string; reason: string }[];
  /** Taken from an older day, because the newest version is damaged. */
  older: { uid: Uid; title: string }[];
}

export interface ThingsOptions {
  /** Also every older version. */
  older?: boolean;
  signal?: AbortSignal | undefined;
  /** After each entry that was read. */
  onThing?: (things: number) => void;
}

/** Before it has a file, whose name ends as its media type says. */
type Typed = Thing & { type: string };

interface Found {
  place: Place;
  folder: string;
  uid: Uid;
  digest: Digest;
}

/** `serials`: her laptop, then those that it replaced. Throws `not-found` when none has a backup. */
export async function findThings(
  paths: Paths,
  serials: readonly Serial[],
  options: ThingsOptions = {},
): Promise<Things> {
  const { signal, onThing, older = false } = options;
  const kept = { paths, serials };
  const pause = pacemaker(IDLE_SLICE_MS);
  const found = new Map<string, Typed>();
  const newest = new Set<Uid>();
  const inJournal = new Set<Uid>();
  const bad = new Map<Uid, string>();
  let snapshots = 0;
  for (const one of versionsOf(paths, serials, () => {
    snapshots += 1;
  })) {
    await pause();
    signal?.throwIfAborted();
    const isNewest = !newest.has(one.uid) && one.place !== 'older';
    if (one.place === 'journal') inJournal.add(one.uid);
    const isOfJournal = one.place === 'removed' && inJournal.has(one.uid);
    const place = isNewest ? (isOfJournal ? 'journal' : one.place) : 'older';
    const isWanted = isNewest || older || one.place === 'older';
    if (!isWanted || found.has(`${one.uid} ${one.digest}`)) continue;
    const thing = await readThing(one, place, kept).catch((error: unknown) => {
      if (!(error instanceof DsError)) throw error;
      if (isNewest) bad.set(one.uid, error.message);
      return undefined;
    });
    if (!thing) continue;
    if (isNewest) newest.add(one.uid);
    // A version whose content was at school only is the pinned one, under its digest.
    found.set(`${one.uid} ${one.digest}`, thing);
    onThing?.(found.size);
  }
  if (snapshots === 0) {
    throw new DsError('not-found', `${serials[0]} has no backup here that could be taken along`);
  }
  const leftOut = [...bad].filter(([uid]) => !newest.has(uid));
  const things = named(withoutTwice([...found.values()]));
  const instead = things.filter(({ uid, place }) => place !== 'older' && bad.has(uid));
  return {
    things,
    older: instead.map(({ uid, title }) => ({ uid, title })),
    leftOut: leftOut.map(([uid, reason]) => ({ uid, reason })),
  };
}

/** Every version that there is, the newest snapshot first; at last what is pinned. */
function* versionsOf(
  paths: Paths,
  serials: readonly Serial[],
  onSnapshot: () => void,
): Generator<Found> {
  let place: Place = 'journal';
  for (const serial of serials) {
    for (const snapshot of listSnapshots(paths, serial)) {
      onSnapshot();
      // The check of names has reported it.
      if (!hasSums(snapshot)) continue;
      for (const [uid, digest] of readVersions(snapshot)) {
        yield { place, folder: snapshot.folder, uid, digest };
      }
      place = 'removed';
    }
  }
  for (const serial of serials) {
    for (const { folder, uid, digest } of listPins(paths, serial)) {
      yield { place: 'older', folder, uid, digest };
    }
  }
}

async function readThing(
  { folder, uid, digest }: Found,
  place: Place,
  kept: { paths: Paths; serials: readonly Serial[] },
): Promise<Typed> {
  const whole = readWhole(folder, uid, digest, kept);
  const { entry, path, metadata } = whole;
  const content = entry.content && { ...entry.content, path };
  if (content && !(await hasContent(path, content))) {
    throw new DsError('damaged', `the content of ${path} is damaged`);
  }
  return { ...describe(whole), uid, digest: whole.digest, place, metadata, content, file: '' };
}

function describe({ entry, metadata }: Whole) {
  const metadataBytes = lstatSync(metadata).size;
  const { title, changed } = factsOf(entry, metadataBytes);
  const type = downloadType(propertyText(entry, 'mime_type'));
  return { title, changed, metadataBytes, type, pictureBytes: previewOf(entry)?.length ?? 0 };
}

/** Pinned and kept versions are found in several places. */
function withoutTwice<T extends Thing>(things: readonly T[]): T[] {
  const seen = new Set<string>();
  return things.filter(({ uid, digest }) => {
    const isNew = !seen.has(`${uid} ${digest}`);
    seen.add(`${uid} ${digest}`);
    return isNew;
  });
}

const ORDER: readonly Place[] = ['journal', 'removed', 'older'];

/** In their order, each with the name of its file. */
function named(things: Typed[]): Thing[] {
  things.sort((a, b) => {
    return ORDER.indexOf(a.place) - ORDER.indexOf(b.place) || b.changed - a.changed;
  });
  const names = { journal: new FileNames(), earlier: new FileNames() };
  return things.map(({ type, ...thing }) => {
    if (!thing.content) return thing;
    const folder = thing.place === 'journal' ? 'journal' : 'earlier';
    return { ...thing, file: `${folder}/${names[folder].next(thing.title, type)}` };
  });
}
