import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { asDsError } from '../../../shared/errors.ts';
import { openDb } from '../../../shared/system/db.ts';
import { temporaryFolder } from '../folder.ts';
import { refusedLater } from '../refused.ts';

const test = suite('database');
const folder = temporaryFolder(test);
let count = 0;

function fresh(): string {
  count += 1;
  return join(folder, `${count}`, 'made by openDb', 'x.db');
}

const FIRST = 'CREATE TABLE entry (uid TEXT PRIMARY KEY, digest TEXT NOT NULL) WITHOUT ROWID';
const SECOND = "ALTER TABLE entry ADD COLUMN title TEXT; UPDATE entry SET title = 'none';";

async function rejection(promise: Promise<unknown>): Promise<Error> {
  const [outcome] = await Promise.allSettled([promise]);
  if (outcome?.status !== 'rejected') throw new Error('was not refused');
  return outcome.reason;
}

test('makes its folder and its tables, and keeps what is written', async () => {
  const path = fresh();
  {
    await using db = await openDb(path, [FIRST]);
    await db.run('INSERT INTO entry VALUES (?, ?)', 'a', '1');
  }
  await using db = await openDb(path, [FIRST]);
  assert.equal(await db.all('SELECT * FROM entry'), [{ uid: 'a', digest: '1' }]);
  assert.is(await db.get('SELECT * FROM entry WHERE uid = ?', 'x'), undefined);
});

test('several may open a new file at once: the migrations run once, and nobody is refused', async () => {
  for (let round = 0; round < 10; round += 1) {
    const path = fresh();
    const opened = await Promise.allSettled([1, 2, 3, 4].map(() => openDb(path, [FIRST, SECOND])));
    const refused = opened.flatMap((one) => (one.status === 'rejected' ? [one.reason.cause] : []));
    for (const one of opened)
      if (one.status === 'fulfilled') await one.value[Symbol.asyncDispose]();
    assert.equal(refused, []);
  }
});

test('a file that another program keeps locked is named, and the words say what to do', async () => {
  const path = fresh();
  await using db = await openDb(path, [FIRST], 1);
  await using viewer = await openDb(path, [FIRST], 1);
  await viewer.transaction(async () => {
    for (const work of [
      () => db.run("INSERT INTO entry VALUES ('a', '1')"),
      () => db.transaction(async () => {}),
      () => openDb(path, [FIRST, SECOND], 1),
    ]) {
      const error = asDsError(await rejection(work()));
      assert.is(error.code, 'busy');
      assert.match(error.message, /x\.db locked/);
      assert.ok(error.retry && error.hint);
    }
  });
  await db.run("INSERT INTO entry VALUES ('a', '1')");
});

test('each migration runs once, in order, and old rows come along', async () => {
  const path = fresh();
  {
    await using db = await openDb(path, [FIRST]);
    await db.run('INSERT INTO entry VALUES (?, ?)', 'a', '1');
  }
  {
    await using db = await openDb(path, [FIRST, SECOND]);
    assert.equal(await db.get('SELECT title FROM entry'), { title: 'none' });
    await db.run("UPDATE entry SET title = 'mine'");
  }
  await using db = await openDb(path, [FIRST, SECOND]);
  assert.equal(await db.get('SELECT title FROM entry'), { title: 'mine' });
  assert.equal(await db.get('PRAGMA user_version'), { user_version: 2 });
});

test('a migration that fails leaves nothing behind, and can be tried again', async () => {
  const path = fresh();
  const broken = 'CREATE TABLE half (x); INSERT INTO nowhere VALUES (1);';
  const error = await refusedLater(openDb(path, [FIRST, broken]), 'internal', /cannot use/);
  assert.match(String(error.cause), /no such table: nowhere/);
  await using db = await openDb(path, [FIRST, SECOND]);
  const tables = await db.all<{ name: string }>('SELECT name FROM sqlite_master');
  assert.equal(
    tables.map(({ name }) => name),
    ['entry'],
  );
});

test('a file of a newer version is refused and left alone', async () => {
  const path = fresh();
  {
    await using db = await openDb(path, [FIRST, SECOND]);
    await db.run("INSERT INTO entry VALUES ('a', '1', 't')");
  }
  const error = await refusedLater(openDb(path, [FIRST]), 'internal', /newer version/);
  assert.match(error.hint ?? '', /rebuilt/);
  await using db = await openDb(path, [FIRST, SECOND]);
  assert.equal(await db.get('SELECT count(*) AS n FROM entry'), { n: 1 });
});

test('a file that is no database is refused and left alone', async () => {
  const path = join(folder, 'no.db');
  writeFileSync(path, 'this is not a database, but it is long enough to be looked at'.repeat(20));
  const before = readFileSync(path);
  await refusedLater(openDb(path, [FIRST]), 'internal', /cannot use the database/);
  assert.ok(readFileSync(path).equals(before));
});

test('a place where no file can be is an error', async () => {
  const path = join(folder, 'folder.db');
  mkdirSync(path);
  assert.match((await rejection(openDb(path, []))).message, /unable to open|CANTOPEN|EISDIR/);
});

test('values come back as they were', async () => {
  await using db = await openDb(fresh(), ['CREATE TABLE t (v)']);
  const values = ['ñ☀\0x', 1.5, -(2 ** 52), null, Buffer.from([0, 255]), ''];
  await db.runMany(
    'INSERT INTO t VALUES (?)',
    values.map((value) => [value]),
  );
  const rows = await db.all<{ v: unknown }>('SELECT v FROM t ORDER BY rowid');
  assert.equal(
    rows.map(({ v }) => v),
    values,
  );
});

