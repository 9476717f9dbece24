/**
 * Whatever the original program left: every whole copy becomes a snapshot with all its entries, and none
 * that was cut off counts as one. What was put into each copy is compared with what is exported.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { exportJournal } from '../../../xs/legacy/export.ts';
import { listHeld, listSnapshots, newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { soak } from '../../soak.ts';
import { checkSnapshots } from '../check.ts';
import { makeLibrary, SERIAL, type TestLibrary } from '../library.ts';
import { type MadeTree, makeOldLibrary } from './old-library-maker.ts';
import { adopt } from './original-library.ts';

const test = suite('old libraries by chance are adopted');

/** What is on the disk of an exported Journal, without any of our readers. */
function filesOf(root: string, uid: string): Map<string, Buffer> {
  const folder = join(root, uid.slice(0, 2), uid);
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  return new Map(files.map((path) => [path.slice(folder.length + 1), readFileSync(path)]));
}

const inHex = (files: ReadonlyMap<string, Buffer>) =>
  [...files].map(([name, bytes]) => `${name} ${bytes.toString('hex')}`).sort();

async function judge(library: TestLibrary, tree: MadeTree, story: string): Promise<void> {
  const { paths } = library;
  const told = `${story}: ${tree.name}`;
  const [kept, held] = [listSnapshots(paths, SERIAL), listHeld(paths, SERIAL)];
  const snapshot = (tree.whole ? kept : held).find(({ name }) => name === tree.name);
  assert.ok(snapshot, `${told} is not where it belongs`);
  if (tree.whole) assert.is(snapshot.entries, tree.entries.size, told);
  const out = join(library.folder, `out-${tree.name}`);
  const { leftOut } = await exportJournal({ snapshot }, out);
  assert.equal(leftOut, [], told);
  for (const [uid, files] of tree.entries) {
    assert.equal(inHex(filesOf(out, uid)), inHex(files), `${told}: ${uid}`);
  }
}

for (let seed = 1; seed <= soak(100, 6); seed += 1) {
  test(`seed ${seed}: whole copies count, with every entry; others are held`, async () => {
    using library = makeLibrary();
    const { paths } = library;
    const { trees, story } = makeOldLibrary(paths, SERIAL, seed);
    await adopt(library.context, SERIAL);
    for (const tree of trees) await judge(library, tree, story);
    const whole = trees.filter(({ whole }) => whole).map(({ name }) => name);
    const inTime = listSnapshots(paths, SERIAL).map(({ name }) => name);
    assert.equal(inTime.reverse(), whole, story);
    assert.is(newestSnapshot(paths, SERIAL)?.name, whole.at(-1), story);
    checkSnapshots(paths, SERIAL);
    assert.equal(await adopt(library.context, SERIAL), [], story);
  });
}

test.run();
