/**
 * The index of what lies in the library, in SQLite: quick answers about all laptops at once. The
 * disk is the truth; a database that is absent is made anew from it.
 */
import { existsSync } from 'node:fs';
import { type Db, openDb } from '../shared/db.ts';
import type { Serial } from '../shared/ids.ts';
import type { Manifest } from '../shared/protocol.ts';
import { inState, type Paths } from './paths.ts';
import { listSnapshots } from './snapshots.ts';

const MIGRATIONS = [
  `CREATE TABLE snapshot (
     serial TEXT NOT NULL, sequence INTEGER NOT NULL, name TEXT NOT NULL, created TEXT NOT NULL,
     entries INTEGER NOT NULL, bytes INTEGER NOT NULL, state TEXT NOT NULL, source TEXT NOT NULL,
     PRIMARY KEY (serial, sequence)
   ) WITHOUT ROWID;
   CREATE TABLE success (serial TEXT PRIMARY KEY, time TEXT NOT NULL) WITHOUT ROWID;`,
];

export interface LaptopOverview {
  serial: string;
  snapshots: number;
  newest: string | null;
  entries: number | null;
  bytes: number | null;
  /** When its Journal was last known to be safe; ISO 8601 by the server's clock. */
  lastSuccess: string | null;
}

export interface Store extends AsyncDisposable {
  recordSnapshot(manifest: Manifest): Promise<void>;
  recordSuccess(serial: Serial, time: Date): Promise<void>;
  overview(): Promise<LaptopOverview[]>;
}

/** Opens the index, filling it from the library if it was not there. */
export async function openStore(paths: Paths, serials: () => readonly Serial[]): Promise<Store> {
  const file = inState(paths).database;
  const absent = !existsSync(file);
  const db = await openDb(file, MIGRATIONS);
  const store: Store = {
    recordSnapshot: (manifest) => insertSnapshots(db, [manifest]),
    recordSuccess: (serial, time) =>
      db.run('INSERT OR REPLACE INTO success VALUES (?, ?)', serial, time.toISOString()),
    overview: () => db.all<LaptopOverview>(OVERVIEW),
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  };
  if (absent) {
    for (const serial of serials()) await insertSnapshots(db, listSnapshots(paths, serial));
  }
  return store;
}

const OVERVIEW = `
  SELECT known.serial,
         (SELECT count(*) FROM snapshot WHERE serial = known.serial) AS snapshots,
         newest.name AS newest, newest.entries, newest.bytes, success.time AS lastSuccess
  FROM (SELECT serial FROM snapshot UNION SELECT serial FROM success) AS known
  LEFT JOIN snapshot AS newest ON newest.serial = known.serial AND newest.sequence =
            (SELECT max(sequence) FROM snapshot WHERE serial = known.serial)
  LEFT JOIN success ON success.serial = known.serial
  ORDER BY known.serial`;

function insertSnapshots(db: Db, manifests: readonly Manifest[]): Promise<void> {
  return db.runMany(
    'INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    manifests.map((m) => [
      m.serial,
      m.sequence,
      m.name,
      m.created,
      m.entries,
      m.bytes,
      m.state,
      m.source,
    ]),
  );
}
