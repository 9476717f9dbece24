/**
 * The same picture in 40,000 entries of 200 laptops: one content, two inodes, since the file
 * system allows no inode more than 65,000 links and we stop at 30,000. In the suite most of these links
 * are made by hand.
 */
import { linkSync, lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf } from '../../../shared/journal/entry.ts';
import { inPool } from '../../../xs/storage/paths.ts';
import { MAX_LINKS } from '../../../xs/storage/pool.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { soak } from '../../soak.ts';
import { checkSnapshot } from '../check.ts';
import { scrubAll } from '../integrity/damage-library.ts';
import { backUp, type Journal, makeLibrary, uidOf } from '../library.ts';
import { serialOf } from '../whole.ts';

const test = suite('equal content of a whole school');

const LAPTOPS = soak(200, 10);
const ENTRIES = 200;
/** In place of the first laptops: the cap is met in the middle of one of the others. */
const BY_HAND = soak(0, MAX_LINKS - 900);
const PICTURE = 'the picture that everybody got';

/** Links the file in a folder that the library does not know. */
function linkByHand(file: string, folder: string, count: number): void {
  mkdirSync(folder);
  for (let n = 0; n < count; n += 1) linkSync(file, join(folder, String(n)));
}

test(`${BY_HAND + LAPTOPS * ENTRIES} links to the same content`, async () => {
  using library = makeLibrary();
  const journal: Journal = new Map();
  for (let n = 0; n < ENTRIES; n += 1) {
    journal.set(uidOf(n), { title: `mine ${n}`, content: PICTURE });
  }
  const { file } = inPool(library.paths, digestOf(PICTURE));
  for (let n = 0; n < LAPTOPS; n += 1) {
    library.addLaptop(serialOf(n));
    assert.is((await backUp(library, journal, serialOf(n))).state, 'done');
    if (n === 0) linkByHand(file(0), join(library.folder, 'by-hand'), BY_HAND);
  }
  const links = [0, 1, 2].map((n) => lstatSync(file(n), { throwIfNoEntry: false })?.nlink);
  assert.equal(links, [MAX_LINKS, BY_HAND + LAPTOPS * ENTRIES + 2 - MAX_LINKS, undefined]);
  for (const n of soak([0, 149, 150, 199], [0, 3, 4, LAPTOPS - 1])) {
    const [snapshot] = listSnapshots(library.paths, serialOf(n));
    assert.ok(snapshot);
    checkSnapshot(snapshot);
  }
  // One more backup of those at the cap: what did not change is linked to the second inode.
  journal.set(uidOf(0), { title: 'another', content: PICTURE });
  assert.is((await backUp(library, journal, serialOf(0))).state, 'done');
  const scrubbed = await scrubAll(library.context);
  assert.equal([scrubbed.damaged, scrubbed.swept], [[], 0]);
  console.log(`links: ${links.slice(0, 2).join(' and ')} on two inodes`);
});

test.run();
