import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { listHeld, listSnapshots } from '../../../xs/storage/snapshots.ts';
import { readJournal } from '../../journal/compare.ts';
import { checkSnapshots } from '../check.ts';
import { backUp, makeLibrary, SERIAL, type TestLibrary, uidOf } from '../library.ts';
import { assertAdopted, makeTrees } from './adopted.ts';
import { adopt, adoptContext, nameOf, pointTo, readTrees } from './original-library.ts';

const test = suite('killed anywhere, an adoption loses nothing and goes on');

test('a backup that arrives between two attempts takes no number of an older tree', async () => {
  using library = makeLibrary();
  const { paths } = library;
  const before = readTrees(inLaptop(paths, SERIAL).home, makeTrees(library));
  runKilled(library, 'adopt.discarded');
  const journal = new Map([[uidOf(7), { title: 'ours', content: 'seven' }]]);
  assert.is((await backUp(library, journal)).state, 'done');
  await adopt(library.context, SERIAL);
  await assertAdopted(library, before);
  assert.equal(
    listSnapshots(paths, SERIAL)
      .map(({ sequence, name }) => [sequence, name])
      .slice(1),
    [
      [3, nameOf(10)],
      [2, nameOf(9)],
      [1, nameOf(8)],
    ],
  );
});

const FAILPOINTS = [
  'adopt.read',
  'adopt.written:2',
  'adopt.durable',
  'adopt.pooled:2',
  'adopt.linked',
  'adopt.sealed:2',
  'adopt.aside',
  'adopt.aside:3',
  'adopt.promoted',
  'adopt.promoted:3',
  'adopt.discarded',
  'adopt.pointed',
];

/** Bundled once: plain Node starts five times faster than with tsx. */
const child = buildSync({
  entryPoints: [new URL('./adopt-child.ts', import.meta.url).pathname],
  bundle: true,
  write: false,
  platform: 'node',
  format: 'esm',
  target: 'node20',
}).outputFiles[0]?.text;

function runKilled(library: TestLibrary, failpoint: string): void {
  const args = [
    '--input-type=module',
    '-e',
    child ?? '',
    '--',
    JSON.stringify(library.paths),
    SERIAL,
  ];
  const env = { ...process.env, DS_BACKUP_FAILPOINT: failpoint };
  const { signal, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
  assert.is(signal, 'SIGKILL', stderr);
}

for (const failpoint of FAILPOINTS) {
  test(`killed at ${failpoint}, nothing is lost and the next attempt completes`, async () => {
    using library = makeLibrary();
    const { paths } = library;
    const { home, latest } = inLaptop(paths, SERIAL);
    const names = makeTrees(library);
    const before = readTrees(home, names);
    pointTo(latest, nameOf(9)); // the newest is half made, and must stay so over the kill
    runKilled(library, failpoint);
    for (const name of names) {
      const places = [join(home, name), join(home, `.adopting-${name}`), join(home, 'held', name)];
      assert.ok(
        places.some((path) => existsSync(path)),
        `${name} is nowhere`,
      );
    }
    checkSnapshots(paths, SERIAL);
    await adopt(adoptContext(paths), SERIAL);
    await assertAdopted(library, before);
    assert.is(readlinkSync(latest), nameOf(9));
    assert.equal(
      listHeld(paths, SERIAL).map(({ name, sequence }) => [name, sequence]),
      [[nameOf(10), 1]],
    );
  });
}

test('killed again while it puts back what a killed one had aside, it still completes', async () => {
  using library = makeLibrary();
  const before = readTrees(inLaptop(library.paths, SERIAL).home, makeTrees(library));
  runKilled(library, 'adopt.aside:2');
  runKilled(library, 'adopt.recovered');
  await adopt(library.context, SERIAL);
  await assertAdopted(library, before);
});

test('killed when a second snapshot of a minute was moved out of the first, it still completes', async () => {
  using library = makeLibrary();
  const { home, original } = inLaptop(library.paths, SERIAL);
  const names = makeTrees(library);
  execFileSync('cp', ['-al', original, join(home, nameOf(10))]);
  const before = readTrees(home, names);
  before.set(`${nameOf(10)}-2`, readJournal(original));
  runKilled(library, 'adopt.unnested');
  await adopt(library.context, SERIAL);
  await assertAdopted(library, before);
  assert.equal(listHeld(library.paths, SERIAL), []);
});

test.run();
