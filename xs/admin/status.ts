/**
 * The state of the school: which laptops have a recent backup, what needs a decision, whether the disk
 * is large enough. Gathers facts from the index and the disk as plain data, which the terminal, the
 * pages and the metrics show each in their way.
 */
import { existsSync, lstatSync } from 'node:fs';
import { DAY_MS } from '../../shared/clock.ts';
import type { Serial } from '../../shared/ids.ts';
import { isOn } from '../class-page/switch.ts';
import type { Fault } from '../ground/faults.ts';
import { httpsWayIn, type WayIn } from '../https/way-in.ts';
import { laptopsIn } from '../integrity/checker.ts';
import { readScrubState } from '../integrity/scrub-state.ts';
import { isUnlinked } from '../integrity/unlinked.ts';
import type { Library } from '../library.ts';
import { readOffsite } from '../offsite/offsite-state.ts';
import { proposeAliases, sharedNicks } from '../registration/aliases.ts';
import { hasBackup } from '../registration/has-backup.ts';
import type { Laptop } from '../registration/laptop-record.ts';
import { type Forecast, foresee, fullDate, neededBytes } from '../retention/capacity.ts';
import { readDays } from '../retention/day-log.ts';
import { diskSize } from '../retention/quota.ts';
import { lockedOut, refusesDsa } from '../ssh/old-algorithms.ts';
import { cached } from '../storage/cached.ts';
import { ifReadable } from '../storage/checked-entry.ts';
import { type DiskFacts, freeShare, measureDisk } from '../storage/disk.ts';
import type { DayRow, LaptopOverview, LaptopUsage } from '../storage/index-db.ts';
import { inLibrary, type Paths } from '../storage/paths.ts';
import { reserveSize } from '../storage/reserve.ts';
import { listTrash } from '../storage/trash.ts';
import { listArrivals } from '../transfer/arrivals.ts';
import { faultsOf } from './faults-now.ts';
import { type Look, lookAt } from './laptop-facts.ts';
import { type Stand, standReader } from './laptop-standing.ts';
import type { LaptopState, Standing } from './laptop-states.ts';
import { type LaptopNotSafe, whatIsNotSafe } from './not-safe.ts';
import { type Probes, probe } from './probes.ts';
import { type Counted, type DiskParts, findReliefs, type Relief, readParts } from './relief.ts';
import { namesOfCopy, teachersNow } from './teachers.ts';

export interface LaptopStanding {
  serial: Serial;
  nick: string;
  /** ISO 8601. */
  registered: string;
  /** Days since the last backup, at least so many for `unsure`; null for never. */
  days: number | null;
  standing: Standing;
  /** All states it is in, `standing` among them. */
  states: readonly LaptopState[];
}

