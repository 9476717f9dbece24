/**
 * Sugar's real datastore opens what was exported, and keeps every entry of it.
 * It makes its own index on the way, and would delete what it cannot read: export writes that so that
 * it can be read, and names it.
 */
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { takeaway } from '../../../xs/commands/away/takeaway.ts';
import { exportJournal } from '../../../xs/legacy/export.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { compareJournals, readJournal } from '../../journal/compare.ts';
import { generateJournal } from '../../journal/generator.ts';
import { waitFor } from '../../runner/patience.ts';
import { soak } from '../../soak.ts';
import { makeOldLibrary } from '../../xs/legacy/old-library-maker.ts';
import { adopt, nameOf, putRaw, snapshotRaw } from '../../xs/legacy/original-library.ts';
import { makeLibrary, newest, SERIAL, uidOf } from '../../xs/library.ts';
import { Laptop } from '../laptop.ts';

const test = suite('an exported Journal opens in Sugar');

interface LaptopAlone extends AsyncDisposable {
  laptop: Laptop;
}

/** A laptop without a school. */
function makeLaptop(): LaptopAlone {
  const folder = mkdtempSync(join(tmpdir(), 'ds-export-'));
  chmodSync(folder, 0o711);
  const laptop = new Laptop(folder, 'laptop', () => 'http://127.0.0.1:9');
  const dispose = async () => {
    await laptop[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  };
  return { laptop, [Symbol.asyncDispose]: dispose };
}

test('an adopted snapshot, exported, is the whole Journal to the datastore', async () => {
  using library = makeLibrary();
  await using alone = makeLaptop();
  const { laptop } = alone;
  const { original } = inLaptop(library.paths, SERIAL);
  generateJournal(original, { entries: 40, seed: 5 });
  const before = readJournal(original);
  snapshotRaw(library.paths, SERIAL, nameOf(8));
  await adopt(library.context, SERIAL);
  const done = await exportJournal({ snapshot: newest(library) }, laptop.journal);
  assert.equal([done.entries, done.leftOut, done.repaired], [40, [], []]);
  await laptop.startBus();
  assert.is(await laptop.countEntries(), 40);
  await laptop.stopDatastore();
  const { identical, different, missing, extra } = compareJournals(
    before,
    readJournal(laptop.journal),
  );
  assert.equal([identical, different, missing, extra], [40, [], [], []]);
});

test('the datastore keeps every entry, also those that it would have deleted', async () => {
  using library = makeLibrary();
  await using alone = makeLaptop();
  const { laptop } = alone;
  const raw = join(library.folder, 'raw');
  const sound = { title: 'fine', timestamp: '1300000000', mime_type: 'text/plain' };
  const put = (n: number, properties: Record<string, string | Buffer>) =>
    putRaw(raw, uidOf(n), { ...sound, uid: uidOf(n), ...properties }, `content ${n}`);
  put(1, {});
  put(2, { preview: Buffer.from([0xff, 0]) });
  put(3, { description: Buffer.from([0xff]) });
  put(4, { timestamp: '1300000000.5' });
  put(5, { filesize: '99999999999' });
  put(6, { notes: Buffer.alloc(512_001, 'a') });
  put(7, { notes: Buffer.alloc(500_000, 'a ') });
  put(8, { mime_type: 'x'.repeat(300) });
  put(9, { mime_type: 'x'.repeat(243) });
  put(10, { tags: 'a\0b' });
  put(11, { activity: 'ñ'.repeat(121) });
  put(12, { title: 'y'.repeat(5000), filesize: ' 9 ' });
  put(13, { timestamp: '' });
  const done = await exportJournal({ raw }, laptop.journal);
  assert.equal(done.repaired.map(({ what }) => what).sort(), [3, 4, 5, 6, 8, 13].map(uidOf));
  await laptop.startBus();
  await laptop.countEntries();
  // The index is made in idle moments, one entry each, which also gets the date that all of them
  // lack here. An answer means that no such moment is under way.
  const folder = join(laptop.journal, '00');
  const isIndexed = (uid: string) => existsSync(join(folder, uid, 'metadata', 'creation_time'));
  await waitFor('the index', () => readdirSync(folder).every(isIndexed));
  await laptop.countEntries();
  const after = readJournal(laptop.journal);
  const deleted = [...readJournal(raw).keys()].filter((uid) => !after.has(uid)).sort();
  assert.equal(deleted, []);
});

test('a takeaway is brought into an empty Journal, again into itself, and beside a changed one', async () => {
  using library = makeLibrary();
  const { original } = inLaptop(library.paths, SERIAL);
  generateJournal(original, { entries: 30, seed: 6 });
  const before = readJournal(original);
  snapshotRaw(library.paths, SERIAL, nameOf(8));
  await adopt(library.context, SERIAL);
  const file = join(library.folder, 'taken.zip');
  const signal = new AbortController().signal;
  const silent = { progress: () => {}, print: () => {} };
  await takeaway.run({ paths: library.paths, args: [SERIAL, file], flags: {}, signal, ...silent });
  await using alone = makeLaptop();
  const { laptop } = alone;
  await laptop.startBus();
  const bring = async (failpoint?: string) => {
    const { exitCode, signal, stdout, stderr } = await laptop.backup(
      ['bring', file, '--json'],
      failpoint === undefined ? {} : { failpoint },
    );
    if (failpoint) return assert.is(signal, 'SIGKILL', stderr);
    assert.is(exitCode, 0, stderr);
    return JSON.parse(stdout).summary;
  };
  await bring('bring.batch');
  await bring();
  assert.is(await laptop.countEntries(), 30);
  const { restored, beside, alreadyHere } = await bring();
  assert.equal([restored, beside, alreadyHere], [0, 0, 30]);
  await laptop.stopDatastore();
  const found = compareJournals(before, readJournal(laptop.journal));
  assert.equal([found.different, found.missing, found.extra], [[], [], []]);
});

for (let seed = 1; seed <= soak(100, 1); seed += 1) {
  test(`every whole copy of an old library made by chance opens in Sugar: seed ${seed}`, async () => {
    using library = makeLibrary();
    const { trees, story } = makeOldLibrary(library.paths, SERIAL, seed);
    await adopt(library.context, SERIAL);
    for (const { name, entries } of trees.filter(({ whole }) => whole).slice(-soak(20, 2))) {
      await using alone = makeLaptop();
      const { laptop } = alone;
      const snapshot = listSnapshots(library.paths, SERIAL).find((one) => one.name === name);
      assert.ok(snapshot, `${story}: ${name}`);
      await exportJournal({ snapshot }, laptop.journal);
      await laptop.startBus();
      assert.is(await laptop.countEntries(), entries.size, `${story}: ${name}`);
    }
  });
}

test.run();
