/** What of a library goes elsewhere. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { recipeOf } from '../../../xs/offsite/recipe.ts';
import { inLaptop, inLibrary } from '../../../xs/storage/paths.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { drawings } from '../integrity/damage-library.ts';
import { backUp, SERIAL } from '../library.ts';
import { openWhole, serialOf } from '../whole.ts';

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

/**
 * What is not copied, and why. Whatever is not named here must be in the copy: somebody who adds a file to the
 * library decides it, and nobody forgets it.
 */
const LEFT_HERE: Readonly<Record<string, string>> = {
  home: 'a folder of names, which the lists make again',
  incoming: 'not confirmed to anybody',
  taken: 'not confirmed to anybody',
  original: 'a mirror that its laptop sends again',
  latest: 'a link, made again',
  held: 'its snapshots are copied by their lists',
  pinned: 'each pin in it is copied',
  originalFold: 'goes with the mirror',
  findings: 'worked out again',
  sessionLock: 'nothing in it',
  notSafe: 'said again by the laptop at its next visit',
  classPage: 'no yes comes back',
  trash: 'somebody removed it',
  doomed: 'somebody removed it',
  arrivals: 'each arrival in it is copied',
  arriving: 'work in progress',
  fetched: 'work in progress',
  moodle: 'a sign-on is bound again, by its child',
  unlinked: 'made again when it is needed',
  reserve: 'nothing in it',
};

test('whatever a laptop or the library has on the disk is in the copy, or it is said why not', async () => {
  await using whole = await openWhole();
  await backUp(whole, drawings(1));
  const { paths } = whole.library;
  const comes = serialOf(9);
  const named = [inLaptop(paths, SERIAL), inLibrary(paths)]
    .flatMap((one) => Object.entries(one))
    .flatMap(([name, path]) => (typeof path === 'string' ? [{ name, path }] : []));
  for (const { path } of named.filter((one) => !existsSync(one.path))) writeFileSync(path, '{}');
  rmSync(inLibrary(paths).arrivals);
  mkdirSync(inLibrary(paths).arrival(comes), { recursive: true });
  const { paths: listed } = await recipeOf(paths);
  const left = named.filter(({ path }) => !listed.includes(path)).map(({ name }) => name);
  assert.equal([...new Set(left)].sort(), Object.keys(LEFT_HERE).sort());
  assert.ok(listed.includes(inLibrary(paths).arrival(comes)), 'who waits to come here');
});

test.run();