export interface Status {
  time: string;
  laptops: LaptopStanding[];
  /** Nicks of more than one registered laptop, also of those that are used no more. */
  namesakes: string[];
  /** From another school; they wait for a teacher's yes. */
  arrivals: { serial: Serial; nick: string }[];
  held: { serial: Serial; nick: string; snapshots: number }[];
  waitingKeys: { serial: Serial; nick: string; keys: number }[];
  /** Two laptops answer to these names. */
  twins: { serial: Serial; nick: string }[];
  /** What children offer to the class, while there is a class page; the most first. */
  offers: { serial: Serial; nick: string; count: number }[];
  /** New laptops that may belong to a child who is known. */
  proposals: { serial: Serial; nick: string }[];
  overQuota: { serial: Serial; nick: string }[];
  /** What laptops sent and no backup has, as of the last cleanup; the most first. */
  leftovers: { serial: string; nick: string; bytes: number }[];
  /** Laptops whose digits nobody has compared with the server. */
  unconfirmed: { serial: Serial; nick: string }[];
  /** How many may sign in to the pages. */
  teachers: number;
  /** Their accounts came back from the copy elsewhere, and wait to be confirmed. */
  teachersOfCopy: string[];
  /** The pages over HTTPS; null where the settings switch them off. */
  https: WayIn | null;
  /** `minFree`: the share of free blocks and inodes below which no backup begins, 0…1. */
  disk: DiskFacts & { minFree: number };
  /** What takes how much of it. */
  parts: DiskParts;
  forecast: Forecast;
  /** When the disk is full by the growth of the last months (`YYYY-MM-DD`); null for not soon. */
  fullOn: string | null;
  /** What could make room; empty while there is enough. */
  reliefs: readonly Relief[];
  /** Whether the reserve for repairs is there, or was never made yet. */
  reserve: boolean;
  /** Whether the daily cleanup was done once: it makes the reserve and counts what laptops use. */
  cleanedUp: boolean;
  probes: Probes;
  /** The library is without its hard links. */
  unlinked: boolean;
  /** The copy elsewhere: none is wanted; made lately; or not. */
  offsite: 'none' | 'made' | 'late';
  trash: number;
  damaged: number;
  /** Laptops with something missing, damaged or unreadable in their folders; registered or not. */
  damagedLaptops: { serial: Serial; nick: string; files: number }[];
  /** Laptops that are not registered: with something in the library; who asked within 24 hours. */
  unregistered: Serial[];
  strangers: { serial: Serial; nick: string; holdsData: boolean }[];
  /** Laptops with the original client whose keys this server's OpenSSH cannot check. */
  lockedOut: { serial: Serial; nick: string }[];
  /** Laptops with entries that are not safe, by their own reports; those with the most first. */
  notSafe: LaptopNotSafe[];
  /** `daysSince`: days of service since everything was read, or since that began. */
  scrub: { pass: number; shard: number; lastPassFinished: string | null; daysSince: number };
  clock: { trusted: boolean; reason: string };
  /** What does not work at the moment. */
  faults: Fault[];
  /** Of the disks beside that of the library: shares that are free, 0 to 1. */
  disks: { name: 'state' | 'completion'; freeBlocks: number; freeInodes: number }[];
}

/** A share of free blocks or inodes below which people are told what makes room. */
const TIGHT = 0.25;

export interface StatusOptions {
  /** Try the service anew, for somebody who waits at the terminal; else what was found a moment ago. */
  fresh?: boolean;
}

/** Gathers all facts. */
export async function readStatus(library: Library, options: StatusOptions = {}): Promise<Status> {
  const { paths, registrations, strangers, index, pool, timeline } = library;
  const moment = timeline.now();
  const rows = { overview: await index.overview(), usage: await index.usage() };
  const overview = new Map(rows.overview.map((row) => [row.serial, row]));
  const nickOf = (serial: string) => registrations.nickOf(serial);
  const active = registrations.all().filter(([serial]) => registrations.isActive(serial));
  const known = active.map(([serial]) => overview.get(serial)?.bytes ?? null);
  const look = lookAt(library);
  const stand = standReader(library, look);
  const laptops = inUse(library, stand);
  const those = (state: LaptopState) => laptops.filter(({ states }) => states.includes(state));
  const held = registrations.all().map(([serial, laptop]) => {
    const { nick } = laptop;
    return { serial, nick, snapshots: stand(serial, laptop).held };
  });
  const waiting = active.map(([serial, { nick, pending }]) => {
    return { serial, nick, keys: pending.length };
  });
  const damagedLaptops = laptopsIn(paths).map((serial) => {
    return { serial, nick: nickOf(serial), files: countFindings(library, serial, look) };
  });
  const days = await index.days();
  const refuses = () => lately(library, library.env, options, () => refusesDsa(library.env));
  return {
    time: moment.time.toISOString(),
    laptops,
    namesakes: sharedNicks(registrations.all().map(([, { nick }]) => nick)),
    unconfirmed: those('unconfirmed').map(({ serial, nick }) => ({ serial, nick })),
    arrivals: listArrivals(paths).map(({ serial, nick }) => ({ serial, nick })),
    held: held.filter(({ snapshots }) => snapshots > 0),
    waitingKeys: waiting.filter(({ keys }) => keys > 0),
    twins: active
      .filter(([serial]) => look(serial).twins)
      .map(([serial, { nick }]) => ({ serial, nick })),
    ...questionsOf(library, active, overview, look),
    ...useOf(rows.usage, nickOf),
    ...{ teachers: teachersNow(paths).length, teachersOfCopy: namesOfCopy(paths) },
    https: httpsWayIn(library),
    ...(await readRoom(library, look, rows, known, days)),
    cleanedUp: days.length > 0,
    unlinked: isUnlinked(paths),
    offsite: offsiteStanding(library),
    trash: listTrash(paths).length,
    damaged: pool.damage.list().length,
    damagedLaptops: damagedLaptops.filter(({ files }) => files > 0),
    lockedOut: (await lockedOut(active, refuses)).map(([serial, { nick }]) => ({ serial, nick })),
    unregistered: unregisteredIn(library),
    strangers: strangers
      .list((serial) => isKnown(library, serial))
      .map((serial) => ({ serial, nick: '', holdsData: holdsData(library, serial) })),
    notSafe: whatIsNotSafe(library, look),
    scrub: scrubFacts(library, days),
    clock: { trusted: !moment.doubted, reason: timeline.distrust },
    probes: await lately(library, library.listening, options, () => probe(library)),
    faults: faultsOf(library),
    disks: await otherDisks(paths),
  };
}

