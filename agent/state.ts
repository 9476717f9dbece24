/**
 * What the agent remembers between runs, in `state.db`. All of it only saves work: deleting the file
 * at any moment is harmless, since the Journal and the server can be asked again.
 */
import { rmSync } from 'node:fs';
import { isErrno } from '../shared/errors.ts';
import type { Digest, RunId, Serial, SnapshotName, Uid } from '../shared/ids.ts';
import type { Signature } from '../shared/journal/journal-tree.ts';
import { difference, type Versions } from '../shared/journal/sums.ts';
import { type Db, openDb, type Queries } from '../shared/system/db.ts';
import { forgiving, isBroken } from './forgiving-db.ts';

const MIGRATIONS = [
  `CREATE TABLE entries (uid TEXT PRIMARY KEY, signature TEXT, digest TEXT NOT NULL, content TEXT)
     WITHOUT ROWID;
   CREATE TABLE confirmed (uid TEXT PRIMARY KEY, digest TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE arrived (uid TEXT PRIMARY KEY, digest TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE contents (uid TEXT PRIMARY KEY, digest TEXT NOT NULL, content TEXT NOT NULL)
     WITHOUT ROWID;
   CREATE TABLE restores (snapshot TEXT PRIMARY KEY, entries INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE restored (snapshot TEXT NOT NULL, uid TEXT NOT NULL, digest TEXT NOT NULL,
     PRIMARY KEY (snapshot, uid)) WITHOUT ROWID;`,
  // Snapshots of two laptops may have the same name. Empty stands for this laptop.
  `ALTER TABLE restores RENAME TO restores1;
   ALTER TABLE restored RENAME TO restored1;
   CREATE TABLE restores (owner TEXT NOT NULL, snapshot TEXT NOT NULL, entries INTEGER NOT NULL,
     PRIMARY KEY (owner, snapshot)) WITHOUT ROWID;
   CREATE TABLE restored (owner TEXT NOT NULL, snapshot TEXT NOT NULL, uid TEXT NOT NULL,
     digest TEXT NOT NULL, PRIMARY KEY (owner, snapshot, uid)) WITHOUT ROWID;
   INSERT INTO restores SELECT '', snapshot, entries FROM restores1;
   INSERT INTO restored SELECT '', snapshot, uid, digest FROM restored1;
   DROP TABLE restores1;
   DROP TABLE restored1;`,
  'CREATE TABLE own_pins (uid TEXT PRIMARY KEY, digest TEXT NOT NULL) WITHOUT ROWID;',
  'CREATE TABLE problems (uid TEXT NOT NULL, problem TEXT NOT NULL, partial INTEGER NOT NULL);',
];

/** A local entry when it was last read. */
export interface KnownEntry {
  /** Null when it changed so recently that a later change could look the same: it is read again. */
  signature: Signature | null;
  digest: Digest;
  /** Null for an entry without content. */
  content: Digest | null;
}

/** What is wrong with one entry. */
export interface Problem {
  /** The entry, or the two-letter folder whose entries cannot be listed. */
  uid: Uid | Prefix;
  /** A sentence for a person. */
  problem: string;
  /** The entry itself is read and backed up, without what the sentence is about. */
  partial?: true;
}

/** The name of a two-letter folder of the Journal. */
export type Prefix = `${string}/`;

/** When a backup last read the Journal. */
export interface LastReading {
  boot: string;
  /** The file system's time at its end, in nanoseconds since 1970. */
  moment: bigint;
  /** How many there were before it. */
  count: number;
}

/** The snapshot that is restored; of this laptop unless `of` names another. */
export interface Origin {
  of: Serial | undefined;
  snapshot: SnapshotName;
}

/** The newest snapshot the server confirmed. */
export interface Base {
  snapshot: SnapshotName;
  sequence: number;
  state: Digest;
}

export interface Confirmed extends Base {
  versions: Map<Uid, Digest>;
}

/** `of` is empty for this laptop. */
export interface UnfinishedRestore {
  of: Serial | '';
  snapshot: SnapshotName;
  entries: number;
  restored: number;
}

const NOT_A_DATABASE = ['SQLITE_NOTADB', 'SQLITE_CORRUPT'];

