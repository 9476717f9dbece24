import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { cleanUp, type LaptopReport } from '../../../xs/chores/cleanup.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { backUp, type Journal, SERIAL, uidOf } from '../library.ts';
import { openWhole, type WholeLibrary } from '../whole.ts';

const test = suite('what a cleanup tells');

/** Runs `work` while this snapshot or pin cannot be moved. */
async function whileStuck<T>(name: string, work: () => Promise<T>): Promise<T> {
  const { renameSync } = fs;
  fs.renameSync = (from, to) => {
    if (basename(String(from)) === name) throw Object.assign(new Error('EIO'), { code: 'EIO' });
    renameSync(from, to);
  };
  syncBuiltinESMExports();
  try {
    return await work();
  } finally {
    fs.renameSync = renameSync;
    syncBuiltinESMExports();
  }
}

/** More days than are kept. */
async function liveForDays(whole: WholeLibrary): Promise<void> {
  const journal: Journal = new Map();
  for (let day = 0; day < 16; day += 1) {
    whole.clock.pass(DAY_MS);
    journal.set(uidOf(day % 7), { title: `${day}`, content: `content of ${day}` });
    assert.is((await backUp(whole, journal)).state, 'done');
  }
}

test('what went is told also when the index does not take what the laptop uses', async () => {
  await using whole = await openWhole('[retention]\nkeepAllDays = 8\nkeepLast = 3');
  await liveForDays(whole);
  const before = listSnapshots(whole.library.paths, SERIAL).length;
  let told = 0;
  const onLaptop = ({ plan }: LaptopReport) => {
    told += plan?.remove.length ?? 0;
  };
  const full = async () => {
    throw new Error('no room in the index');
  };
  Object.assign(whole.library.index, { recordUsage: full });
  const failing = cleanUp(whole.library, { dryRun: false, onLaptop });
  assert.is(await failing.catch(({ message }) => message), 'no room in the index');
  const left = listSnapshots(whole.library.paths, SERIAL).length;
  assert.ok(left < before);
  assert.is(told, before - left);
});

test('what is told as removed is what went, also when one of them cannot go', async () => {
  await using whole = await openWhole('[retention]\nkeepAllDays = 8\nkeepLast = 3');
  const names = () => listSnapshots(whole.library.paths, SERIAL).map(({ name }) => name);
  await liveForDays(whole);
  const before = names();
  const removals = (told: string) =>
    [...told.matchAll(/remove (datastore-\S+)/g)].map(([, name = '']) => name).sort();
  const planned = removals(await whole.command('cleanup', [], { 'dry-run': true }));
  const [stuck = ''] = planned;
  assert.ok(planned.length > 3, planned.join());
  const told: string[] = [];
  const onLaptop = ({ plan }: LaptopReport) =>
    void told.push(...(plan?.remove.map(({ name }) => name) ?? []));
  await whileStuck(stuck, async () => {
    const failing = cleanUp(whole.library, { dryRun: false, onLaptop });
    assert.is(await failing.catch(({ message }) => message), 'EIO');
  });
  const left = names();
  const went = before.filter((name) => !left.includes(name)).sort();
  assert.equal(went, planned.slice(1), 'one that cannot go keeps no other one');
  assert.equal(told.sort(), went);
  const [row] = await whole.library.index.overview();
  assert.is(row?.snapshots, left.length, 'the index knows what went');
  const rest = await whole.command('cleanup');
  assert.equal(removals(rest), [stuck]);
  assert.match(rest, /^1 moved to the trash/m);
});

test.run();
