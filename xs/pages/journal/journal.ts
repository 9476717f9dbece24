/**
 * What the school keeps of the Journals that one child may see: her laptop's and those whose place it
 * took (X10). Lists come from the index, which is filled from the snapshots when they arrive or when
 * somebody looks at them first; everything else is read from the snapshot itself.
 */
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breath } from 'node:timers/promises';
import { DsError, isErrno } from '../../../shared/errors.ts';
import type { Digest, Serial, SnapshotName, Uid } from '../../../shared/ids.ts';
import { decodeEntry, digestOf, type Entry } from '../../../shared/journal/entry.ts';
import { keptMarkOf, pinOf } from '../../../shared/journal/kept.ts';
import { METADATA_SUFFIX, parseSums } from '../../../shared/journal/sums.ts';
import { hasRaw } from '../../legacy/raw-snapshots.ts';
import type { Library } from '../../library.ts';
import { listPins } from '../../pins/pins.ts';
import { chainOf, readableBy } from '../../registration/aliases.ts';
import { inLaptop } from '../../storage/paths.ts';
import {
  findSnapshot,
  listSnapshots,
  readSums,
  readVersions,
  type Snapshot,
} from '../../storage/snapshots.ts';
import { type EntryFacts, factsOf, packFacts, unpackFacts } from './entry-facts.ts';
import { Shelf } from './list-cache.ts';

export interface Owner {
  serial: Serial;
  nick: string;
  /** `#RRGGBB,#RRGGBB`, or null where nobody has told. */
  colours: string | null;
  /** An older laptop whose place the reader's took. */
  old: boolean;
}

/** A version of an entry as it stands in one snapshot. */
export interface Listed {
  uid: Uid;
  digest: Digest;
  /** Null where the metadata is damaged. */
  facts: EntryFacts | null;
}

export interface ShownSnapshot {
  owner: Owner;
  snapshot: Snapshot;
  /** Seconds since 1970. */
  created: number;
}

export interface Version extends ShownSnapshot {
  listed: Listed;
}

export interface ReadEntry {
  snapshot: Snapshot;
  listed: Listed;
  /** Null where the metadata is damaged. */
  entry: Entry | null;
  /** Where the content is, if there is any. */
  contentPath: string;
}

export interface JournalsOptions {
  library: Pick<Library, 'paths' | 'index' | 'registrations' | 'log'>;
  /** Called when a child looks and there are snapshots of the original program. */
  onRaw: (serial: Serial) => void;
}

/** Metadata read in one go; others get their turn in between. */
const BATCH = 40;
/** Lists kept in memory: some forty of a large Journal. */
const SHELF_BYTES = 48 * 1024 * 1024;

export class Journals {
  readonly #options: JournalsOptions;
  readonly #shelf = new Shelf<readonly Listed[]>(SHELF_BYTES);
  readonly #whole = new Shelf<readonly Version[]>(SHELF_BYTES);

  constructor(options: JournalsOptions) {
    this.#options = options;
  }

  /** The reader's own laptop first, then the older ones. */
  ownersFor(reader: Serial): Owner[] {
    const laptops = this.#options.library.registrations.bySerial();
    return [reader, ...chainOf(reader, laptops)].map((serial) => {
      const { nick = '', colors = null } = laptops.get(serial) ?? {};
      return { serial, nick, colours: colors, old: serial !== reader };
    });
  }