/**
 * Opens the memory; a damaged one is replaced by an empty one. Where the file cannot be used, as on a damaged
 * disk, `onLoss` is called, at once or later, and what should be remembered is forgotten at the end.
 */
export async function openState(path: string, onLoss: () => void = () => {}): Promise<State> {
  const open = async () => State.load(await openDb(path, MIGRATIONS), onLoss);
  try {
    try {
      return await open();
    } catch (error) {
      const cause = error instanceof Error ? (error.cause ?? error) : error;
      if (!isErrno(cause, ...NOT_A_DATABASE)) throw error;
      for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
      return await open();
    }
  } catch (error) {
    if (!isBroken(error)) throw error;
    onLoss();
    return State.load(await openDb(':memory:', MIGRATIONS), onLoss);
  }
}

export class State implements AsyncDisposable {
  readonly entries = new Map<Uid, KnownEntry>();
  /** Versions whose files are complete in the server's incoming/, for the current base. */
  readonly arrived = new Map<Uid, Digest>();
  /** Content digests of the base's entries, as far as known; null for an entry without content. */
  readonly baseContents = new Map<Uid, Digest | null>();
  confirmed: Confirmed | undefined;
  /** A run whose completion file was sent, or was about to be, and has no answer yet. */
  underWay: RunId | undefined;
  /** Entries were written into the Journal's folders that Sugar's index may not have yet. */
  indexDoubtful = false;
  lastReading: LastReading | undefined;
  /** The digest of the last report of what is not safe that the server has. */
  reported: Digest | undefined;
  /** What was wrong with entries when the last backup read them. */
  problems: Problem[] = [];
  readonly #db: Db;

  private constructor(db: Db) {
    this.#db = db;
  }

  /** Throws what reading it throws; later losses are only told of. */
  static async load(db: Db, onLoss: () => void): Promise<State> {
    const state = new State(forgiving(db, onLoss));
    try {
      await state.#read(db);
      return state;
    } catch (error) {
      await db[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #read(db: Db): Promise<void> {
    type Row = { uid: Uid; digest: Digest };
    type ProblemRow = Omit<Problem, 'partial'> & { partial: number };
    const [entries, confirmed, arrived, contents, facts, problems] = await Promise.all([
      db.all<Row & KnownEntry>('SELECT uid, signature, digest, content FROM entries'),
      db.all<Row>('SELECT uid, digest FROM confirmed'),
      db.all<Row>('SELECT uid, digest FROM arrived'),
      db.all<Row & { content: string }>('SELECT uid, digest, content FROM contents'),
      db.all<{ name: string; value: string }>('SELECT name, value FROM facts'),
      db.all<ProblemRow>('SELECT uid, problem, partial FROM problems'),
    ]);
    this.problems = problems.map(({ partial, ...one }) => ({
      ...one,
      ...(partial && { partial: true }),
    }));
    for (const { uid, signature, digest, content } of entries) {
      this.entries.set(uid, { signature, digest, content });
    }
    for (const { uid, digest } of arrived) this.arrived.set(uid, digest);
    const values = new Map(facts.map(({ name, value }) => [name, value]));
    const base = values.get('base');
    if (base !== undefined) {
      const versions = new Map(confirmed.map(({ uid, digest }) => [uid, digest]));
      this.confirmed = { ...(JSON.parse(base) as Base), versions };
      for (const { uid, content } of entries) {
        if (versions.get(uid) === this.entries.get(uid)?.digest)
          this.baseContents.set(uid, content);
      }
      for (const { uid, digest, content } of contents) {
        if (versions.get(uid) === digest) this.baseContents.set(uid, (content || null) as Digest);
      }
    }
    this.underWay = values.get('run') as RunId | undefined;
    this.indexDoubtful = values.has('index');
    this.reported = values.get('reported') as Digest | undefined;
    const [boot = '', moment, count = '0'] = values.get('reading')?.split(' ') ?? [];
    if (moment === undefined) return;
    this.lastReading = { boot, moment: BigInt(moment), count: Number(count) };
  }

  /** Remembers what was read, and forgets entries that were deleted. */
  async rememberEntries(read: ReadonlyMap<Uid, KnownEntry>, gone: Iterable<Uid>): Promise<void> {
    const goneList = [...gone].filter((uid) => this.entries.has(uid));
    if (read.size === 0 && goneList.length === 0) return;
    // What the base's content was must survive the entry's own row being replaced.
    const kept = [...read.keys()].flatMap((uid) => {
      const content = this.baseContents.get(uid);
      const digest = this.confirmed?.versions.get(uid);
      return content === undefined || !digest ? [] : [[uid, digest, content ?? ''] as const];
    });
    await this.#db.transaction(async (tx) => {
      await tx.runMany('INSERT OR REPLACE INTO contents VALUES (?, ?, ?)', kept);
      await tx.runMany(
        'INSERT OR REPLACE INTO entries (uid, signature, digest, content) VALUES (?, ?, ?, ?)',
        [...read].map(([uid, known]) => [uid, known.signature, known.digest, known.content]),
      );
      await tx.runMany(
        'DELETE FROM entries WHERE uid = ?',
        goneList.map((uid) => [uid]),
      );
    });
    for (const [uid, known] of read) {
      this.entries.set(uid, known);
      if (this.confirmed?.versions.get(uid) === known.digest) {
        this.baseContents.set(uid, known.content);
      }
    }
    for (const uid of goneList) this.entries.delete(uid);
  }

