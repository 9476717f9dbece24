/**
 * SQLite with promises; the only file that imports the sqlite3 package.
 *
 * WAL and `synchronous=NORMAL`: a power cut loses at most the last transactions and never the file.
 * That is enough, since both databases can be rebuilt from the disk.
 */
import { mkdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sqlite3 from 'sqlite3';
import { asDsError, DsError, isErrno } from '../errors.ts';

export type SqlValue = string | number | bigint | Buffer | null;

/** Queries, inside or outside of a transaction. */
export interface Queries {
  run(sql: string, ...values: SqlValue[]): Promise<void>;
  all<Row>(sql: string, ...values: SqlValue[]): Promise<Row[]>;
  get<Row>(sql: string, ...values: SqlValue[]): Promise<Row | undefined>;
  /** Runs one statement for each row of values. */
  runMany(sql: string, rows: Iterable<readonly SqlValue[]>): Promise<void>;
}

export interface Db extends Queries, AsyncDisposable {
  /**
   * Runs `work` completely or not at all. Only queries through `tx` belong to the transaction; all
   * others wait for its end, so using `db` itself inside is a deadlock.
   */
  transaction<T>(work: (tx: Queries) => Promise<T>): Promise<T>;
}

/** How long to wait for another program that uses the file, in milliseconds. */
const BUSY_MS = 5000;
const BUSY_AGAIN_MS = 20;
const BUSY = ['SQLITE_BUSY', 'SQLITE_LOCKED'];

/**
 * Opens the database, creates its folder and migrates its tables to the newest version. `migrations`
 * run in order, each once; their number is stored in `user_version`. Throws `internal` for a file
 * that is not a database or is newer than we are. This and every query throw `busy` while another program
 * keeps the file locked for longer than `busyMs`.
 */
export async function openDb(
  path: string,
  migrations: readonly string[],
  busyMs: number = BUSY_MS,
): Promise<Db> {
  mkdirSync(dirname(path), { recursive: true });
  const handle = await new Promise<sqlite3.Database>((resolve, reject) => {
    const opened: sqlite3.Database = new sqlite3.Database(path, (error) =>
      error ? reject(error) : resolve(opened),
    );
  });
  const db = wrap(handle, path);
  try {
    handle.configure('busyTimeout', busyMs);
    await writeAhead(db, busyMs);
    await db.run('PRAGMA synchronous = NORMAL');
    await migrate(db, handle, path, migrations);
    return db;
  } catch (cause) {
    await db[Symbol.asyncDispose]();
    if (cause instanceof DsError) throw cause;
    throw new DsError('internal', `cannot use the database ${path}`, { cause });
  }
}

/**
 * Opens a database of another program without changing it. Throws `unreadable` where that is impossible,
 * for example for a file that is not a database.
 */
export async function openForReading(path: string): Promise<Pick<Db, 'all'> & AsyncDisposable> {
  try {
    const handle = await new Promise<sqlite3.Database>((resolve, reject) => {
      const opened: sqlite3.Database = new sqlite3.Database(path, sqlite3.OPEN_READONLY, (error) =>
        error ? reject(error) : resolve(opened),
      );
    });
    handle.configure('busyTimeout', BUSY_MS);
    return wrap(handle, path);
  } catch (cause) {
    throw new DsError('unreadable', `cannot read the database ${path}`, { cause });
  }
}

/** If two processes open a new file, SQLite does not wait for this lock, whatever its time-out. */
async function writeAhead(db: Db, busyMs: number): Promise<void> {
  for (let waited = 0; ; waited += BUSY_AGAIN_MS) {
    try {
      return await db.run('PRAGMA journal_mode = WAL');
    } catch (error) {
      if (asDsError(error).code !== 'busy' || waited >= busyMs) throw error;
      await sleep(BUSY_AGAIN_MS);
    }
  }
}

async function migrate(
  db: Db,
  handle: sqlite3.Database,
  path: string,
  migrations: readonly string[],
): Promise<void> {
  const version = await versionOf(db);
  if (version > migrations.length) {
    throw new DsError('internal', `${path} was written by a newer version of ds-backup`, {
      hint: 'install that version again, or move the file away: it is rebuilt from the disk',
    });
  }
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue;
    await db.transaction(async (tx) => {
      if ((await versionOf(tx)) > index) return; // another process has done it
      await new Promise<void>((resolve, reject) =>
        handle.exec(sql, (error) => (error ? reject(error) : resolve())),
      );
      await tx.run(`PRAGMA user_version = ${index + 1}`);
    });
  }
}

async function versionOf(queries: Queries): Promise<number> {
  const row = await queries.get<{ user_version: number }>('PRAGMA user_version');
  return row?.user_version ?? 0;
}

function wrap(handle: sqlite3.Database, path: string): Db {
  const direct = queries(handle);
  // A connection has one transaction at a time: everything from outside queues up here.
  let last: Promise<unknown> = Promise.resolve();
  const queue = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result.catch((error: unknown) => {
      throw isErrno(error, ...BUSY) ? locked(path, error) : error;
    });
  };
  const transaction = async <T>(work: (tx: Queries) => Promise<T>): Promise<T> => {
    await direct.run('BEGIN IMMEDIATE');
    try {
      const result = await work(direct);
      await direct.run('COMMIT');
      return result;
    } catch (error) {
      await direct.run('ROLLBACK').catch(() => {}); // the first error is the one that matters
      throw error;
    }
  };
  return {
    run: (sql, ...values) => queue(() => direct.run(sql, ...values)),
    all: (sql, ...values) => queue(() => direct.all(sql, ...values)),
    get: (sql, ...values) => queue(() => direct.get(sql, ...values)),
    runMany: (sql, rows) => queue(() => transaction((tx) => tx.runMany(sql, rows))),
    transaction: (work) => queue(() => transaction(work)),
    [Symbol.asyncDispose]: () =>
      queue(
        () =>
          new Promise((resolve, reject) =>
            handle.close((error) => (error ? reject(error) : resolve())),
          ),
      ),
  };
}

function locked(path: string, cause: unknown): DsError {
  return new DsError('busy', `another program keeps ${basename(path)} locked`, {
    hint: 'close the program that shows this file, then try again',
    retry: true,
    cause,
  });
}

function queries(handle: sqlite3.Database): Queries {
  return {
    run: (sql, ...values) =>
      new Promise((resolve, reject) =>
        handle.run(sql, values, (error) => (error ? reject(error) : resolve())),
      ),
    all: <Row>(sql: string, ...values: SqlValue[]) =>
      new Promise<Row[]>((resolve, reject) =>
        handle.all<Row>(sql, values, (error, rows) => (error ? reject(error) : resolve(rows))),
      ),
    get: <Row>(sql: string, ...values: SqlValue[]) =>
      new Promise<Row | undefined>((resolve, reject) =>
        handle.get<Row>(sql, values, (error, row) => (error ? reject(error) : resolve(row))),
      ),
    runMany: async (sql, rows) => {
      // Without a callback, a statement that cannot be prepared would end the process.
      const statement = await new Promise<sqlite3.Statement>((resolve, reject) => {
        const made: sqlite3.Statement = handle.prepare(sql, (error: Error | null) =>
          error ? reject(error) : resolve(made),
        );
      });
      const runs: Promise<void>[] = [];
      for (const row of rows) {
        runs.push(
          new Promise<void>((resolve, reject) =>
            statement.run(row, (error: Error | null) => (error ? reject(error) : resolve())),
          ),
        );
      }
      const results = await Promise.allSettled(runs);
      await new Promise<void>((resolve) => statement.finalize(() => resolve()));
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    },
  };
}
