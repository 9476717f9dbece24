/**
 * What the school keeps of the Journals that one child may see: of her laptop, and of those that it
 * replaces. Lists come from the index, which is filled when a snapshot arrives or is first looked at;
 * everything else is read from the snapshot itself.
 */
import { lstatSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setImmediate as breath } from 'node:timers/promises';
import { DsError } from '../../../shared/errors.ts';
import type { Digest, Serial, SnapshotName, Uid } from '../../../shared/ids.ts';
import { digestOf, type Entry } from '../../../shared/journal/entry.ts';
import { keptMarkOf, pinOf } from '../../../shared/journal/kept.ts';
import { METADATA_SUFFIX, parseSums } from '../../../shared/journal/sums.ts';
import { type EntryFacts, factsOf } from '../../api/entry-facts.ts';
import {
  type ListedEntry,
  listEntries,
  metadataPath,
  readVersion,
} from '../../api/read-entries.ts';
import { hasRaw } from '../../legacy/raw-snapshots.ts';
import type { Library } from '../../library.ts';
import { listPins } from '../../pins/pins.ts';
import { chainOf, readableBy } from '../../registration/aliases.ts';
import { isDamagedFile } from '../../storage/damage-register.ts';
import { inEntry, inLaptop } from '../../storage/paths.ts';
import {
  findSnapshot,
  listSnapshots,
  readSums,
  readVersions,
  type Snapshot,
} from '../../storage/snapshots.ts';
import { LruCache } from './lru-cache.ts';

export interface Owner {
  serial: Serial;
  nick: string;
  /** `#RRGGBB,#RRGGBB`, or null where unknown. */
  colors: string | null;
  /** An older laptop that the reader's replaces. */
  old: boolean;
}

export interface ShownSnapshot {
  owner: Owner;
  snapshot: Snapshot;
  /** Seconds since 1970. */
  created: number;
}

export interface Version extends ShownSnapshot {
  listed: ListedEntry;
}

/** A version in a list, with what is known of it: of another day, where it is damaged itself. */
export interface ShownEntry extends Version {
  facts: EntryFacts | null;
}

export interface ReadEntry {
  snapshot: Snapshot;
  listed: ListedEntry;
  /** Null where the metadata is damaged. */
  entry: Entry | null;
  /** Where the content is, if there is any. */
  contentPath: string;
}

export interface JournalsOptions {
  library: Pick<Library, 'paths' | 'index' | 'registrations' | 'log' | 'pool'>;
  /** Called when a child looks at a Journal with snapshots of the original program. */
  onRaw: (serial: Serial) => void;
}

/** For lists in memory, in bytes: some forty lists of a large Journal. */
const CACHE_BYTES = 48 * 1024 * 1024;

export class Journals {
  readonly #options: JournalsOptions;
  readonly #lists = new LruCache<readonly ListedEntry[]>(CACHE_BYTES);
  readonly #whole = new LruCache<readonly Version[]>(CACHE_BYTES);

  constructor(options: JournalsOptions) {
    this.#options = options;
  }

  /** The reader's own laptop first, then the older ones. */
  ownersFor(reader: Serial): Owner[] {
    const { registrations } = this.#options.library;
    const laptops = registrations.bySerial();
    return [reader, ...chainOf(reader, laptops)].map((serial) => {
      const { colors = null } = laptops.get(serial) ?? {};
      return { serial, nick: registrations.nickOf(serial), colors, old: serial !== reader };
    });
  }

