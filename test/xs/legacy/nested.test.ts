import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SnapshotName } from '../../../shared/ids.ts';
import { exportJournal } from '../../../xs/legacy/export.ts';
import { listRaw } from '../../../xs/legacy/raw-snapshots.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { listHeld, listSnapshots } from '../../../xs/storage/snapshots.ts';
import { compareJournals, readJournal } from '../../journal/compare.ts';
import { backUp, makeLibrary, SERIAL, type TestLibrary, uidOf } from '../library.ts';
import { adopt, nameOf, putRaw, snapshotRaw, trashOf } from './original-library.ts';

const test = suite('the second snapshot of a minute, which the original put into the first');

/** Two backups within a minute: `cp -al` to a folder that exists copies into it. */
function makeTwo({ paths }: TestLibrary): SnapshotName {
  const { original, home } = inLaptop(paths, SERIAL);
  putRaw(original, uidOf(1), { title: 'one' }, 'first');
  snapshotRaw(paths, SERIAL, nameOf(8));
  putRaw(original, uidOf(1), { title: 'one' }, 'second');
  putRaw(original, uidOf(2), { title: 'two' });
  execFileSync('cp', ['-al', original, join(home, nameOf(8))]);
  return `${nameOf(8)}-2` as SnapshotName;
}

async function contentOf(library: TestLibrary, name: SnapshotName): Promise<string[]> {
  const snapshot = listSnapshots(library.paths, SERIAL).find((one) => one.name === name);
  if (!snapshot) return [];
  const out = join(library.folder, `out-${name}`);
  await exportJournal({ snapshot }, out);
  return [...readJournal(out).keys()].sort();
}

test('becomes a snapshot of its own, newer than the first', async () => {
  using library = makeLibrary();
  const { paths } = library;
  const second = makeTwo(library);
  const was = readJournal(join(inLaptop(paths, SERIAL).home, nameOf(8), 'datastore-current'));
  const adopted = await adopt(library.context, SERIAL);
  assert.equal(
    adopted.map(({ name, held, leftOut }) => [name, held, leftOut]),
    [
      [second, false, []],
      [nameOf(8), false, []],
    ],
  );
  assert.equal(await contentOf(library, second), [uidOf(1), uidOf(2)]);
  assert.equal(await contentOf(library, nameOf(8)), [uidOf(1)]);
  const kept = compareJournals(was, readJournal(join(trashOf(paths), second)));
  assert.is(kept.identical, 2);
});

test('is listed before anything is adopted, and nothing is moved by that', () => {
  using library = makeLibrary();
  const { paths } = library;
  const second = makeTwo(library);
  const nested = join(inLaptop(paths, SERIAL).home, nameOf(8), 'datastore-current');
  assert.equal(
    listRaw(paths, SERIAL).map(({ name, folder, entries, doubt }) => [
      ...[name, folder === nested, entries, doubt],
    ]),
    [
      [nameOf(8), false, 1, null],
      [second, true, 2, null],
    ],
  );
  assert.ok(existsSync(nested));
});

test('that was cut off is held, and the first is not', async () => {
  using library = makeLibrary();
  const { paths } = library;
  const second = makeTwo(library);
  chmodSync(join(inLaptop(paths, SERIAL).home, nameOf(8), 'datastore-current'), 0o700);
  await adopt(library.context, SERIAL);
  assert.equal(
    listSnapshots(paths, SERIAL).map(({ name }) => name),
    [nameOf(8)],
  );
  assert.equal(
    listHeld(paths, SERIAL).map(({ name }) => name),
    [second],
  );
});

test('takes the next name that is free', async () => {
  using library = makeLibrary();
  const { paths } = library;
  makeTwo(library);
  mkdirSync(join(inLaptop(paths, SERIAL).home, 'held', `${nameOf(8)}-2`), { recursive: true });
  await backUp(library, new Map([[uidOf(7), { title: 'ours', content: 'seven' }]]));
  await adopt(library.context, SERIAL);
  const names = listSnapshots(paths, SERIAL).map(({ name }) => name);
  assert.ok(names.includes(`${nameOf(8)}-3` as SnapshotName), names.join(' '));
});

test.run();
