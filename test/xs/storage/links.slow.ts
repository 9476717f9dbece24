/**
 * The same picture in 40,000 entries of 200 laptops: one content, two inodes, since the file
 * system allows no inode more than 65,000 links and we stop at 30,000.
 */
import { lstatSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf } from '../../../shared/journal/entry.ts';
import { inPool } from '../../../xs/storage/paths.ts';
import { MAX_LINKS } from '../../../xs/storage/pool.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { checkSnapshot } from '../check.ts';
import { scrubAll } from '../integrity/damage-library.ts';
import { backUp, type Journal, makeLibrary, uidOf } from '../library.ts';
import { serialOf } from '../whole.ts';

const test = suite('equal content of a whole school');

const LAPTOPS = 200;
const ENTRIES = 200;
const PICTURE = 'the picture that everybody got';

test(`${LAPTOPS * ENTRIES} entries with the same content`, async () => {
  using library = makeLibrary();
  const journal: Journal = new Map();
  for (let n = 0; n < ENTRIES; n += 1) {
    journal.set(uidOf(n), { title: `mine ${n}`, content: PICTURE });
  }
  for (let n = 0; n < LAPTOPS; n += 1) {
    library.addLaptop(serialOf(n));
    assert.is((await backUp(library, journal, serialOf(n))).state, 'done');
  }
  const { file } = inPool(library.paths, digestOf(PICTURE));
  const links = [0, 1, 2].map((n) => lstatSync(file(n), { throwIfNoEntry: false })?.nlink);
  assert.equal(links, [MAX_LINKS, LAPTOPS * ENTRIES + 2 - MAX_LINKS, undefined]);
  for (const n of [0, 149, 150, 199]) {
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
