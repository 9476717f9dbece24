/**
 * A database of what the disk can tell again, which answers whatever its own disk does. A file that SQLite cannot
 * read is set aside and made anew. Where the disk takes nothing, the database is in memory and a fault says so;
 * once the disk takes something again, it is put back there.
 */
import { chmodSync, closeSync, existsSync, openSync, renameSync, rmSync } from 'node:fs';
import { DsError, isErrno } from '../../shared/errors.ts';
import { type Db, openDb } from '../../shared/system/db.ts';
import type { Faults, Part } from './faults.ts';

/** Of the database and its journal. */
const PRIVATE = 0o600;
/** From one attempt to put it back on the disk to the next, in milliseconds. */
const AGAIN_MS = 60_000;
const MEMORY = ':memory:';

export interface LastingDb extends AsyncDisposable {
  /** Does the work; once more if the database had to be replaced. Throws what has nothing to do with its disk. */
  use<T>(work: (db: Db) => Promise<T>): Promise<T>;
  /** Puts it back on the disk if it is in memory; once a minute at most. Never throws. */
  revive(): Promise<void>;
}

export interface LastingOptions {
  file: string;
  migrations: readonly string[];
  faults: Faults;
  /** Whose fault it is. */
  part: Part;
  /** Fills an empty one. */
  fill: (fresh: Db) => Promise<unknown>;
}

/** Throws for a file that a newer version has written: somebody has to decide. */
export async function openLastingDb(options: LastingOptions): Promise<LastingDb> {
  const lasting = new Lasting(options);
  await lasting.open();
  return lasting;
}

class Lasting implements LastingDb {
  readonly #options: LastingOptions;
  #db: Db | undefined;
  #isInMemory = false;
  #replacing: Promise<void> | undefined;
  /** What is at work in the present database. */
  readonly #working = new Set<Promise<unknown>>();
  #nextTry = 0;

  constructor(options: LastingOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    const { file, migrations } = this.#options;
    try {
      makePrivate(file);
      this.#db = await openDb(file, migrations).catch((error: unknown) => {
        const cause = error instanceof DsError ? error.cause : undefined;
        if (!isDamage(cause)) throw error;
        putAside(file);
        makePrivate(file);
        return openDb(file, migrations);
      });
    } catch (error) {
      if (error instanceof DsError && error.cause === undefined) throw error;
      await this.#intoMemory(error);
    }
  }

  async use<T>(work: (db: Db) => Promise<T>): Promise<T> {
    await this.#replacing;
    const used = this.#present();
    const attempt = work(used);
    this.#working.add(attempt);
    try {
      return await attempt;
    } catch (error) {
      this.#working.delete(attempt);
      // What was closed meanwhile fails in a way of its own.
      const isReplaced = this.#replacing !== undefined || used !== this.#db;
      const isOfDisk = isDamage(error) || isFull(error);
      if (!isReplaced && (!isOfDisk || this.#isInMemory)) throw error;
      if (!isReplaced) this.#replace(() => this.#anew(error));
      await this.#replacing;
      return work(this.#present());
    } finally {
      this.#working.delete(attempt);
    }
  }

  async revive(): Promise<void> {
    if (!this.#isInMemory || this.#replacing || performance.now() < this.#nextTry) return;
    this.#nextTry = performance.now() + AGAIN_MS;
    this.#replace(() => this.#ontoDisk());
    await this.#replacing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#replacing;
    await this.#db?.[Symbol.asyncDispose]();
  }

  #present(): Db {
    if (!this.#db) throw new DsError('internal', 'the database is not open');
    return this.#db;
  }

  #replace(work: () => Promise<void>): void {
    this.#replacing = work().finally(() => {
      this.#replacing = undefined;
    });
  }

  /** A damaged one is set aside; a full disk keeps the old one, which tells nothing new from now on. */
  async #anew(error: unknown): Promise<void> {
    const { file, migrations, fill } = this.#options;
    await close(this.#present());
    try {
      if (isFull(error)) throw error;
      putAside(file);
      makePrivate(file);
      this.#db = await openDb(file, migrations);
      await fill(this.#db);
    } catch (cause) {
      await close(this.#present());
      await this.#intoMemory(cause);
      await fill(this.#present());
    }
  }

  async #intoMemory(why: unknown): Promise<void> {
    const { faults, part, migrations } = this.#options;
    faults.note(part, why);
    this.#db = await openDb(MEMORY, migrations);
    this.#isInMemory = true;
  }

  /** Everything it knows, in the place of the file that nobody wrote to meanwhile. */
  async #ontoDisk(): Promise<void> {
    const { file, migrations, faults, part } = this.#options;
    const fresh = `${file}.new`;
    await Promise.allSettled(this.#working);
    const memory = this.#present();
    try {
      rmSync(fresh, { force: true });
      await memory.run('VACUUM INTO ?', fresh);
      chmodSync(fresh, PRIVATE);
      removeJournal(file);
      renameSync(fresh, file);
      makePrivate(file);
      this.#db = await openDb(file, migrations);
      this.#isInMemory = false;
      await close(memory);
      faults.clear(part);
    } catch (error) {
      rmSync(fresh, { force: true });
      faults.note(part, error);
    }
  }
}

/** It has titles and tags, so only the service reads it. SQLite gives its other files the same mode. */
function makePrivate(file: string): void {
  if (!existsSync(file)) closeSync(openSync(file, 'a', PRIVATE));
  for (const path of [file, `${file}-wal`, `${file}-shm`]) {
    if (existsSync(path)) chmodSync(path, PRIVATE);
  }
}

function putAside(file: string): void {
  renameSync(file, `${file}.damaged`);
  removeJournal(file);
}

function removeJournal(file: string): void {
  for (const part of ['-wal', '-shm']) rmSync(`${file}${part}`, { force: true });
}

/** It may be damaged, or closed. */
async function close(db: Db): Promise<void> {
  await Promise.resolve(db[Symbol.asyncDispose]()).catch(() => {});
}

/** A bad page or a failing disk, also one that has become read-only. */
function isDamage(error: unknown): boolean {
  return isErrno(error, 'SQLITE_NOTADB', 'SQLITE_CORRUPT', 'SQLITE_IOERR');
}

/** What it is told from now on would be lost without a word. */
function isFull(error: unknown): boolean {
  return isErrno(error, 'SQLITE_FULL', 'SQLITE_READONLY', 'SQLITE_CANTOPEN');
}
