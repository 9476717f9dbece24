/**
 * The index of the library, in SQLite: quick answers about all laptops at once. The disk is the
 * truth; a database that is missing or damaged is rebuilt from it.
 */
import { join } from 'node:path';
import { type Digest, parseSnapshotName, type Serial, tryParse } from '../../shared/ids.ts';
import type { Db, Queries } from '../../shared/system/db.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { namesIn } from '../../shared/system/files.ts';
import { pacemaker } from '../../shared/system/pacemaker.ts';
import type { Faults } from '../ground/faults.ts';
import { type LastingDb, openLastingDb } from '../ground/lasting-db.ts';
import { ifReadable, statIfReadable } from './checked-entry.ts';
import { IDLE_SLICE_MS } from './idle.ts';
import { readLastSuccess } from './last-success.ts';
import { inLaptop, inSnapshot, inState, type Paths } from './paths.ts';
import { listSnapshots, type Snapshot } from './snapshots.ts';

const MIGRATIONS = [
  `CREATE TABLE snapshot (
     serial TEXT NOT NULL, sequence INTEGER NOT NULL, name TEXT NOT NULL, created TEXT NOT NULL,
     entries INTEGER NOT NULL, bytes INTEGER NOT NULL, state TEXT NOT NULL, source TEXT NOT NULL,
     PRIMARY KEY (serial, sequence)
   ) WITHOUT ROWID;
   CREATE TABLE success (serial TEXT PRIMARY KEY, time TEXT NOT NULL) WITHOUT ROWID;`,
  `CREATE TABLE usage (
     serial TEXT PRIMARY KEY, bytes INTEGER NOT NULL, inodes INTEGER NOT NULL,
     quotaBytes INTEGER NOT NULL, stuck INTEGER NOT NULL, time TEXT NOT NULL
   ) WITHOUT ROWID;
   CREATE TABLE filled (time TEXT NOT NULL);
   CREATE TABLE day (date TEXT PRIMARY KEY, neededBytes INTEGER NOT NULL) WITHOUT ROWID;`,
  'CREATE TABLE entry (digest TEXT PRIMARY KEY, facts TEXT NOT NULL);',
  'ALTER TABLE usage ADD COLUMN leftBytes INTEGER NOT NULL DEFAULT 0;',
  "ALTER TABLE snapshot ADD COLUMN stamp TEXT NOT NULL DEFAULT '';",
];

export interface LaptopOverview {
  serial: string;
  snapshots: number;
  newest: string | null;
  entries: number | null;
  bytes: number | null;
  /** When its Journal was last known to be safe; ISO 8601, by the server's clock. */
  lastSuccess: string | null;
}

export interface IndexDb extends AsyncDisposable {
  /** Reads a laptop's snapshots from the disk again: to be called after every change to them. */
  reindex(serial: Serial): Promise<void>;
  /**
   * Reads the laptops again whose folders are not as the index has them; returns those. Looks at the names of all
   * snapshots, and at the list of each, or at that of the newest only: a thousand files instead of sixty thousand.
   */
  reconcile(depth?: 'all' | 'newest'): Promise<Serial[]>;
  /** Puts it back on the disk where that did not take it for a while; `faults` knows. */
  revive(): Promise<void>;
  /** Only for last-success.ts, which also keeps the laptop's own file. */
  recordSuccess(serial: Serial, time: Date): Promise<void>;
  /** What a cleanup found out about a laptop. */
  recordUsage(usage: Omit<LaptopUsage, 'time'>, time: Date): Promise<void>;
  overview(): Promise<LaptopOverview[]>;
  usage(): Promise<LaptopUsage[]>;
  /** Records what one full copy of every laptop needs today; keeps the last 90 days. */
  recordDay(date: string, neededBytes: number): Promise<void>;
  /** Oldest first. */
  days(): Promise<DayRow[]>;
  /** Cached facts about these versions of entries, by digest; unknown ones are absent. */
  entryFacts(digests: readonly Digest[]): Promise<Map<string, string>>;
  /** Caches facts, evicting the oldest. */
  recordEntryFacts(facts: readonly (readonly [Digest, string])[]): Promise<void>;
  /** Rebuilds the index from the library. Returns the number of snapshots found. */
  rebuild(onLaptop?: (serial: Serial, done: number, of: number) => void): Promise<number>;
}

/** A day on which a cleanup ran (`YYYY-MM-DD`), and what one full copy of every laptop needed. */
export interface DayRow {
  date: string;
  neededBytes: number;
}

