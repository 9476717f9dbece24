/**
 * What the folder of one laptop says about it, for overviews of all of them. It is read again when a name in one of
 * the folders it was read from has changed, by whatever program; so the pages are true at once after an act, and a
 * thousand laptops cost a thousand looks and not six thousand readings.
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { parseSerial, parseSnapshotName, type Serial, tryParse } from '../../shared/ids.ts';
import type { NotSafe } from '../../shared/protocol/messages.ts';
import { readOffers } from '../class-page/offer-file.ts';
import { lostSnapshot } from '../integrity/checker.ts';
import { readFindings } from '../integrity/findings.ts';
import { hasTwin } from '../registration/twin-file.ts';
import { ifReadable, statIfReadable } from '../storage/checked-entry.ts';
import type { DamageRecord } from '../storage/damage-register.ts';
import { readNotSafe } from '../storage/not-safe.ts';
import { inLaptop, inLibrary, inState, type Paths } from '../storage/paths.ts';
import { baseSnapshot, isOfTwin, listAside } from '../storage/snapshots.ts';

export interface LaptopFacts {
  /** Something is wrong with its newest backup, so that it does not count as safe. */
  damaged: boolean;
  /** What the last check or the scrub found, or that the last backup is gone. */
  findings: number;
  /** What of its Journal is not safe, as it says. */
  notSafe: NotSafe;
  /** Two laptops answer to its name. */
  twins: boolean;
  /** What it offers to the class cannot be read; and how much of it waits for a teacher's word. */
  offersDamaged: boolean;
  offersWaiting: number;
  /** Snapshots of this laptop that are held aside; and the bytes of all that are. */
  held: number;
  heldBytes: number;
  /** Whether anything may be pinned. */
  hasPins: boolean;
}

interface Known {
  facts: LaptopFacts;
  folders: readonly string[];
  stamps: string;
}

/** A folder may change again within the resolution of its time without a trace; in milliseconds. */
const SETTLED_MS = 1000;
/** How the name of a snapshot begins. */
const DATED = 'datastore-2';
const libraries = new WeakMap<Paths, Map<Serial, Known>>();

export type Look = (serial: Serial) => LaptopFacts;

/** For one answer, which looks at each laptop once, however often it asks. */
export function lookAt({ paths, pool }: LookedAt): Look {
  const seen = new Map<Serial, LaptopFacts>();
  const bad = damagedNames(pool.damage.list());
  return (serial) => {
    const known = seen.get(serial);
    if (known) return known;
    const facts = withDamage(paths, serial, laptopFacts(paths, serial), bad.get(serial));
    seen.set(serial, facts);
    return facts;
  };
}

export interface LookedAt {
  paths: Paths;
  pool: { damage: { list(): Pick<DamageRecord, 'inode' | 'names'>[] } };
}

/** A name of damaged content, relative to the library. */
interface BadName {
  name: string;
  inode: number;
}

/** Content that the scrub found damaged, by the laptops whose folders have it. */
function damagedNames(records: ReturnType<LookedAt['pool']['damage']['list']>) {
  const found = new Map<Serial, BadName[]>();
  for (const { inode, names } of records) {
    for (const name of names ?? []) {
      const serial = tryParse(parseSerial, name.split('/', 1)[0]);
      if (!serial) continue;
      const bad = found.get(serial) ?? [];
      found.set(serial, bad);
      bad.push({ name, inode });
    }
  }
  return found;
}

/** With what the scrub found: the checks of names may not have come to it yet. */
function withDamage(
  paths: Paths,
  serial: Serial,
  facts: LaptopFacts,
  bad: readonly BadName[] | undefined,
): LaptopFacts {
  if (bad === undefined) return facts;
  // What was noted then may have been removed or mended since.
  const isThere = ({ name, inode }: BadName) =>
    statIfReadable(join(paths.library, name))?.ino === inode;
  if (!bad.some(isThere)) return facts;
  const [newest] = ifReadable(() => [baseSnapshot(paths, serial)]);
  const begin = newest && `${relative(paths.library, newest.folder)}/`;
  const isNewest = begin !== undefined && bad.some((o) => o.name.startsWith(begin) && isThere(o));
  return {
    ...facts,
    damaged: facts.damaged || isNewest,
    findings: Math.max(facts.findings, bad.length),
  };
}

