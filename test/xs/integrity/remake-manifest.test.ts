/** A lost MANIFEST is made anew where everything else of the snapshot is certain, and only there. */
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkEverything } from '../../../xs/integrity/relink.ts';
import { inLaptop, inLibrary } from '../../../xs/storage/paths.ts';
import { listSnapshots, type Snapshot } from '../../../xs/storage/snapshots.ts';
import { checkSnapshots } from '../check.ts';
import { backUp, SERIAL } from '../library.ts';
import { openWhole } from '../whole.ts';
import { drawings } from './damage-library.ts';

const test = suite('a MANIFEST that is made anew');

type Whole = Awaited<ReturnType<typeof openWhole>>;

/** A laptop with three snapshots, the newest first. */
async function three(play: (whole: Whole, snapshots: Snapshot[]) => Promise<void>): Promise<void> {
  await using whole = await openWhole();
  for (const count of [2, 3, 4]) await backUp(whole, drawings(count));
  await play(whole, listSnapshots(whole.library.paths, SERIAL));
}

const manifestOf = ({ folder }: Snapshot) => join(folder, 'MANIFEST');
const sequences = ({ library }: Whole) =>
  listSnapshots(library.paths, SERIAL).map(({ sequence }) => sequence);

test('of every snapshot, one after the other: all but what nobody needs is as before', async () => {
  for (const which of [0, 1, 2]) {
    await three(async (whole, snapshots) => {
      const before = JSON.parse(readFileSync(manifestOf(snapshots[which] as Snapshot), 'utf8'));
      rmSync(manifestOf(snapshots[which] as Snapshot));
      assert.is(await checkEverything(whole.library, undefined), 0);
      const now = JSON.parse(readFileSync(manifestOf(snapshots[which] as Snapshot), 'utf8'));
      for (const key of ['serial', 'name', 'sequence', 'entries', 'bytes', 'state'])
        assert.equal(now[key], before[key], key);
      checkSnapshots(whole.library.paths, SERIAL);
      assert.is((await backUp(whole, drawings(5))).state, 'done');
    });
  }
});

test('its files are linked again from the pool first; one that nobody has leaves it named', async () => {
  await three(async (whole, [newest]) => {
    const { folder } = newest as Snapshot;
    rmSync(join(folder, 'MANIFEST'));
    const [metadata = ''] = readdirSync(folder).filter((name) => name.endsWith('.metadata'));
    rmSync(join(folder, metadata));
    assert.is(await checkEverything(whole.library, undefined), 0);
    assert.equal(sequences(whole), [3, 2, 1]);
  });
  await three(async (whole, [newest]) => {
    const { folder } = newest as Snapshot;
    rmSync(join(folder, 'MANIFEST'));
    const { pool } = inLibrary(whole.library.paths);
    const lost = readdirSync(folder).filter((name) => name.endsWith('.metadata'));
    for (const name of lost) rmSync(join(folder, name));
    for (const shard of readdirSync(pool)) rmSync(join(pool, shard), { recursive: true });
    assert.ok((await checkEverything(whole.library, undefined)) > 0);
    assert.ok(!readdirSync(folder).includes('MANIFEST'));
  });
});

test('none is made where its place in the line is not certain', async () => {
  await three(async (whole, [newest, middle, oldest]) => {
    // The clock went back: the names say another order than the numbers.
    const home = dirname((newest as Snapshot).folder);
    const odd = join(home, 'datastore-1970-01-02_00:00');
    renameSync((middle as Snapshot).folder, odd);
    rmSync(join(odd, 'MANIFEST'));
    assert.is(await checkEverything(whole.library, undefined), 1);
    assert.equal(sequences(whole), [newest?.sequence, oldest?.sequence]);
  });
  await three(async (whole, [newest]) => {
    // The newest, and the note of it is gone, too.
    rmSync(manifestOf(newest as Snapshot));
    rmSync(inLaptop(whole.library.paths, SERIAL).lastSuccess);
    assert.is(await checkEverything(whole.library, undefined), 1);
    assert.equal(sequences(whole), [2, 1]);
  });
});

test('a list that was damaged, or is not of this snapshot, makes none', async () => {
  await three(async (whole, [newest, middle]) => {
    const { folder } = newest as Snapshot;
    rmSync(join(folder, 'MANIFEST'));
    writeFileSync(join(folder, 'SUMS.gz'), readFileSync(join(folder, 'SUMS.gz')).subarray(0, 40));
    assert.ok((await checkEverything(whole.library, undefined)) > 0);
    assert.equal(sequences(whole), [2, 1]);
    writeFileSync(
      join(folder, 'SUMS.gz'),
      readFileSync(join((middle as Snapshot).folder, 'SUMS.gz')),
    );
    assert.ok((await checkEverything(whole.library, undefined)) > 0);
    assert.equal(sequences(whole), [2, 1], basename(folder));
  });
  await three(async (whole, [newest, middle, oldest]) => {
    const list = (one?: Snapshot) => join(one?.folder ?? '', 'SUMS.gz');
    rmSync(manifestOf(middle as Snapshot));
    writeFileSync(list(middle), readFileSync(list(oldest)));
    assert.is(await checkEverything(whole.library, undefined), 1);
    assert.equal(sequences(whole), [newest?.sequence, oldest?.sequence]);
  });
});

test.run();