/** As of the last cleanup. */
export interface LaptopUsage {
  serial: string;
  bytes: number;
  inodes: number;
  quotaBytes: number;
  /** 1 when it is over its quota and nothing more may be removed. */
  stuck: number;
  time: string;
  /** What it sent and no backup has: unfinished uploads, and mirrors beside the Journal. */
  leftBytes: number;
}

/**
 * Opens the index, and fills it from the library if it is new. Laptops whose folders are not as the index
 * has them are read again. A database that SQLite cannot read, now or later, is set aside and made anew; where
 * the disk takes no other, it is in memory, and `faults` says so.
 */
export async function openIndexDb(
  paths: Paths,
  serials: () => readonly Serial[],
  faults: Faults,
): Promise<IndexDb> {
  const lasting = await openLastingDb({
    ...{ file: inState(paths).database, migrations: MIGRATIONS, faults, part: 'index' },
    fill: (fresh) => rebuild(fresh, paths, serials()),
  });
  const use: LastingDb['use'] = (work) => lasting.use(work);
  const index: IndexDb = {
    recordSuccess: (serial, time) =>
      use((db) =>
        db.run('INSERT OR REPLACE INTO success VALUES (?, ?)', serial, time.toISOString()),
      ),
    reindex: (serial) => use((db) => reindex(db, paths, serial)),
    reconcile: (depth = 'all') => use((db) => reconcile(db, paths, serials(), depth)),
    recordUsage: (usage, time) => use((db) => insertUsage(db, usage, time)),
    overview: () => use((db) => db.all<LaptopOverview>(OVERVIEW)),
    usage: () => use((db) => db.all<LaptopUsage>('SELECT * FROM usage ORDER BY serial')),
    recordDay: (date, neededBytes) => use((db) => insertDay(db, date, neededBytes)),
    days: () => use((db) => db.all<DayRow>('SELECT * FROM day ORDER BY date')),
    entryFacts: (digests) => use((db) => entryFacts(db, digests)),
    recordEntryFacts: (facts) => use((db) => insertEntryFacts(db, facts)),
    rebuild: (onLaptop) => use((db) => rebuild(db, paths, serials(), onLaptop)),
    revive: () => lasting.revive(),
    [Symbol.asyncDispose]: () => lasting[Symbol.asyncDispose](),
  };
  // Also after a power cut while it was being filled.
  const filled = await use((db) => db.get('SELECT time FROM filled'));
  if (filled) await index.reconcile('newest');
  else await index.rebuild();
  return index;
}

function reindex(db: Db, paths: Paths, serial: Serial): Promise<void> {
  return db.transaction(async (tx) => {
    await tx.run('DELETE FROM snapshot WHERE serial = ?', serial);
    await insertSnapshots(tx, listSnapshots(paths, serial));
  });
}

interface Row {
  serial: string;
  name: string;
  stamp: string;
}

/** Compares names, lists and last successes with the disk; returns the laptops that were read again. */
async function reconcile(
  db: Db,
  paths: Paths,
  serials: readonly Serial[],
  depth: 'all' | 'newest',
): Promise<Serial[]> {
  // The newest last.
  const rows = await db.all<Row>('SELECT serial, name, stamp FROM snapshot ORDER BY sequence');
  const successes = await db.all<{ serial: string; time: string }>('SELECT * FROM success');
  const had = new Map<string, Row[]>();
  for (const row of rows) had.set(row.serial, [...(had.get(row.serial) ?? []), row]);
  const times = new Map(successes.map(({ serial, time }) => [serial, time]));
  const known = new Set<string>([...had.keys(), ...times.keys()]);
  const changed: Serial[] = [];
  const pause = pacemaker(IDLE_SLICE_MS);
  for (const serial of serials) {
    await pause();
    known.delete(serial);
    const time = readLastSuccess(paths, serial)?.time;
    const isSame = time === times.get(serial) && isAsIndexed(paths, serial, had.get(serial), depth);
    if (isSame) continue;
    changed.push(serial);
    await db.transaction(async (tx) => {
      await tx.run('DELETE FROM snapshot WHERE serial = ?', serial);
      await tx.run('DELETE FROM success WHERE serial = ?', serial);
      await insertSnapshots(
        tx,
        ifReadable(() => listSnapshots(paths, serial)),
      );
      if (time) await tx.run('INSERT INTO success VALUES (?, ?)', serial, time);
    });
  }
  for (const serial of known) {
    for (const table of ['snapshot', 'success', 'usage']) {
      await db.run(`DELETE FROM ${table} WHERE serial = ?`, serial);
    }
  }
  return changed;
}

