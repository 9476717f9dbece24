import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { openDb } from '../../../shared/system/db.ts';
import { inLaptop, inSnapshot, inState } from '../../../xs/storage/paths.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { drawings } from '../integrity/damage-library.ts';
import { backUp, SERIAL } from '../library.ts';
import { openWhole, type WholeLibrary } from '../whole.ts';

const test = suite('the disk is believed before the index');

/** A folder for a library that is opened several times. */
function place() {
  const folder = mkdtempSync(join(tmpdir(), 'ds-library-'));
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

async function rowOf(whole: WholeLibrary) {
  const [row] = await whole.library.index.overview();
  return [row?.snapshots ?? 0, row?.lastSuccess ?? null];
}

test('a library that was put back to last week, with its state kept, is read again', async () => {
  using at = place();
  const saved = `${at.folder}/saved`;
  let before: unknown;
  {
    await using whole = await openWhole('', at);
    const { library, clock } = whole;
    await backUp(whole, drawings(3));
    before = await rowOf(whole);
    cpSync(library.paths.library, saved, { recursive: true, verbatimSymlinks: true });
    for (const n of [4, 5, 6]) {
      clock.pass(DAY_MS);
      await backUp(whole, drawings(n));
    }
    assert.is((await rowOf(whole))[0], 4);
    rmSync(library.paths.library, { recursive: true });
    cpSync(saved, library.paths.library, { recursive: true, verbatimSymlinks: true });
  }
  {
    await using whole = await openWhole('', at);
    assert.equal(await rowOf(whole), before);
    const { home } = inLaptop(whole.library.paths, SERIAL);
    rmSync(home, { recursive: true });
    assert.equal(await whole.library.index.reconcile(), [SERIAL]);
    assert.equal(await rowOf(whole), [0, null]);
  }
});

test('another list under the same name is read: the newest at the start, every one by the daily check', async () => {
  using at = place();
  const bytes = async (whole: WholeLibrary) => (await whole.library.index.overview())[0]?.bytes;
  {
    await using whole = await openWhole('', at);
    const { library, clock } = whole;
    for (const n of [3, 4]) {
      clock.pass(DAY_MS);
      await backUp(whole, drawings(n));
    }
    const [newest, older] = listSnapshots(library.paths, SERIAL);
    assert.equal(await library.index.reconcile(), []);
    replaceList(older?.folder, 7);
    assert.equal(await library.index.reconcile(), [SERIAL]);
    assert.equal(await library.index.reconcile(), []);
    replaceList(newest?.folder, 7);
  }
  await using whole = await openWhole('', at);
  assert.is(await bytes(whole), 7);
});

/** As somebody does who puts another copy in its place. */
function replaceList(folder: string | undefined, bytes: number): void {
  const { manifest } = inSnapshot(String(folder));
  const text = JSON.stringify({ ...JSON.parse(readFileSync(manifest, 'utf8')), bytes });
  rmSync(manifest);
  writeFileSync(manifest, `${text}\n`);
}

/** Overwrites every page but the first. */
function spoilPages(file: string): void {
  const fd = openSync(file, 'r+');
  const { size } = statSync(file);
  writeSync(fd, Buffer.alloc(size - 4096, 0xa5), 0, size - 4096, 4096);
  closeSync(fd);
}

test('bad pages set the index aside when they are first read, and rebuild works', async () => {
  using at = place();
  {
    await using whole = await openWhole('', at);
    await backUp(whole, drawings(3));
  }
  spoilPages(inState({ state: `${at.folder}/state` } as never).database);
  await using whole = await openWhole('', at);
  const { database } = inState(whole.library.paths);
  assert.is((await rowOf(whole))[0], 1);
  assert.ok(existsSync(`${database}.damaged`));
  assert.match(await whole.command('rebuild'), /^1 snapshot found/);
});

test('bad pages that cannot be set aside put the index into memory, until the next start', async () => {
  using at = place();
  {
    await using whole = await openWhole('', at);
    await backUp(whole, drawings(3));
  }
  const { database } = inState({ state: `${at.folder}/state` } as never);
  spoilPages(database);
  mkdirSync(`${database}.damaged/full`, { recursive: true });
  {
    await using whole = await openWhole('', at);
    await works(whole);
  }
  rmSync(`${database}.damaged`, { recursive: true });
  await using whole = await openWhole('', at);
  assert.equal(whole.library.faults.list(), []);
  assert.is((await rowOf(whole))[0], 2);
});

test('a database that is spoilt while it is open, on a disk that takes no other, goes on in memory', async () => {
  await using whole = await openWhole();
  await backUp(whole, drawings(3));
  const { database } = inState(whole.library.paths);
  {
    // What another connection has written is read from the file; what is in the journal only has no pages there.
    await using other = await openDb(database, ['', '', '', '', '']);
    await other.run("INSERT INTO day VALUES ('2020-01-01', 1)");
    await other.run('PRAGMA wal_checkpoint(TRUNCATE)');
  }
  spoilPages(database);
  mkdirSync(`${database}.damaged/full`, { recursive: true });
  await works(whole);
});

/** The index answers from memory, keeps what it is told, and the status says so. */
async function works(whole: WholeLibrary): Promise<void> {
  assert.is((await rowOf(whole))[0], 1);
  await backUp(whole, drawings(4));
  assert.is((await rowOf(whole))[0], 2);
  assert.equal(
    whole.library.faults.list().map(({ part }) => part),
    ['index'],
  );
  assert.match(await whole.command('rebuild'), /^2 snapshots found/);
}

test.run();
