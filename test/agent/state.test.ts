import { mkdirSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { forgiving } from '../../agent/forgiving-db.ts';
import { type KnownEntry, openState } from '../../agent/state.ts';
import { parseSerial, parseSnapshotName } from '../../shared/ids.ts';
import { digestOf } from '../../shared/journal/entry.ts';
import { stateDigest } from '../../shared/journal/sums.ts';
import { makeProfile, uidOf } from './journal/journal.ts';

const test = suite('what the agent remembers between runs');

const snapshot = parseSnapshotName('datastore-2026-11-22_14:05');
const known = (text: string): KnownEntry => ({
  signature: `s ${text}`,
  digest: digestOf(text),
  content: digestOf(`content of ${text}`),
});

test('the memory survives, and knows the content of the base after an entry changed', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  const versions = new Map([[uidOf(1), known('a').digest]]);
  {
    await using state = await openState(paths.state);
    await state.rememberEntries(new Map([[uidOf(1), known('a')]]), []);
    await state.confirm({ snapshot, sequence: 3, state: stateDigest(versions), versions });
    await state.rememberEntries(new Map([[uidOf(1), known('b')]]), []);
    await state.rememberArrived(new Map([[uidOf(1), known('b').digest]]));
  }
  await using state = await openState(paths.state);
  assert.equal(state.entries.get(uidOf(1)), known('b'));
  assert.equal(state.confirmed?.versions, versions);
  assert.is(state.confirmed?.sequence, 3);
  assert.is(state.baseContents.get(uidOf(1)), known('a').content);
  assert.is(state.arrived.get(uidOf(1)), known('b').digest);
  await state.confirm({ snapshot, sequence: 4, state: digestOf('x'), versions: new Map() });
  assert.equal([state.arrived.size, state.baseContents.size], [0, 0]);
});

test('a forgotten base takes everything with it that was true only for it', async () => {
  using profile = makeProfile();
  await using state = await openState(profile.paths.state);
  await state.rememberArrived(new Map([[uidOf(1), digestOf('x')]]));
  await state.rememberRun('0'.repeat(32) as never);
  await state.forgetBase();
  assert.equal([state.arrived.size, state.underWay, state.confirmed], [0, undefined, undefined]);
});

test('a memory that cannot be used is empty, and its loss is told once', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  mkdirSync(paths.state); // SQLite cannot open it
  let losses = 0;
  await using state = await openState(paths.state, () => {
    losses += 1;
  });
  await state.rememberEntries(new Map([[uidOf(1), known('a')]]), []);
  assert.equal([state.entries.size, losses], [1, 1]);
});

test('a disk that breaks while the memory is open stops nothing', async () => {
  const failing = () => Promise.reject(Object.assign(new Error('disk'), { code: 'SQLITE_IOERR' }));
  const db = { run: failing, runMany: failing, all: failing, get: failing, transaction: failing };
  let losses = 0;
  const onLoss = () => {
    losses += 1;
  };
  const lost = forgiving({ ...db, [Symbol.asyncDispose]: failing } as never, onLoss);
  await lost.run('x');
  assert.equal(await lost.all('x'), []);
  await lost.transaction(async () => {});
  await lost[Symbol.asyncDispose]();
  assert.is(losses, 1);
  const full = Object.assign(new Error('full'), { code: 'SQLITE_FULL' });
  const other = forgiving({ ...db, run: () => Promise.reject(full) } as never, onLoss);
  assert.is(await other.run('x').catch((error: unknown) => error), full);
});

test('a damaged memory is thrown away; one of a newer version is not', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  writeFileSync(paths.state, 'this is no database, it is only text'.repeat(100));
  {
    await using state = await openState(paths.state);
    assert.is(state.entries.size, 0);
  }
  const { openDb } = await import('../../shared/system/db.ts');
  {
    await using db = await openDb(paths.state, []).catch(() => openDb(`${paths.state}2`, []));
    await db.run('PRAGMA user_version = 99');
  }
  await openState(`${paths.state}2`).then(
    () => assert.unreachable(),
    (error) => assert.match(error.message, /newer version/),
  );
});

test('an unfinished restore remembers what it put back, until it is through', async () => {
  using profile = makeProfile();
  await using state = await openState(profile.paths.state);
  const origin = { of: undefined, snapshot };
  await state.beginRestore(origin, 2);
  await state.rememberRestored(origin, new Map([[uidOf(1), digestOf('x')]]));
  const unfinished = { of: '', snapshot, entries: 2, restored: 1 };
  assert.equal(await state.unfinishedRestores(), [unfinished]);
  const others = { of: parseSerial('SHC00000002'), snapshot };
  assert.is((await state.beginRestore(others, 3)).size, 0, 'another laptop has a day of that name');
  await state.endRestore(others);
  assert.equal(await state.beginRestore(origin, 2), new Map([[uidOf(1), digestOf('x')]]));
  await state.endRestore(origin);
  assert.equal(await state.unfinishedRestores(), []);
  assert.is((await state.beginRestore(origin, 2)).size, 0);
});

test.run();