  /** Throws `not-found` for everybody else's, as for one that does not exist. */
  ownerFor(reader: Serial, of: string): Owner {
    const serial = readableBy(reader, of, this.#options.library.registrations.bySerial());
    const owner = this.ownersFor(reader).find((one) => one.serial === serial);
    if (owner) return owner;
    throw new DsError('not-found', 'there is no such laptop');
  }

  /** The snapshots of these laptops together, the newest first. */
  snapshotsOf(owners: readonly Owner[]): ShownSnapshot[] {
    const { library, onRaw } = this.#options;
    const all = owners.flatMap((owner) => {
      if (hasRaw(library.paths, owner.serial)) onRaw(owner.serial);
      return listSnapshots(library.paths, owner.serial).map((snapshot) => ({
        ...{ owner, snapshot, created: Math.floor(Date.parse(snapshot.created) / 1000) },
      }));
    });
    return all.sort((a, b) => b.created - a.created || b.snapshot.sequence - a.snapshot.sequence);
  }

  /** Throws `not-found`. */
  snapshot(owner: Owner, name: SnapshotName): Snapshot {
    return findSnapshot(this.#options.library.paths, owner.serial, name);
  }

  /** What a snapshot holds, what changed last first. Throws `damaged`. */
  list(snapshot: Snapshot): Promise<readonly Listed[]> {
    return this.#shelf.get(snapshot.state, async () => {
      const entries = await this.#find(snapshot, [...readVersions(snapshot)]);
      entries.sort(lastFirst);
      return { value: entries, bytes: entries.reduce((sum, one) => sum + sizeOf(one), 0) };
    });
  }

  /** Reads what is new in a snapshot, so that nobody has to wait for that. Throws `damaged`. */
  async learn(snapshot: Snapshot): Promise<void> {
    await breath(); // first the laptop is to have its answer
    await this.#find(snapshot, [...readVersions(snapshot)]);
  }

  /** Every entry once, in its newest version, what changed last first. Throws `damaged`. */
  all(shown: readonly ShownSnapshot[]): Promise<readonly Version[]> {
    const name = digestOf(
      shown.map(({ owner, snapshot }) => `${owner.serial} ${snapshot.name}`).join(),
    );
    return this.#whole.get(name, async () => {
      const found = new Map<Uid, Version>();
      for (const one of shown) {
        const missing = versionsBesides(readSums(one.snapshot), found);
        for (const listed of await this.#find(one.snapshot, missing)) {
          found.set(listed.uid, { ...one, listed });
        }
        await breath();
      }
      const versions = [...found.values()].sort((a, b) => lastFirst(a.listed, b.listed));
      return {
        value: versions,
        bytes: versions.reduce((sum, { listed }) => sum + sizeOf(listed), 0),
      };
    });
  }

  /** One entry of a snapshot, checked against the snapshot's own list. Throws `not-found`. */
  read(snapshot: Snapshot, uid: Uid): ReadEntry {
    const digest = readVersions(snapshot).get(uid);
    if (!digest) throw new DsError('not-found', 'this day has no such thing');
    const { entry, bytes } = readVersion(snapshot.folder, uid, digest);
    const kept = entry && this.#keptVersion(snapshot, uid, entry);
    if (kept) return { snapshot, ...kept, listed: { uid, digest, facts: kept.facts } };
    const listed = { uid, digest, facts: entry && factsOf(entry, bytes) };
    return { snapshot, listed, entry, contentPath: join(snapshot.folder, uid) };
  }

  /**
   * The pinned version that a mark stands for (A13). The mark is the laptop's word: it counts for its
   * own pins and for those of the laptops whose place it took, and for no others.
   */
  #keptVersion(snapshot: Snapshot, uid: Uid, entry: Entry) {
    const mark = keptMarkOf(entry);
    const { paths, registrations } = this.#options.library;
    const ours = [snapshot.serial, ...chainOf(snapshot.serial, registrations.bySerial())];
    if (!mark || !ours.includes(mark.serial)) return undefined;
    const pin = pinOf(mark, uid);
    const folder = inLaptop(paths, pin.serial).pin(pin.uid, pin.digest);
    const found = readVersion(folder, pin.uid, pin.digest);
    if (!found.entry) return undefined;
    const facts = factsOf(found.entry, found.bytes);
    return { entry: found.entry, facts, contentPath: join(folder, pin.uid) };
  }

  /** Only for showing: the picture in the metadata, unchecked. */
  readUnchecked(snapshot: Snapshot, uid: Uid): Entry | null {
    return readVersion(snapshot.folder, uid, null).entry;
  }

  /**
   * The different versions of an entry, each with the newest snapshot that has it. Equal versions are
   * links to one file, so that a look at the directory tells them apart.
   */
  versions(shown: readonly ShownSnapshot[], uid: Uid): Version[] {
    const seen = new Set<number>();
    const digests = new Set<Digest>();
    const versions: Version[] = [];
    for (const one of shown) {
      const path = join(one.snapshot.folder, `${uid}${METADATA_SUFFIX}`);
      const stat = lstatSync(path, { throwIfNoEntry: false });
      if (!stat?.isFile() || seen.has(stat.ino)) continue;
      seen.add(stat.ino);
      const { entry, bytes, digest } = readVersion(one.snapshot.folder, uid, null);
      if (digests.has(digest)) continue; // there are so many that it has a second file
      digests.add(digest);
      versions.push({ ...one, listed: { uid, digest, facts: entry && factsOf(entry, bytes) } });
    }
    return versions;
  }

  /** The versions that are pinned, by digest. */
  pinned(owners: readonly Owner[]): Set<Digest> {
    const { paths } = this.#options.library;
    return new Set(
      owners.flatMap(({ serial }) => listPins(paths, serial)).map((pin) => pin.digest),
    );
  }

  async #find(
    snapshot: Snapshot,
    versions: readonly (readonly [Uid, Digest])[],
  ): Promise<Listed[]> {
    const { index, log } = this.#options.library;
    if (versions.length === 0) return [];
    const known = await index.entryFacts(versions.map(([, digest]) => digest));
    const fresh: [Digest, string][] = [];
    const entries: Listed[] = [];
    for (const [uid, digest] of versions) {
      const packed = known.get(digest);
      const facts = packed === undefined ? undefined : unpackFacts(packed);
      if (facts) {
        entries.push({ uid, digest, facts });
        continue;
      }
      const { entry, bytes } = readVersion(snapshot.folder, uid, digest);
      const found = entry && factsOf(entry, bytes);
      entries.push({ uid, digest, facts: found });
      if (found) fresh.push([digest, packFacts(found)]);
      if (fresh.length % BATCH === 0) await breath();
    }
    if (fresh.length > 0) {
      await index.recordEntryFacts(fresh).catch((error: Error) => {
        log.warn('index-not-updated', { reason: error.message });
      });
    }
    return entries;
  }
}