test('a transaction is all or nothing', async () => {
  await using db = await openDb(fresh(), [FIRST]);
  const error = await rejection(
    db.transaction(async (tx) => {
      await tx.run("INSERT INTO entry VALUES ('a', '1')");
      assert.equal(await tx.get('SELECT count(*) AS n FROM entry'), { n: 1 });
      throw new Error('changed my mind');
    }),
  );
  assert.is(error.message, 'changed my mind');
  assert.equal(await db.get('SELECT count(*) AS n FROM entry'), { n: 0 });
  const result = await db.transaction(async (tx) => {
    await tx.run("INSERT INTO entry VALUES ('b', '2')");
    return 'kept';
  });
  assert.is(result, 'kept');
  assert.equal(await db.all('SELECT uid FROM entry'), [{ uid: 'b' }]);
});

test('a statement that fails inside takes the transaction with it', async () => {
  await using db = await openDb(fresh(), [FIRST]);
  const error = await rejection(
    db.transaction(async (tx) => {
      await tx.run("INSERT INTO entry VALUES ('a', '1')");
      await tx.run("INSERT INTO entry VALUES ('a', '2')");
    }),
  );
  assert.match(error.message, /UNIQUE/);
  assert.equal(await db.all('SELECT * FROM entry'), []);
});

test('what others ask meanwhile waits for the transaction, and is not part of it', async () => {
  await using db = await openDb(fresh(), [FIRST]);
  const order: string[] = [];
  const aborted = rejection(
    db.transaction(async (tx) => {
      await tx.run("INSERT INTO entry VALUES ('inside', '1')");
      await new Promise((resolve) => setTimeout(resolve, 30));
      order.push('rolled back');
      throw new Error('no');
    }),
  );
  const outside = db.run("INSERT INTO entry VALUES ('outside', '2')").then(() => {
    order.push('outside');
  });
  await Promise.all([aborted, outside]);
  assert.equal(order, ['rolled back', 'outside']);
  assert.equal(await db.all('SELECT uid FROM entry'), [{ uid: 'outside' }]);
});

test('many at once are queued, and none is lost', async () => {
  await using db = await openDb(fresh(), [
    'CREATE TABLE counter (n)',
    'INSERT INTO counter VALUES (0)',
  ]);
  const raise = () =>
    db.transaction(async (tx) => {
      const row = await tx.get<{ n: number }>('SELECT n FROM counter');
      await new Promise((resolve) => setImmediate(resolve));
      await tx.run('UPDATE counter SET n = ?', (row?.n ?? 0) + 1);
    });
  const failing = () => db.run('SELECT * FROM nowhere').catch(() => {});
  await Promise.all(Array.from({ length: 100 }, (_, n) => (n % 5 === 0 ? failing() : raise())));
  assert.equal(await db.get('SELECT n FROM counter'), { n: 80 });
});

test('one statement for many rows: all of them or none', async () => {
  await using db = await openDb(fresh(), [FIRST]);
  const rows = Array.from({ length: 1000 }, (_, n) => [`uid ${n}`, 'digest']);
  await db.runMany('INSERT INTO entry VALUES (?, ?)', rows);
  const again = [['new', 'digest'], ...rows.slice(0, 1)];
  assert.match(
    (await rejection(db.runMany('INSERT INTO entry VALUES (?, ?)', again))).message,
    /UNIQUE/,
  );
  assert.equal(await db.get('SELECT count(*) AS n FROM entry'), { n: 1000 });
  await db.runMany('INSERT INTO entry VALUES (?, ?)', []);
});

test('a statement that cannot be understood is an error of its caller', async () => {
  await using db = await openDb(fresh(), [FIRST]);
  const bad = 'INSERT INTO nowhere VALUES (?)';
  assert.match((await rejection(db.run(bad, 1))).message, /no such table/);
  assert.match((await rejection(db.all(bad, 1))).message, /no such table/);
  assert.match((await rejection(db.get(bad, 1))).message, /no such table/);
  assert.match((await rejection(db.runMany(bad, [[1], [2]]))).message, /no such table/);
  assert.match((await rejection(db.runMany(bad, []))).message, /no such table/);
  assert.equal(await db.all('SELECT * FROM entry'), []);
});

test('two connections, as of a service and of a command beside it, wait for each other', async () => {
  const path = fresh();
  await using one = await openDb(path, [FIRST]);
  await using two = await openDb(path, [FIRST]);
  const insert = (db: typeof one, n: number) =>
    db.transaction((tx) => tx.run('INSERT INTO entry VALUES (?, ?)', `${n}`, 'x'));
  await Promise.all(Array.from({ length: 40 }, (_, n) => insert(n % 2 ? one : two, n)));
  assert.equal(await one.get('SELECT count(*) AS n FROM entry'), { n: 40 });
});

test('closing waits for what was asked before, and folds the log away', async () => {
  const path = fresh();
  const db = await openDb(path, [FIRST]);
  const write = db.run("INSERT INTO entry VALUES ('last', '1')");
  await db[Symbol.asyncDispose]();
  await write;
  assert.not(existsSync(`${path}-wal`));
  await using again = await openDb(path, [FIRST]);
  assert.equal(await again.all('SELECT uid FROM entry'), [{ uid: 'last' }]);
});

test.run();
