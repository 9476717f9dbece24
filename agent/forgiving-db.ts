/**
 * A database that only saves work: where its file cannot be written any more, as on a damaged disk, what should
 * be remembered is forgotten, and the work goes on.
 */
import { isErrno } from '../shared/errors.ts';
import type { Db } from '../shared/system/db.ts';

const BROKEN = [
  ...['SQLITE_IOERR', 'SQLITE_CANTOPEN', 'SQLITE_READONLY', 'SQLITE_PERM', 'SQLITE_CORRUPT'],
  ...['EACCES', 'EPERM', 'EIO', 'EUCLEAN', 'ESTALE', 'EROFS', 'ENOTDIR'],
];

/** Whether the file itself is the trouble, and not that it is full, locked or of a newer version. */
export function isBroken(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return isErrno(cause, ...BROKEN);
}

/** Calls `onLoss` at the first write that is lost. */
export function forgiving(db: Db, onLoss: () => void): Db {
  let isLost = false;
  const orNothing = async <T>(work: Promise<T>, nothing: T): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (!isBroken(error)) throw error;
      if (!isLost) onLoss();
      isLost = true;
      return nothing;
    }
  };
  return {
    run: (sql, ...values) => orNothing(db.run(sql, ...values), undefined),
    runMany: (sql, rows) => orNothing(db.runMany(sql, rows), undefined),
    all: (sql, ...values) => orNothing(db.all(sql, ...values), []),
    get: (sql, ...values) => orNothing(db.get(sql, ...values), undefined),
    transaction: (work) => orNothing(db.transaction(work), undefined as never),
    [Symbol.asyncDispose]: async () => {
      await orNothing(Promise.resolve(db[Symbol.asyncDispose]()), undefined);
    },
  };
}