  /** Notes that a backup has just read the Journal. */
  async rememberReading(reading: Omit<LastReading, 'count'>): Promise<void> {
    const count = (this.lastReading?.count ?? -1) + 1;
    await setFact(this.#db, 'reading', `${reading.boot} ${reading.moment} ${count}`);
    this.lastReading = { ...reading, count };
  }

  async rememberReport(report: Digest): Promise<void> {
    if (report === this.reported) return;
    await setFact(this.#db, 'reported', report);
    this.reported = report;
  }

  /** Replaces all of them. */
  async rememberProblems(problems: readonly Problem[]): Promise<void> {
    if (JSON.stringify(problems) === JSON.stringify(this.problems)) return;
    await this.#db.transaction(async (tx) => {
      await tx.run('DELETE FROM problems');
      await tx.runMany(
        'INSERT INTO problems VALUES (?, ?, ?)',
        problems.map(({ uid, problem, partial }) => [uid, problem, partial ? 1 : 0]),
      );
    });
    this.problems = [...problems];
  }

  async rememberArrived(versions: Versions): Promise<void> {
    await this.#db.runMany('INSERT OR REPLACE INTO arrived VALUES (?, ?)', versions);
    for (const [uid, digest] of versions) this.arrived.set(uid, digest);
  }

  async forgetArrived(uids: readonly Uid[]): Promise<void> {
    await this.#db.runMany(
      'DELETE FROM arrived WHERE uid = ?',
      uids.map((uid) => [uid]),
    );
    for (const uid of uids) this.arrived.delete(uid);
  }

  async rememberRun(run: RunId | undefined): Promise<void> {
    if (run) await setFact(this.#db, 'run', run);
    else await this.#db.run("DELETE FROM facts WHERE name = 'run'");
    this.underWay = run;
  }

  /** The server has this snapshot: it is the base from now on, and incoming/ is empty. */
  async confirm(confirmed: Confirmed): Promise<void> {
    const before: Versions = this.confirmed?.versions ?? new Map();
    const { changed, removed } = difference(before, confirmed.versions);
    const { snapshot, sequence, state } = confirmed;
    await this.#db.transaction(async (tx) => {
      // Without a base the table should be empty; a half-forgotten one must not survive.
      if (!this.confirmed) await tx.run('DELETE FROM confirmed');
      await tx.runMany('INSERT OR REPLACE INTO confirmed VALUES (?, ?)', changed);
      await tx.runMany(
        'DELETE FROM confirmed WHERE uid = ?',
        removed.map((uid) => [uid]),
      );
      await setFact(tx, 'base', JSON.stringify({ snapshot, sequence, state }));
      await tx.run('DELETE FROM arrived');
      await tx.run('DELETE FROM contents');
      await tx.run("DELETE FROM facts WHERE name = 'run'");
    });
    this.confirmed = confirmed;
    this.underWay = undefined;
    this.arrived.clear();
    this.baseContents.clear();
    for (const [uid, { digest, content }] of this.entries) {
      if (confirmed.versions.get(uid) === digest) this.baseContents.set(uid, content);
    }
  }

  /** The server's newest snapshot is another one, or there is none. */
  async forgetBase(): Promise<void> {
    await this.#db.transaction(async (tx) => {
      for (const table of ['confirmed', 'arrived', 'contents'])
        await tx.run(`DELETE FROM ${table}`);
      await tx.run("DELETE FROM facts WHERE name IN ('base', 'run', 'reported')");
    });
    this.confirmed = undefined;
    this.underWay = undefined;
    this.reported = undefined;
    this.arrived.clear();
    this.baseContents.clear();
  }

  /** Notes that a restore has begun. Returns what an unfinished one has already written. */
  async beginRestore(origin: Origin, entries: number): Promise<Map<Uid, Digest>> {
    const key = keyOf(origin);
    await this.#db.run('INSERT OR REPLACE INTO restores VALUES (?, ?, ?)', ...key, entries);
    const rows = await this.#db.all<{ uid: Uid; digest: Digest }>(
      'SELECT uid, digest FROM restored WHERE owner = ? AND snapshot = ?',
      ...key,
    );
    return new Map(rows.map(({ uid, digest }) => [uid, digest]));
  }

  async rememberRestored(origin: Origin, versions: Versions): Promise<void> {
    await this.#db.runMany(
      'INSERT OR REPLACE INTO restored VALUES (?, ?, ?, ?)',
      [...versions].map((version) => [...keyOf(origin), ...version]),
    );
  }

  /** These are not in the Journal any more, and are restored again. */
  async forgetRestored(origin: Origin, uids: readonly Uid[]): Promise<void> {
    await this.#db.runMany(
      'DELETE FROM restored WHERE owner = ? AND snapshot = ? AND uid = ?',
      uids.map((uid) => [...keyOf(origin), uid]),
    );
  }

  async rememberIndex(doubtful: boolean): Promise<void> {
    if (doubtful === this.indexDoubtful) return;
    if (doubtful) await setFact(this.#db, 'index', 'doubtful');
    else await this.#db.run("DELETE FROM facts WHERE name = 'index'");
    this.indexDoubtful = doubtful;
  }

  /** The version of an entry that was pinned to keep its content at school, not by the child. */
  async ownPin(uid: Uid): Promise<Digest | undefined> {
    const query = 'SELECT digest FROM own_pins WHERE uid = ?';
    return (await this.#db.all<{ digest: Digest }>(query, uid))[0]?.digest;
  }

  async rememberOwnPin(uid: Uid, digest: Digest | undefined): Promise<void> {
    if (digest) await this.#db.run('INSERT OR REPLACE INTO own_pins VALUES (?, ?)', uid, digest);
    else await this.#db.run('DELETE FROM own_pins WHERE uid = ?', uid);
  }

  /** The restore is finished: a later one does not take changes since then for its own work. */
  async endRestore(origin: Origin): Promise<void> {
    await this.#db.transaction(async (tx) => {
      for (const table of ['restored', 'restores']) {
        await tx.run(`DELETE FROM ${table} WHERE owner = ? AND snapshot = ?`, ...keyOf(origin));
      }
    });
  }

  /** Restores that were begun and not finished, with how many entries they have written. */
  unfinishedRestores(): Promise<UnfinishedRestore[]> {
    return this.#db.all(
      `SELECT owner AS of, snapshot, entries, (SELECT count(*) FROM restored
         WHERE restored.owner = restores.owner AND restored.snapshot = restores.snapshot)
         AS restored FROM restores`,
    );
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#db[Symbol.asyncDispose]();
  }
}

const keyOf = ({ of, snapshot }: Origin) => [of ?? '', snapshot] as const;

function setFact(db: Queries, name: string, value: string): Promise<void> {
  return db.run('INSERT OR REPLACE INTO facts VALUES (?, ?)', name, value);
}
