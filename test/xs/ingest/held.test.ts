import { mkdirSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dropHeld, holdAgain, releaseHeld } from '../../../xs/ingest/held.ts';
import { readHeldNote } from '../../../xs/ingest/shrink-guard.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { baseSnapshot, listHeld, listSnapshots } from '../../../xs/storage/snapshots.ts';
import { listTrash, undelete } from '../../../xs/storage/trash.ts';
import { checkSnapshot, checkSnapshots } from '../check.ts';
import { backUp, type Journal, makeLibrary, newest, SERIAL, uidOf } from '../library.ts';

const test = suite('a Journal that lost most of what it had is held');

function journalOf(from: number, to: number, content = 'x'): Journal {
  const numbers = Array.from({ length: to - from }, (_, n) => from + n);
  return new Map(numbers.map((n) => [uidOf(n), { title: `${n}`, content: `${n} ${content}` }]));
}

test('a reflashed laptop: held aside, told why, and the good snapshot stays the latest', async () => {
  using library = makeLibrary();
  await backUp(library, journalOf(0, 40));
  const good = newest(library);
  const outcome = await backUp(library, journalOf(100, 103));
  assert.is(outcome.state, 'held');
  assert.is(outcome.state === 'held' && outcome.reason, '40 of 40 entries are gone');
  assert.equal(newest(library), good);
  assert.is(readlinkSync(inLaptop(library.paths, SERIAL).latest), good.name);
  const [held] = listHeld(library.paths, SERIAL);
  assert.is(held?.entries, 3);
  assert.ok(readdirSync(held?.folder ?? '').includes('HELD'));
  assert.equal(readdirSync(inLaptop(library.paths, SERIAL).incoming), []);
});

test('the next backup goes on from what is held: only what is new is sent', async () => {
  using library = makeLibrary();
  await backUp(library, journalOf(0, 40));
  await backUp(library, journalOf(100, 103));
  const outcome = await backUp(library, journalOf(100, 104));
  assert.is(outcome.state, 'held');
  assert.equal(
    listHeld(library.paths, SERIAL).map(({ sequence, changed }) => [sequence, changed]),
    [
      [3, 1],
      [2, 3],
    ],
  );
});

test('a restore makes it whole again: everything held joins the ordinary snapshots', async () => {
  using library = makeLibrary();
  await backUp(library, journalOf(0, 40));
  await backUp(library, journalOf(100, 103));
  await backUp(library, journalOf(100, 104));
  const whole: Journal = new Map([...journalOf(100, 104), ...journalOf(0, 40)]);
  assert.is((await backUp(library, whole)).state, 'done');
  assert.equal(listHeld(library.paths, SERIAL), []);
  assert.equal([...checkSnapshots(library.paths, SERIAL).keys()], [4, 3, 2, 1]);
  assert.is(newest(library).entries, 44);
  assert.is(readlinkSync(inLaptop(library.paths, SERIAL).latest), newest(library).name);
});

test('an admin releases: the small one is the newest from then on', async () => {
  using library = makeLibrary();
  await backUp(library, journalOf(0, 40));
  await backUp(library, journalOf(100, 103));
  assert.is(releaseHeld(library.paths, SERIAL).length, 1);
  assert.is(newest(library).entries, 3);
  assert.is(readlinkSync(inLaptop(library.paths, SERIAL).latest), newest(library).name);
  assert.is((await backUp(library, journalOf(100, 105))).state, 'done');
});

test('an admin takes a release back, until another backup has followed', async () => {
  using library = makeLibrary();
  const { paths } = library;
  await backUp(library, journalOf(0, 40));
  const good = newest(library);
  await backUp(library, journalOf(100, 103));
  await backUp(library, journalOf(100, 104));
  const note = readHeldNote(listHeld(paths, SERIAL)[0]?.folder ?? '');
  assert.is(releaseHeld(paths, SERIAL).length, 2);
  assert.equal(
    holdAgain(paths, SERIAL).map(({ sequence }) => sequence),
    [2, 3],
  );
  assert.equal(newest(library), good);
  assert.is(readlinkSync(inLaptop(paths, SERIAL).latest), good.name);
  assert.equal(
    listHeld(paths, SERIAL).map(({ folder }) => readHeldNote(folder)),
    [note, note],
    'and they say why',
  );
  assert.is((await backUp(library, journalOf(100, 105))).state, 'held');
  // Once more, and now a backup follows.
  releaseHeld(paths, SERIAL);
  assert.is((await backUp(library, journalOf(100, 106))).state, 'done');
  assert.equal(holdAgain(paths, SERIAL), []);
  assert.equal([...checkSnapshots(paths, SERIAL).keys()], [5, 4, 3, 2, 1]);
});

test('what was pinned since it was released is not put aside until it is unpinned', async () => {
  using library = makeLibrary();
  const { paths } = library;
  await backUp(library, journalOf(0, 40));
  await backUp(library, journalOf(100, 103));
  releaseHeld(paths, SERIAL);
  const pinned = newest(library);
  const laptop = inLaptop(paths, SERIAL);
  mkdirSync(laptop.pinned, { recursive: true });
  writeFileSync(laptop.snapshotPin(pinned.name), '');
  assert.throws(() => holdAgain(paths, SERIAL), /pinned/);
  assert.equal(newest(library), pinned);
  assert.is(readlinkSync(inLaptop(paths, SERIAL).latest), pinned.name);
  rmSync(laptop.snapshotPin(pinned.name));
  assert.is(holdAgain(paths, SERIAL).length, 1);
});

test('what a whole backup released is not held again; nor is the only thing that there is', async () => {
  using library = makeLibrary();
  const { paths } = library;
  await backUp(library, journalOf(0, 40));
  assert.equal(holdAgain(paths, SERIAL), []);
  await backUp(library, journalOf(100, 103));
  await backUp(library, new Map([...journalOf(100, 103), ...journalOf(0, 40)]));
  assert.equal(holdAgain(paths, SERIAL), []);
  for (const { folder } of listSnapshots(paths, SERIAL)) {
    assert.not.ok(readdirSync(folder).includes('HELD'), folder);
  }
});

test('an admin drops: it goes to the trash, and the laptop is told to start from the good one', async () => {
  using library = makeLibrary();
  await backUp(library, journalOf(0, 40));
  await backUp(library, journalOf(100, 103));
  const [dropped] = dropHeld(library.paths, SERIAL, library.context.timeline.now());
  assert.equal(listHeld(library.paths, SERIAL), []);
  assert.is(baseSnapshot(library.paths, SERIAL)?.sequence, 1);
  assert.is(listTrash(library.paths, SERIAL)[0]?.name, dropped?.name);
  undelete(library.paths, SERIAL, dropped?.name ?? '');
  assert.is(listSnapshots(library.paths, SERIAL).length, 2);
});

test('a laptop nobody decides about does not pile up held snapshots', async () => {
  using library = makeLibrary();
  await backUp(library, journalOf(0, 40));
  for (let n = 0; n < 44; n += 1) await backUp(library, journalOf(100, 103 + n));
  const held = listHeld(library.paths, SERIAL);
  assert.is(held.length, 40);
  assert.equal(
    [held.at(-1)?.sequence, held[0]?.sequence],
    [2, 45],
    'the first and the newest stay',
  );
  for (const one of held) checkSnapshot({ ...one });
});

test.run();