/** Who needs more than there is, and what was sent in vain. */
function useOf(
  usage: readonly LaptopUsage[],
  nickOf: (serial: string) => string,
): Pick<Status, 'overQuota' | 'leftovers'> {
  return {
    overQuota: usage
      .filter(({ stuck }) => stuck === 1)
      .map(({ serial }) => ({ serial: serial as Serial, nick: nickOf(serial) })),
    leftovers: usage
      .filter(({ leftBytes }) => leftBytes > 0)
      .map(({ serial, leftBytes }) => ({ serial, nick: nickOf(serial), bytes: leftBytes }))
      .sort((a, b) => b.bytes - a.bytes),
  };
}

/** What waits for a teacher's word, and keeps no backup from being made. */
function questionsOf(
  { paths, registrations, clock }: Library,
  active: readonly (readonly [Serial, Laptop])[],
  overview: ReadonlyMap<string, LaptopOverview>,
  look: Look,
): Pick<Status, 'offers' | 'proposals'> {
  const offers = isOn(paths)
    ? active
        .map(([serial, { nick }]) => ({ serial, nick, count: look(serial).offersWaiting }))
        .filter(({ count }) => count > 0)
        .sort((a, b) => b.count - a.count)
    : [];
  const seen = new Map([...overview].map(([serial, row]) => [serial, row.lastSuccess]));
  const proposals = proposeAliases(registrations.bySerial(), seen, clock.now());
  return { offers, proposals: proposals.map(({ newer, nick }) => ({ serial: newer, nick })) };
}

/** How each laptop in use stands; of those that are replaced, only what they have stored. */
function inUse({ registrations }: Library, stand: (one: Serial, of: Laptop) => Stand) {
  return registrations
    .all()
    .map(([serial, laptop]) => ({ serial, laptop, stand: stand(serial, laptop) }))
    .filter(({ stand: { standing, states } }) => states.includes(standing))
    .map(({ serial, laptop: { nick, registered }, stand: { days, standing, states } }) => {
      return { serial, nick, registered, days, standing, states };
    });
}

type Room = Pick<Status, 'disk' | 'parts' | 'forecast' | 'fullOn' | 'reliefs' | 'reserve'>;