function isAsIndexed(
  paths: Paths,
  serial: Serial,
  rows: readonly Row[] = [],
  depth: 'all' | 'newest',
): boolean {
  const { home } = inLaptop(paths, serial);
  const here = new Set(
    ifReadable(() => namesIn(home)).filter((name) => tryParse(parseSnapshotName, name)),
  );
  if (here.size !== rows.length || !rows.every(({ name }) => here.has(name))) return false;
  const looked = depth === 'all' ? rows : rows.slice(-1);
  return looked.every(({ name, stamp }) => stampOf(join(home, name)) === stamp);
}

/** Another one for another list under the same name; empty for one that cannot be read. */
function stampOf(folder: string): string {
  const stat = statIfReadable(inSnapshot(folder).manifest);
  return stat ? `${stat.ino} ${stat.mtimeMs} ${stat.size}` : '';
}

async function insertDay(db: Db, date: string, neededBytes: number): Promise<void> {
  await db.run('INSERT OR REPLACE INTO day VALUES (?, ?)', date, neededBytes);
  await db.run(
    'DELETE FROM day WHERE date NOT IN (SELECT date FROM day ORDER BY date DESC LIMIT ?)',
    KEPT_DAYS,
  );
}

async function entryFacts(db: Db, digests: readonly Digest[]): Promise<Map<string, string>> {
  const rows = await db.all<{ digest: string; facts: string }>(
    'SELECT digest, facts FROM entry WHERE digest IN (SELECT value FROM json_each(?))',
    JSON.stringify(digests),
  );
  return new Map(rows.map(({ digest, facts }) => [digest, facts]));
}

/** All in one transaction: a power cut leaves the old index or the new one. */
function rebuild(
  db: Db,
  paths: Paths,
  serials: readonly Serial[],
  onLaptop?: (serial: Serial, done: number, of: number) => void,
): Promise<number> {
  return db.transaction(async (tx) => {
    for (const table of ['snapshot', 'success', 'usage', 'entry', 'filled'])
      await tx.run(`DELETE FROM ${table}`);
    failpoint('rebuild.cleared');
    let found = 0;
    for (const [index, serial] of serials.entries()) {
      const manifests = ifReadable(() => listSnapshots(paths, serial));
      await insertSnapshots(tx, manifests);
      const success = readLastSuccess(paths, serial)?.time;
      if (success) await tx.run('INSERT INTO success VALUES (?, ?)', serial, success);
      found += manifests.length;
      failpoint('rebuild.laptop');
      onLaptop?.(serial, index + 1, serials.length);
    }
    await tx.run("INSERT INTO filled VALUES (datetime('now'))");
    failpoint('rebuild.filled');
    return found;
  });
}

function insertUsage(db: Db, usage: Omit<LaptopUsage, 'time'>, time: Date): Promise<void> {
  const { serial, bytes, inodes, quotaBytes, stuck, leftBytes } = usage;
  const values = [serial, bytes, inodes, quotaBytes, stuck, time.toISOString(), leftBytes];
  return db.run('INSERT OR REPLACE INTO usage VALUES (?, ?, ?, ?, ?, ?, ?)', ...values);
}

function insertEntryFacts(db: Db, facts: readonly (readonly [Digest, string])[]): Promise<void> {
  return db.transaction(async (tx) => {
    await tx.runMany('INSERT OR REPLACE INTO entry (digest, facts) VALUES (?, ?)', facts);
    await tx.run('DELETE FROM entry WHERE rowid <= (SELECT max(rowid) FROM entry) - ?', KEPT_FACTS);
  });
}

/** Cached facts about versions of entries, about 400 bytes each. */
const KEPT_FACTS = 1_000_000;
/** Days of service from which growth is extrapolated. */
const KEPT_DAYS = 90;

const OVERVIEW = `
  SELECT known.serial,
         (SELECT count(*) FROM snapshot WHERE serial = known.serial) AS snapshots,
         newest.name AS newest, newest.entries, newest.bytes, success.time AS lastSuccess
  FROM (SELECT serial FROM snapshot UNION SELECT serial FROM success) AS known
  LEFT JOIN snapshot AS newest ON newest.serial = known.serial AND newest.sequence =
            (SELECT max(sequence) FROM snapshot WHERE serial = known.serial)
  LEFT JOIN success ON success.serial = known.serial
  ORDER BY known.serial`;

function insertSnapshots(db: Queries, manifests: readonly Snapshot[]): Promise<void> {
  return db.runMany(
    'INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    manifests.map((m) => [
      m.serial,
      m.sequence,
      m.name,
      m.created,
      m.entries,
      m.bytes,
      m.state,
      m.source,
      stampOf(m.folder),
    ]),
  );
}