  /** Throws `not-found` for other laptops, whether they exist or not. */
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
  list(snapshot: Snapshot): Promise<readonly ListedEntry[]> {
    return this.#lists.get(snapshot.state, async () => {
      const entries = await this.#find(snapshot, [...readVersions(snapshot)]);
      entries.sort(lastFirst);
      return { value: entries, bytes: entries.reduce((sum, one) => sum + sizeOf(one), 0) };
    });
  }

  /** Indexes what is new in a snapshot, so that nobody waits for that later. Throws `damaged`. */
  async learn(snapshot: Snapshot): Promise<void> {
    await breath(); // the laptop gets its answer first
    await this.#find(snapshot, [...readVersions(snapshot)]);
  }

  /** Every entry once, in its newest version, what changed last first. Throws `damaged`. */
  all(shown: readonly ShownSnapshot[]): Promise<readonly Version[]> {
    const name = digestOf(
      shown.map(({ owner, snapshot }) => `${owner.serial} ${snapshot.name}`).join(),
    );
    return this.#whole.get(name, async () => {
      const found = new Map<Uid, Version>();
      const damaged = new Map<Uid, Version>();
      for (const one of shown) {
        const missing = versionsBesides(readSums(one.snapshot), found);
        for (const listed of await this.#find(one.snapshot, missing)) {
          // A damaged one is found by the title of an older day, and named as damaged where there is none.
          if (listed.facts) found.set(listed.uid, { ...one, listed });
          else if (!damaged.has(listed.uid)) damaged.set(listed.uid, { ...one, listed });
        }
        await breath();
      }
      for (const [uid, one] of damaged) if (!found.has(uid)) found.set(uid, one);
      const versions = [...found.values()].sort((a, b) => lastFirst(a.listed, b.listed));
      return {
        value: versions,
        bytes: versions.reduce((sum, { listed }) => sum + sizeOf(listed), 0),
      };
    });
  }

  /**
   * What a day holds, what changed last first; what cannot be read has the facts of another day, where one of
   * `shown` has it. Throws `damaged`.
   */
  async listNamed(day: ShownSnapshot, shown: readonly ShownSnapshot[]): Promise<ShownEntry[]> {
    const list = await this.list(day.snapshot);
    const nameless = list.some(({ facts }) => facts === null);
    const known = nameless ? await this.all(shown) : [];
    const facts = new Map(known.map(({ listed }) => [listed.uid, listed.facts]));
    const entries = list.map((listed) => ({
      ...{ ...day, listed, facts: listed.facts ?? facts.get(listed.uid) ?? null },
    }));
    return entries.sort((a, b) => (b.facts?.changed ?? 0) - (a.facts?.changed ?? 0));
  }

  /** In the same order, but damaged ones first, as far as the scrub has noted them: no file is looked at. */
  damagedFirst(entries: readonly ShownEntry[]): ShownEntry[] {
    const { pool, paths } = this.#options.library;
    const names = pool.damage.list().flatMap((one) => one.names ?? []);
    const bad = new Set(names.map((name) => name.replace(METADATA_SUFFIX, '')));
    const isBad = ({ listed, snapshot }: ShownEntry) =>
      !listed.facts || bad.has(relative(paths.library, join(snapshot.folder, listed.uid)));
    if (bad.size === 0 && entries.every(({ listed }) => listed.facts)) return [...entries];
    return [...entries.filter(isBad), ...entries.filter((one) => !isBad(one))];
  }

  /** Whether this version cannot be read, or is known to have damaged content. Looks at two files. */
  isDamaged({ snapshot, listed }: Version): boolean {
    const { damage } = this.#options.library.pool;
    if (!listed.facts) return true;
    if (damage.isEmpty) return false;
    const { metadata, content } = inEntry(snapshot.folder, listed.uid);
    return isDamagedFile(damage, metadata) || isDamagedFile(damage, content);
  }

  /** Whether nothing bad is known of this version, and it is what its day's list says. */
  readonly isWhole = (version: Version): boolean => {
    const { snapshot, listed } = version;
    return !this.isDamaged(version) && readVersions(snapshot).get(listed.uid) === listed.digest;
  };

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
   * The pinned version of an entry whose content is kept at school only. The mark in the entry is
   * written by the laptop, so only pins of that laptop and of those it replaces are followed.
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
      const path = metadataPath(one.snapshot.folder, uid);
      const stat = lstatSync(path, { throwIfNoEntry: false });
      if (!stat?.isFile() || seen.has(stat.ino)) continue;
      seen.add(stat.ino);
      const { entry, bytes, digest } = readVersion(one.snapshot.folder, uid, null);
      if (digests.has(digest)) continue; // a second file, where the first reached the limit of links
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

  #find(snapshot: Snapshot, versions: readonly (readonly [Uid, Digest])[]) {
    return listEntries(this.#options.library, snapshot.folder, versions);
  }
}

/**
 * The versions in a list whose uid is not in `known`. Most of sixty lists are known by then, so lines
 * are skipped before they are parsed.
 */
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

/** Where the uid begins in a line: after a digest and two spaces. */
const UID_AT = 66;

function lastFirst(a: ListedEntry, b: ListedEntry): number {
  return (b.facts?.changed ?? 0) - (a.facts?.changed ?? 0);
}

function sizeOf({ facts }: ListedEntry): number {
  return 300 + (facts ? 2 * (facts.title.length + facts.more.length) : 0);
}
