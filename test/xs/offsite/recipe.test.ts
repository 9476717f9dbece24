/** What of a library goes elsewhere. */
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { recipeOf } from '../../../xs/offsite/recipe.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { drawings } from '../integrity/damage-library.ts';
import { backUp, SERIAL } from '../library.ts';
import { openWhole } from '../whole.ts';

const test = suite('what goes elsewhere');

test('pool, recipes, records and keys; no name in a snapshot, and nothing unconfirmed', async () => {
  await using whole = await openWhole();
  await backUp(whole, drawings(4));
  await backUp(whole, drawings(6));
  const { paths } = whole.library;
  const { paths: listed, fingerprint } = await recipeOf(paths);
  assert.is((await recipeOf(paths)).fingerprint, fingerprint);
  const snapshots = listSnapshots(paths, SERIAL).map(({ folder }) => folder);
  for (const one of snapshots) assert.ok(listed.includes(join(one, 'MANIFEST')));
  assert.ok(listed.includes(inLaptop(paths, SERIAL).registration));
  assert.not(listed.some((path) => snapshots.includes(path) || path.includes('incoming')));
  await backUp(whole, drawings(7));
  assert.is.not((await recipeOf(paths)).fingerprint, fingerprint);
});

test.run();