interface FoundVersion {
  entry: Entry | null;
  /** Of the metadata. */
  bytes: number;
  digest: Digest;
}

/** With `digest`, an entry whose metadata is not that is as good as unreadable. */
function readVersion(folder: string, uid: Uid, digest: Digest | null): FoundVersion {
  try {
    const bytes = readFileSync(join(folder, `${uid}${METADATA_SUFFIX}`));
    const is = digestOf(bytes);
    if (digest !== null && is !== digest) return { entry: null, bytes: bytes.length, digest };
    return { entry: decodeEntry(bytes), bytes: bytes.length, digest: is };
  } catch (error) {
    const damaged = error instanceof DsError && error.code === 'bad-input';
    if (!damaged && !isErrno(error, 'ENOENT', 'EIO')) throw error;
    return { entry: null, bytes: 0, digest: digest ?? digestOf('') };
  }
}

/** Versions in a list whose uid is not known yet; most of sixty lists are known by then. */
function versionsBesides(sums: string, known: ReadonlyMap<Uid, unknown>): [Uid, Digest][] {
  let lines = '';
  for (let from = 0; from < sums.length; ) {
    const end = sums.indexOf('\n', from) + 1 || sums.length;
    const uid = sums.slice(from + UID_AT, end - METADATA_SUFFIX.length - 1) as Uid;
    if (!known.has(uid)) lines += sums.slice(from, end);
    from = end;
  }
  return [...parseSums(lines)];
}

/** A digest and two spaces. */
const UID_AT = 66;

function lastFirst(a: Listed, b: Listed): number {
  return (b.facts?.changed ?? 0) - (a.facts?.changed ?? 0);
}

function sizeOf({ facts }: Listed): number {
  return 300 + (facts ? 2 * (facts.title.length + facts.more.length) : 0);
}
