import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { newRunId, type SnapshotName, type Uid } from '../../../shared/ids.ts';
import { decodeEntry, digestOf, propertyText } from '../../../shared/journal/entry.ts';
import { DailyCap } from '../../../xs/ingest/daily-cap.ts';
import { ingest } from '../../../xs/ingest/ingest.ts';
import { scrubShard } from '../../../xs/integrity/scrub.ts';
import { foldOriginal } from '../../../xs/legacy/original.ts';
import { inLaptop, inPool } from '../../../xs/storage/paths.ts';
import { listSnapshots, newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { listTrash } from '../../../xs/storage/trash.ts';
import { refusedLater } from '../../shared/refused.ts';
import { checkSnapshots } from '../check.ts';
import { flipBit, shardOf } from '../integrity/damage-library.ts';
import { makeLibrary, SERIAL, type TestLibrary, uidOf } from '../library.ts';
import { testClock } from '../whole.ts';

const test = suite("an original client's mirror is folded");

function writeEntry(
  library: TestLibrary,
  uid: Uid,
  properties: Record<string, string>,
  data?: string,
) {
  const folder = join(inLaptop(library.paths, SERIAL).original, uid.slice(0, 2), uid);
  mkdirSync(join(folder, 'metadata'), { recursive: true });
  for (const [name, value] of Object.entries(properties)) {
    writeFileSync(join(folder, 'metadata', name), value);
  }
  if (data !== undefined) {
    rmSync(join(folder, 'data'), { force: true });
    writeFileSync(join(folder, 'data'), data);
  }
  return folder;
}

async function foldAndIngest(library: TestLibrary, state = 'done') {
  const base = newestSnapshot(library.paths, SERIAL);
  const folded = await foldOriginal(library.context, SERIAL, base, newRunId(), async () => {});
  const { completion, folder } = folded;
  const arrival = { serial: SERIAL, completion, folder, source: 'original' as const };
  const outcome = await ingest(library.context, arrival);
  assert.is(outcome.state, state, JSON.stringify(outcome));
  await folded.remember();
  return completion;
}

test('the list of a mirror is read in pieces, whatever is in it', async () => {
  using library = makeLibrary();
  const folder = join(inLaptop(library.paths, SERIAL).original, 'ab');
  mkdirSync(folder, { recursive: true });
  for (let n = 0; n < 3000; n += 1) writeFileSync(join(folder, `${n}`), '');
  let pieces = 0;
  const spend = async () => {
    pieces += 1;
  };
  const folded = foldOriginal(library.context, SERIAL, undefined, newRunId(), spend);
  await refusedLater(folded, 'bad-input', /none of the 3000 things/);
  assert.ok(pieces >= 3000, `${pieces} pieces`);
});

test('every entry is folded once, and only what changed the next time', async () => {
  using library = makeLibrary();
  writeEntry(
    library,
    uidOf(1),
    { title: 'one', filesize: '3', checksum: 'x', '.title': 'torn' },
    'abc',
  );
  writeEntry(library, uidOf(2), { title: 'two' });
  assert.is((await foldAndIngest(library)).changed.length, 2);
  assert.is((await foldAndIngest(library)).changed.length, 0);
  writeEntry(library, uidOf(1), { title: 'uno', filesize: '4' }, 'abcd');
  const third = await foldAndIngest(library);
  assert.equal(
    third.changed.map(([uid]) => uid),
    [uidOf(1)],
  );
});

test('more than the daily limit: the last state of a day replaces the one before, and days before stay', async () => {
  const clock = testClock('2026-03-02T08:00:00Z');
  using library = makeLibrary({ clock });
  const cap = new DailyCap(clock, 2, library.context.timeline);
  const school = { ...library, context: { ...library.context, cap } };
  const save = async (title: string) => {
    rmSync(writeEntry(library, uidOf(1), {}), { recursive: true });
    writeEntry(library, uidOf(1), { title });
    clock.pass(60_000);
    await foldAndIngest(school);
  };
  const titles = () =>
    listSnapshots(library.paths, SERIAL).map(({ folder }) => {
      const entry = decodeEntry(readFileSync(join(folder, `${uidOf(1)}.metadata`)));
      return propertyText(entry, 'title');
    });
  for (const title of ['first', 'second']) await save(title);
  clock.pass(DAY_MS);
  for (const title of ['third', 'fourth', 'fifth', 'sixth']) await save(title);
  assert.equal(titles(), ['sixth', 'third', 'second', 'first']);
  assert.equal(
    listTrash(library.paths, SERIAL).map(({ reason }) => reason),
    ['replaced-within-the-day', 'replaced-within-the-day'],
  );
  checkSnapshots(library.paths, SERIAL);
});

test('what is pinned or held is not replaced, and a held state replaces nothing', async () => {
  const clock = testClock('2026-03-02T08:00:00Z');
  using library = makeLibrary({ clock });
  const cap = new DailyCap(clock, 1, library.context.timeline);
  const school = { ...library, context: { ...library.context, cap } };
  const names = () => listSnapshots(library.paths, SERIAL).length;
  for (let n = 1; n <= 20; n += 1) writeEntry(library, uidOf(n), { title: `${n}` });
  await foldAndIngest(school);
  const { name } = newestSnapshot(library.paths, SERIAL) ?? {};
  mkdirSync(inLaptop(library.paths, SERIAL).pinned, { recursive: true });
  writeFileSync(inLaptop(library.paths, SERIAL).snapshotPin(name as SnapshotName), '');
  writeEntry(library, uidOf(1), { title: 'changed' });
  await foldAndIngest(school);
  assert.is(names(), 2, 'the pinned one stays');
  for (let n = 1; n <= 19; n += 1) {
    const uid = uidOf(n);
    rmSync(join(inLaptop(library.paths, SERIAL).original, uid.slice(0, 2), uid), {
      recursive: true,
    });
  }
  await foldAndIngest(school, 'held');
  assert.is(names(), 2, 'what is whole stays beside a state that is held');
});

test('an entry that looks torn keeps its old version, and is taken when it stays that way', async () => {
  using library = makeLibrary();
  writeEntry(library, uidOf(1), { title: 'one', filesize: '3' }, 'abc');
  await foldAndIngest(library);
  writeEntry(library, uidOf(1), { filesize: '9' }, 'half');
  assert.is((await foldAndIngest(library)).changed.length, 0);
  assert.is((await foldAndIngest(library)).changed.length, 1);
});

test('what is no entry is passed over, and an unreadable one keeps its version', async () => {
  using library = makeLibrary();
  const { original } = inLaptop(library.paths, SERIAL);
  const folder = writeEntry(library, uidOf(1), { title: 'one' });
  writeEntry(library, uidOf(2), { title: 'two' });
  mkdirSync(join(original, 'index'), { recursive: true });
  mkdirSync(join(original, 'zz', 'no-uid'), { recursive: true });
  symlinkSync('/etc', join(original, 'aa'));
  await foldAndIngest(library);
  assert.is(newestSnapshot(library.paths, SERIAL)?.entries, 2);
  rmSync(join(folder, 'metadata', 'title'));
  symlinkSync('/etc/passwd', join(folder, 'metadata', 'title'));
  const next = await foldAndIngest(library);
  assert.equal([next.changed, next.removed], [[], []]);
});

test('an entry whose version is damaged is folded anew, and dropped if that cannot be done', async () => {
  using library = makeLibrary();
  const folder = writeEntry(library, uidOf(1), { title: 'one', filesize: '8' }, 'drawings');
  writeEntry(library, uidOf(2), { title: 'two' });
  await foldAndIngest(library);
  const path = inPool(library.paths, digestOf('drawings')).file(0);
  const damage = () => {
    flipBit(path);
    return scrubShard(library.context, shardOf(path));
  };
  await damage();
  assert.equal((await foldAndIngest(library)).changed, [], 'the same version once more');
  assert.ok(library.context.pool.damage.isEmpty);
  assert.is(checkSnapshots(library.paths, SERIAL).size, 2);
  await damage();
  rmSync(join(folder, 'metadata'), { recursive: true });
  assert.equal((await foldAndIngest(library)).removed, [uidOf(1)]);
  assert.is(newestSnapshot(library.paths, SERIAL)?.entries, 1);
});

test('an entry that is gone from the mirror is gone from the next snapshot', async () => {
  using library = makeLibrary();
  const folder = writeEntry(library, uidOf(1), { title: 'one' });
  writeEntry(library, uidOf(2), { title: 'two' });
  await foldAndIngest(library);
  rmSync(folder, { recursive: true });
  assert.equal((await foldAndIngest(library)).removed, [uidOf(1)]);
});

/** Sugar 0.82 keeps all entries in one folder, and each one's properties in one JSON file. */
function writeStoreEntry(library: TestLibrary, uid: Uid, title: string, data?: string) {
  const store = join(inLaptop(library.paths, SERIAL).original, 'store');
  mkdirSync(join(store, 'preview'), { recursive: true });
  rmSync(join(store, `${uid}.metadata`), { force: true });
  writeFileSync(join(store, `${uid}.metadata`), JSON.stringify({ title }));
  if (data !== undefined) writeFileSync(join(store, uid), data);
}

function newestTitle(library: TestLibrary, uid: Uid): string | undefined {
  const folder = newestSnapshot(library.paths, SERIAL)?.folder ?? '';
  return propertyText(decodeEntry(readFileSync(join(folder, `${uid}.metadata`))), 'title');
}

test('the mirror of a laptop with Sugar 0.82 is read, too, and only what changed the next time', async () => {
  using library = makeLibrary();
  writeStoreEntry(library, uidOf(1), 'one', 'content of one');
  writeStoreEntry(library, uidOf(2), 'two');
  assert.is((await foldAndIngest(library)).entries, 2);
  const folder = newestSnapshot(library.paths, SERIAL)?.folder ?? '';
  assert.is(readFileSync(join(folder, uidOf(1)), 'utf8'), 'content of one');
  assert.is((await foldAndIngest(library)).changed.length, 0);
  writeStoreEntry(library, uidOf(2), 'dos');
  assert.equal(
    (await foldAndIngest(library)).changed.map(([uid]) => uid),
    [uidOf(2)],
  );
  assert.is(newestTitle(library, uidOf(2)), 'dos');
});

test('a laptop that is upgraded from Sugar 0.82 goes on with the same entries', async () => {
  using library = makeLibrary();
  const { original } = inLaptop(library.paths, SERIAL);
  writeStoreEntry(library, uidOf(1), 'one', 'content of one');
  writeStoreEntry(library, uidOf(2), 'two');
  await foldAndIngest(library);
  // Sugar's migration, seen when it was cut off, and when it was complete.
  writeEntry(library, uidOf(1), { uid: uidOf(1), title: 'one' }, 'content of one');
  rmSync(join(original, 'store', uidOf(1)));
  assert.equal((await foldAndIngest(library)).removed, []);
  rmSync(join(original, 'store'), { recursive: true });
  writeEntry(library, uidOf(2), { uid: uidOf(2), title: 'two' });
  writeFileSync(join(original, 'version'), '1');
  assert.equal((await foldAndIngest(library)).removed, []);
  assert.is(newestTitle(library, uidOf(2)), 'two');
  assert.is(checkSnapshots(library.paths, SERIAL).size, 3);
});

test('a mirror full of what no reader knows is not an empty Journal', async () => {
  using library = makeLibrary();
  const { original } = inLaptop(library.paths, SERIAL);
  mkdirSync(join(original, 'entries-of-the-future'));
  await refusedLater(
    foldOriginal(library.context, SERIAL, undefined, newRunId(), async () => {}),
    'bad-input',
    /1 /,
  );
});

test.run();