function laptopFacts(paths: Paths, serial: Serial): LaptopFacts {
  const all = libraries.get(paths) ?? new Map<Serial, Known>();
  libraries.set(paths, all);
  const known = all.get(serial);
  if (known && known.stamps === stampsOf(known.folders)) return known.facts;
  const names = namesAt(inLaptop(paths, serial).home);
  const folders = foldersOf(paths, serial, names);
  const stamps = stampsOf(folders);
  const facts = readFacts(paths, serial, names);
  if (stamps === undefined || names === undefined) all.delete(serial);
  else all.set(serial, { facts, folders, stamps });
  return facts;
}

/** Undefined for a folder that cannot be read. */
function namesAt(folder: string): ReadonlySet<string> | undefined {
  try {
    return new Set(readdirSync(folder));
  } catch {
    return undefined;
  }
}

/** All whose names say something about it. */
function foldersOf(paths: Paths, serial: Serial, names: ReadonlySet<string> = new Set()): string[] {
  const { home, held, pinned } = inLaptop(paths, serial);
  // Refusing a name takes ten times as long as this look at its first letters.
  const dated = [...names].filter((name) => name.startsWith(DATED)).sort();
  const newest = dated.filter((name) => tryParse(parseSnapshotName, name)).slice(-1);
  const trash = inLibrary(paths).trashOf(serial);
  // What is missing here cannot appear without a change of `home`.
  const present = [held, pinned].filter((folder) => names.has(basename(folder)));
  const aside = present.includes(held) ? [...(namesAt(held) ?? [])] : [];
  return [
    ...[home, ...present, trash, inState(paths).findingsFolder],
    ...newest.map((name) => join(home, name)),
    // What is in there says whose it is.
    ...aside.map((name) => join(held, name)),
  ];
}

/** Undefined for folders that cannot be looked at, or have changed just now. */
function stampsOf(folders: readonly string[]): string | undefined {
  const now = Date.now();
  const stamps: string[] = [];
  for (const folder of folders) {
    const stat = statIfReadable(folder);
    if (stat && Math.abs(now - stat.mtimeMs) < SETTLED_MS) return undefined;
    stamps.push(stat ? `${stat.ino} ${stat.mtimeMs} ${stat.mode}` : '-');
  }
  return stamps[0] === '-' ? undefined : stamps.join('\n');
}

/** `names` are those in its folder: most laptops have few of these files, and to miss one takes long. */
function readFacts(
  paths: Paths,
  serial: Serial,
  names: ReadonlySet<string> | undefined,
): LaptopFacts {
  const laptop = inLaptop(paths, serial);
  const mayHave = (path: string) => names?.has(basename(path)) ?? true;
  const hasNote = mayHave(laptop.findings) || existsSync(inState(paths).findings(serial));
  const note = hasNote ? readFindings(paths, serial) : undefined;
  const lost = mayHave(laptop.lastSuccess) ? lostSnapshot(paths, serial).length : 0;
  const { offers, damaged: offersDamaged } = mayHave(laptop.classPage)
    ? readOffers(paths, serial)
    : { offers: [], damaged: false };
  return {
    damaged: lost > 0 || (note !== undefined && concernsNewest(paths, serial, note)),
    findings: (note?.count ?? 0) || lost,
    notSafe: mayHave(laptop.notSafe) ? readNotSafe(paths, serial) : { count: 0, entries: [] },
    twins: mayHave(laptop.instances) && hasTwin(paths, serial),
    offersDamaged,
    offersWaiting: offers.filter(({ state }) => state === 'offered').length,
    ...(mayHave(laptop.held) ? heldOf(paths, serial) : { held: 0, heldBytes: 0 }),
    hasPins: mayHave(laptop.pinned),
  };
}

/** Nothing where it cannot be read. */
function heldOf(paths: Paths, serial: Serial): Pick<LaptopFacts, 'held' | 'heldBytes'> {
  const aside = ifReadable(() => listAside(paths, serial));
  const heldBytes = aside.reduce((sum, one) => sum + one.bytes, 0);
  return { held: aside.filter((one) => !isOfTwin(one)).length, heldBytes };
}

function concernsNewest(
  paths: Paths,
  serial: Serial,
  { findings, count }: ReturnType<typeof readFindings>,
): boolean {
  if (count === 0) return false;
  const [newest] = ifReadable(() => [baseSnapshot(paths, serial)]);
  const name = newest && relative(inLaptop(paths, serial).home, newest.folder);
  // A list that was cut may have left it out.
  return count > findings.length || findings.some((one) => [name, ''].includes(one.folder));
}