/** `known`: the size of each newest Journal in bytes, null for none. */
async function readRoom(
  library: Library,
  look: Look,
  rows: Counted,
  known: readonly (number | null)[],
  days: readonly DayRow[],
): Promise<Room> {
  const { paths, config, clock } = library;
  const now = clock.now();
  const { disk: measured, parts } = await readParts(library, rows);
  const disk = { ...measured, minFree: config.traffic.minFreePercent / 100 };
  const forecast = foresee(neededBytes(known), parts.room, days, now);
  const isTight = !forecast.fits || freeShare(measured) < TIGHT;
  const hasReserve = existsSync(inLibrary(paths).reserve);
  return {
    disk,
    parts,
    forecast,
    fullOn: fullDate(readDays(paths), measured, now),
    // Without the links, copies of the same content would be taken for other files.
    reliefs: isTight && !isUnlinked(paths) ? findReliefs(library, parts.others, look) : [],
    // The first cleanup makes it.
    reserve:
      hasReserve ||
      days.length === 0 ||
      reserveSize(diskSize(paths.library).bytes, config.quota) === 0,
  };
}

/** A copy is made each day; a weekend, and a day without a network, are no concern. */
const OFFSITE_DAYS = 4;

function offsiteStanding({ config, paths, clock }: Library): Status['offsite'] {
  if (config.offsite.repository === '') return 'none';
  const { copied, problem } = readOffsite(paths);
  const age = clock.now().getTime() - Date.parse(copied ?? '1970-01-01');
  const needsSomebody = problem !== null && ['password', 'damaged'].includes(problem.kind);
  return needsSomebody || age > OFFSITE_DAYS * DAY_MS ? 'late' : 'made';
}

function scrubFacts({ paths, clock, log }: Library, days: readonly DayRow[]): Status['scrub'] {
  const { pass, shard, passStarted, lastPassFinished } = readScrubState(paths, clock.now(), log);
  const since = (lastPassFinished ?? passStarted).slice(0, 10);
  const daysSince = days.filter(({ date }) => date > since).length;
  return { pass, shard, lastPassFinished, daysSince };
}

/** For how long pages and metrics reuse what was tried, in milliseconds. */
const PROBED_MS = 60_000;
const tried = new WeakMap<object, () => Promise<unknown>>();

/** What a program was asked a moment ago about `key`, or is asked now. */
function lately<T>(
  { clock }: Library,
  key: object,
  { fresh }: StatusOptions,
  ask: () => Promise<T>,
): Promise<T> {
  if (fresh) return ask();
  const known = tried.get(key) ?? cached(clock, PROBED_MS, ask);
  tried.set(key, known);
  return known() as Promise<T>;
}

/** Laptops with something in the library that are not registered here. */
export function unregisteredIn(library: Pick<Library, 'paths' | 'registrations'>): Serial[] {
  return laptopsIn(library.paths).filter(
    (serial) => !isKnown(library, serial) && holdsData(library, serial),
  );
}

function isKnown({ registrations }: Pick<Library, 'registrations'>, serial: Serial): boolean {
  return registrations.get(serial) !== undefined || registrations.unreadable().includes(serial);
}

/** True also for a folder that cannot be read. */
function holdsData({ paths }: Pick<Library, 'paths'>, serial: Serial): boolean {
  return ifReadable(() => [hasBackup(paths, serial)])[0] ?? true;
}

/** The disks of state and completion, unless they are the library's. */
async function otherDisks(paths: Paths): Promise<Status['disks']> {
  const device = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.dev;
  const names = (['state', 'completion'] as const).filter((name) => {
    const dev = device(paths[name]);
    return dev !== undefined && dev !== device(paths.library);
  });
  return await Promise.all(
    names.map(async (name) => {
      const { freeBlocks, freeInodes } = await measureDisk(paths[name]);
      return { name, freeBlocks, freeInodes };
    }),
  );
}

/** By the last check, and by whether the last backup is still there. */
function countFindings({ registrations, troubles }: Library, serial: Serial, look: Look): number {
  const { findings, offersDamaged } = look(serial);
  const alone = [registrations.unreadable().includes(serial), troubles.has(serial), offersDamaged];
  return alone.filter((one) => one).length + findings;
}
