// weight: 45
/**
 * The plug is pulled at every named point of quarantine and repair: done again, all is as
 * if it had not been.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { inDamaged, inPool } from '../../../xs/storage/paths.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { seeded } from '../../shared/random.ts';
import { soak } from '../../soak.ts';
import { makeActor } from '../actor-program.ts';
import { checkSnapshots } from '../check.ts';
import { backUp, SERIAL, type TestLibrary } from '../library.ts';
import {
  backUpHealing,
  drawings,
  flipBit,
  libraryWith,
  poolFiles,
  scrubAll,
  shardOf,
} from './damage-library.ts';

const test = suite('killed while it quarantines or repairs');

const POINTS = [
  'damage.recorded',
  'damage.recorded:2',
  'damage.quarantined',
  'damage.named',
  'repair.linked',
  'repair.linked:3',
  'repair.replaced',
  'repair.replaced:2',
  'damage.records-removed',
  'repair.done',
];
const CONTENTS = [' drawing 1', ' drawing 4'];
const child = await makeActor('xs/integrity/damage-child.ts');

function service(library: TestLibrary, failpoint?: string) {
  const paths = CONTENTS.map((content) => inPool(library.paths, digestOf(content)).file(0));
  const shards = [...new Set(paths.map(shardOf))].map(String);
  const args = [child.path, library.folder, CONTENTS.join(','), ...shards];
  const env = { ...process.env, ...(failpoint && { DS_BACKUP_FAILPOINT: failpoint }) };
  const done = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
  return { signal: done.signal, exitCode: done.status, stderr: done.stderr };
}

const RUNS = soak(3, 1);

for (const point of POINTS.flatMap((one) => Array.from({ length: RUNS }, () => one))) {
  test(point, async () => {
    using library = await libraryWith(drawings(6));
    await backUp(library, drawings(6));
    for (const content of CONTENTS) flipBit(inPool(library.paths, digestOf(content)).file(0));
    const killed = service(library, point);
    assert.is(killed.signal, 'SIGKILL', `${point} was passed: ${killed.stderr}`);
    const again = service(library);
    assert.is(again.exitCode, 0, again.stderr);
    assert.is(checkSnapshots(library.paths, SERIAL).size, 2);
    checkSnapshots(library.paths, parseSerial('SHC00800000'));
    assert.equal(readdirSync(inDamaged(library.paths).folder), []);
    for (const path of poolFiles(library.paths.library)) assert.ok(lstatSync(path).nlink > 1, path);
  });
}

test('a record without its content whose inode is another file now is forgotten', async () => {
  using library = await libraryWith(drawings(6));
  const path = inPool(library.paths, digestOf(' drawing 1')).file(0);
  flipBit(path);
  service(library, 'damage.recorded');
  const { ino } = lstatSync(path);
  const record = inDamaged(library.paths).record(basename(path) as never, ino);
  assert.ok(existsSync(record), record);
  // As if the pool had been put back from elsewhere.
  rmSync(join(dirname(path), basename(path)));
  assert.is(service(library).exitCode, 0);
  assert.equal(readdirSync(inDamaged(library.paths).folder), []);
});

test('1,000 bits that flip in 1,000 files are all found, and none is carried on', async () => {
  const seed = 20_261;
  const random = seeded(seed);
  const journal = drawings(600);
  using library = await libraryWith(journal);
  await backUp(library, journal);
  const files = poolFiles(library.paths.library);
  assert.is(files.length, 1200);
  const victims = new Set<string>();
  while (victims.size < 1000) victims.add(random.pick(files));
  for (const path of victims) flipBit(path, random);

  const found = await scrubAll(library.context);
  assert.is(found.files, 1200);
  assert.equal(
    found.damaged.map(({ digest }) => digest).sort(),
    [...victims].map((path) => basename(path)).sort(),
    `seed ${seed}`,
  );
  const snapshots = listSnapshots(library.paths, SERIAL).map(({ name }) => `${SERIAL}/${name}`);
  for (const { names } of found.damaged) {
    assert.equal(
      names.map((name) => name.slice(0, name.lastIndexOf('/'))).sort(),
      snapshots.sort(),
    );
  }
  assert.is(poolFiles(library.paths.library).length, 200);

  const { asked, outcome } = await backUpHealing(library, journal);
  assert.is(outcome.state, 'done');
  assert.ok(asked >= 500 && asked <= 600, `${asked} entries were asked for`);
  assert.is(checkSnapshots(library.paths, SERIAL).size, 3, 'all three are whole again');
  assert.ok(library.context.pool.damage.isEmpty);
  assert.equal(readdirSync(inDamaged(library.paths).folder), []);
  assert.is(poolFiles(library.paths.library).length, 1200);
});

test.after(() => child[Symbol.dispose]());
test.run();
