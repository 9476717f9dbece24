import { chmodSync, cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SnapshotName } from '../../../shared/ids.ts';
import { listRaw } from '../../../xs/legacy/raw-snapshots.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { listHeld, listSnapshots } from '../../../xs/storage/snapshots.ts';
import { makeLibrary, SERIAL, type TestLibrary, uidOf } from '../library.ts';
import { assertAdopted } from './adopted.ts';
import { adopt, nameOf, pointTo, putRaw, readTrees, snapshotRaw } from './original-library.ts';

const test = suite('a copy that was cut off is not taken for a Journal');

/** A mirror of 10 entries, and whole copies of it at these hours. */
function makeTrees({ paths }: TestLibrary, hours: readonly number[]): void {
  const { original } = inLaptop(paths, SERIAL);
  for (let n = 1; n <= 10; n += 1) putRaw(original, uidOf(n), { title: `${n}` }, `content ${n}`);
  for (const hour of hours) {
    putRaw(original, uidOf(100 + hour), { title: `of ${hour}` });
    snapshotRaw(paths, SERIAL, nameOf(hour));
  }
}

/** What is there when `cp -al` is killed: some of the entries, one of them in part. */
function crash(tree: string): void {
  const entries = readdirSync(join(tree, '00')).sort();
  for (const uid of entries.slice(4)) rmSync(join(tree, '00', uid), { recursive: true });
  rmSync(join(tree, '00', entries[3] ?? '', 'data'));
  chmodSync(tree, 0o700); // cp gives a folder its mode when everything is in it
}

function outcome({ paths }: TestLibrary): { whole: SnapshotName[]; held: SnapshotName[] } {
  const names = (list: { name: SnapshotName }[]) => list.map(({ name }) => name).sort();
  return {
    whole: names(listSnapshots(paths, SERIAL)),
    held: names(listHeld(paths, SERIAL)),
  };
}

test('a copy that crashed between two whole ones is held, because its folder is closed', async () => {
  using library = makeLibrary();
  const { home } = inLaptop(library.paths, SERIAL);
  makeTrees(library, [8, 9, 10]);
  crash(join(home, nameOf(9)));
  const before = readTrees(home, [8, 9, 10].map(nameOf));
  await adopt(library.context, SERIAL);
  assert.equal(outcome(library), { whole: [nameOf(8), nameOf(10)], held: [nameOf(9)] });
  await assertAdopted(library, before);
});

test('the first copy of all that crashed is held as well', async () => {
  using library = makeLibrary();
  makeTrees(library, [8, 9]);
  crash(join(inLaptop(library.paths, SERIAL).home, nameOf(8)));
  await adopt(library.context, SERIAL);
  assert.equal(outcome(library), { whole: [nameOf(9)], held: [nameOf(8)] });
});

test('it is still known when the whole ones were adopted by an attempt that was cut off', async () => {
  using library = makeLibrary();
  const { home } = inLaptop(library.paths, SERIAL);
  makeTrees(library, [8, 9, 10]);
  crash(join(home, nameOf(9)));
  cpSync(join(home, nameOf(9)), join(library.folder, 'aside'), { recursive: true });
  rmSync(join(home, nameOf(9)), { recursive: true });
  await adopt(library.context, SERIAL);
  cpSync(join(library.folder, 'aside'), join(home, nameOf(9)), { recursive: true });
  chmodSync(join(home, nameOf(9)), 0o700);
  await adopt(library.context, SERIAL);
  assert.equal(outcome(library).held, [nameOf(9)]);
});

test('without modes, one that lacks what both its neighbours have is held', async () => {
  using library = makeLibrary();
  const { home } = inLaptop(library.paths, SERIAL);
  makeTrees(library, [8, 9, 10]);
  crash(join(home, nameOf(9)));
  chmodSync(join(home, nameOf(9)), 0o755); // somebody has run chmod -R
  assert.equal(
    listRaw(library.paths, SERIAL).map(({ doubt }) => doubt),
    [null, 'fewer-than-neighbours', null],
  );
  await adopt(library.context, SERIAL);
  assert.equal(outcome(library).held, [nameOf(9)]);
});

test('a library in which every folder is closed says nothing by that', async () => {
  using library = makeLibrary();
  const { home } = inLaptop(library.paths, SERIAL);
  makeTrees(library, [8, 9, 10]);
  for (const hour of [8, 9, 10]) chmodSync(join(home, nameOf(hour)), 0o700);
  await adopt(library.context, SERIAL);
  assert.equal(outcome(library).whole, [8, 9, 10].map(nameOf));
});

test('a child who cleans up a Journal has not crashed', async () => {
  using library = makeLibrary();
  const { paths } = library;
  const { original } = inLaptop(paths, SERIAL);
  makeTrees(library, [8]);
  for (let n = 1; n <= 6; n += 1) rmSync(join(original, '00', uidOf(n)), { recursive: true });
  snapshotRaw(paths, SERIAL, nameOf(9));
  for (let n = 20; n <= 30; n += 1) putRaw(original, uidOf(n), { title: `${n}` });
  snapshotRaw(paths, SERIAL, nameOf(10));
  await adopt(library.context, SERIAL);
  assert.equal(outcome(library).whole, [8, 9, 10].map(nameOf));
});

test('the link of the original leads to one that is whole, whatever its mode', async () => {
  using library = makeLibrary();
  const { home, latest } = inLaptop(library.paths, SERIAL);
  makeTrees(library, [8, 9]);
  chmodSync(join(home, nameOf(9)), 0o700);
  pointTo(latest, nameOf(9));
  await adopt(library.context, SERIAL);
  assert.equal(outcome(library).whole, [8, 9].map(nameOf));
});

test.run();
