/**
 * A laptop of the original program with three trees, and the judge of what became of them.
 */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { exportJournal } from '../../../xs/legacy/export.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { listHeld, listSnapshots } from '../../../xs/storage/snapshots.ts';
import { compareJournals, readJournal } from '../../journal/compare.ts';
import { checkSnapshot, checkSnapshots } from '../check.ts';
import { SERIAL, type TestLibrary, uidOf } from '../library.ts';
import { nameOf, putRaw, type readTrees, snapshotRaw, trashOf } from './original-library.ts';

export const PREVIEW = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0x00]);

/** Three trees: an entry is added, one changes, one goes; two share most. */
export function makeTrees(library: Pick<TestLibrary, 'paths'>): string[] {
  const { original } = inLaptop(library.paths, SERIAL);
  const put = (n: number, title: string, data?: string) =>
    putRaw(original, uidOf(n), { uid: uidOf(n), title, preview: PREVIEW, checksum: 'x' }, data);
  writeFileSync(join(original, 'version'), '6');
  put(1, 'one', 'first content');
  put(2, 'two');
  put(3, 'three', 'third content');
  put(4, 'four', 'first content'); // equal content under another inode
  snapshotRaw(library.paths, SERIAL, nameOf(8));
  put(1, 'uno', 'changed content');
  put(5, 'five', 'fifth content');
  snapshotRaw(library.paths, SERIAL, nameOf(9));
  rmSync(join(original, '00', uidOf(3)), { recursive: true });
  put(2, 'dos');
  snapshotRaw(library.paths, SERIAL, nameOf(10));
  return [nameOf(8), nameOf(9), nameOf(10)];
}

/** Each snapshot, written out again, is what the raw tree was, and the trees are in the trash. */
export async function assertAdopted(library: TestLibrary, before: ReturnType<typeof readTrees>) {
  const { paths } = library;
  checkSnapshots(paths, SERIAL);
  const found = [...listSnapshots(paths, SERIAL), ...listHeld(paths, SERIAL)];
  for (const [name, sums] of before) {
    const snapshot = found.find((one) => one.name === name);
    assert.ok(snapshot, `${name} is missing`);
    checkSnapshot(snapshot);
    const out = join(library.folder, `out-${name}`);
    await exportJournal({ snapshot }, out);
    const { different, missing, extra } = compareJournals(sums, readJournal(out));
    assert.equal([different, missing, extra], [[], [], []], name);
    rmSync(out, { recursive: true });
    const kept = compareJournals(sums, readJournal(join(trashOf(paths), name)));
    assert.is(kept.identical, sums.size, `${name} is not whole in the trash`);
  }
  const left = readdirSync(inLaptop(paths, SERIAL).home).filter((name) => /^\.(tmp|ad)/.test(name));
  assert.equal(left, []);
}
