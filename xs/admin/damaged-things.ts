/**
 * Known damage as things of children: whose it is, what it is called, on which days it is damaged, and which day
 * has it whole. Reads lists and metadata only; a content counts as whole while nothing bad is known of it.
 */
import { lstatSync } from 'node:fs';
import {
  type Digest,
  parseSerial,
  parseSnapshotName,
  parseUid,
  type Serial,
  type SnapshotName,
  tryParse,
  type Uid,
} from '../../shared/ids.ts';
import { decodeEntry, type Entry, propertyText } from '../../shared/journal/entry.ts';
import { METADATA_SUFFIX } from '../../shared/journal/sums.ts';
import { laptopsIn } from '../integrity/checker.ts';
import { readFindings } from '../integrity/findings.ts';
import type { Library } from '../library.ts';
import { successors } from '../registration/aliases.ts';
import { ifReadable, readChecked } from '../storage/checked-entry.ts';
import { isDamagedFile } from '../storage/damage-register.ts';
import { inEntry } from '../storage/paths.ts';
import { listSnapshots, readVersions, type Snapshot } from '../storage/snapshots.ts';
import { lookAt } from './laptop-facts.ts';

export interface DamagedThing {
  serial: Serial;
  nick: string;
  uid: Uid;
  /** Null where no version of it can be read. */
  title: string | null;
  /** The ordinary snapshots in which it is damaged, the newest first; none for what is pinned or held aside. */
  days: SnapshotName[];
  /** Its laptop is out of use, or another one has taken its place: it sends nothing any more. */
  gone: boolean;
  /** The newest one that has it whole, as far as is known; null if there is none. */
  wholeIn: SnapshotName | null;
}

/** More are not looked up: a disk that dies has thousands. */
const MAX_THINGS = 200;

type DamagedLibrary = Pick<Library, 'paths' | 'pool' | 'registrations'>;

/** By laptop. Files that belong to no entry, as a list that cannot be read, are left out. */
export function damagedThings(library: DamagedLibrary): DamagedThing[] {
  const found = new Map<string, { serial: Serial; uid: Uid; days: Set<SnapshotName> }>();
  const add = (serial: Serial, folder: string, file: string) => {
    const uid = tryParse(parseUid, file.replace(METADATA_SUFFIX, ''));
    if (!uid) return;
    const key = `${serial} ${uid}`;
    const one = found.get(key) ?? { serial, uid, days: new Set() };
    const day = tryParse(parseSnapshotName, folder);
    if (day) one.days.add(day);
    if (found.size < MAX_THINGS) found.set(key, one);
  };
  for (const name of library.pool.damage.list().flatMap(({ names }) => names ?? [])) {
    const [first, ...rest] = name.split('/');
    const serial = tryParse(parseSerial, first);
    if (serial) add(serial, rest.slice(0, -1).join('/'), rest.at(-1) ?? '');
  }
  const look = lookAt(library);
  for (const serial of laptopsIn(library.paths)) {
    if (look(serial).findings === 0) continue;
    for (const { folder, file } of readFindings(library.paths, serial).findings) {
      add(serial, folder, file);
    }
  }
  const days = new Map<Serial, Days>();
  const replaced = successors(library.registrations.bySerial());
  return [...found.values()]
    .sort((a, b) => a.serial.localeCompare(b.serial))
    .map(({ serial, uid, days: bad }) => {
      const known = days.get(serial) ?? new Days(library, serial);
      days.set(serial, known);
      const { retired = null } = library.registrations.get(serial) ?? {};
      const nick = library.registrations.nickOf(serial);
      const gone = retired !== null || replaced.has(serial);
      return {
        serial,
        uid,
        nick,
        gone,
        days: [...bad].sort().reverse(),
        ...known.lookFor(uid, bad),
      };
    });
}

/** The snapshots of one laptop; each list is read once. */
class Days {
  readonly #library: DamagedLibrary;
  readonly #snapshots: readonly Snapshot[];
  readonly #lists = new Map<string, ReadonlyMap<Uid, Digest>>();

  constructor(library: DamagedLibrary, serial: Serial) {
    this.#library = library;
    this.#snapshots = ifReadable(() => listSnapshots(library.paths, serial));
  }

  lookFor(uid: Uid, bad: ReadonlySet<SnapshotName>): Pick<DamagedThing, 'title' | 'wholeIn'> {
    const { damage } = this.#library.pool;
    let title: string | null = null;
    for (const snapshot of this.#snapshots) {
      const entry = this.#entryIn(snapshot, uid);
      if (!entry) continue;
      title ??= propertyText(entry, 'title') || null;
      const { content } = inEntry(snapshot.folder, uid);
      const hasContent =
        entry.content === null ||
        (sizeOf(content) === entry.content.size && !isDamagedFile(damage, content));
      if (hasContent && !bad.has(snapshot.name)) return { title, wholeIn: snapshot.name };
    }
    return { title, wholeIn: null };
  }

  /** Undefined for one that the snapshot does not have, or has damaged. */
  #entryIn(snapshot: Snapshot, uid: Uid): Entry | undefined {
    try {
      const list = this.#lists.get(snapshot.folder) ?? readVersions(snapshot);
      this.#lists.set(snapshot.folder, list);
      const digest = list.get(uid);
      const reading = digest && readChecked(inEntry(snapshot.folder, uid).metadata, digest);
      return reading?.type === 'whole' ? decodeEntry(reading.bytes) : undefined;
    } catch {
      return undefined; // the check of names has reported it
    }
  }
}

function sizeOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.size;
}
