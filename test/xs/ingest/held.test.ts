import { readdirSync, readlinkSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Digest, Uid } from '../../../shared/ids.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { dropHeld, releaseHeld } from '../../../xs/ingest/held.ts';
import { type GuardVerdict, judgeShrink, withPinned } from '../../../xs/ingest/shrink-guard.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { baseSnapshot, listHeld, listSnapshots } from '../../../xs/storage/snapshots.ts';
import { listTrash, undelete } from '../../../xs/storage/trash.ts';
import { checkSnapshot, checkSnapshots } from '../check.ts';
import { backUp, type Journal, makeLibrary, newest, SERIAL, uidOf } from '../library.ts';

const test = suite('a Journal that lost most of what it had is held');

const RULES = { lostPercent: 50, minEntries: 10 };

function journalOf(from: number, to: number, content = 'x'): Journal {
  const numbers = Array.from({ length: to - from }, (_, n) => from + n);
  return new Map(numbers.map((n) => [uidOf(n), { title: `${n}`, content: `${n} ${content}` }]));
}

function size(from: number, to: number, bytes: number, salt = '') {
  const versions = new Map<Uid, Digest>();
  for (let n = from; n < to; n += 1) versions.set(uidOf(n), digestOf(`${n}${salt}`));
  return { versions, bytes };
}

const CASES: [string, ReturnType<typeof size>, ReturnType<typeof size>, string][] = [
  ['nothing lost', size(0, 100, 1000), size(0, 100, 1000), 'passes'],
  ['half lost', size(0, 100, 1000), size(0, 50, 600), 'passes'],
  ['more than half lost', size(0, 100, 1000), size(0, 49, 900), 'entries-lost'],
  ['all replaced by as many others', size(0, 100, 1000), size(200, 300, 1000), 'entries-lost'],
  ['a small Journal tidied up', size(0, 12, 1000), size(0, 3, 800), 'passes'],
  ['a small Journal lost ten', size(0, 12, 1000), size(0, 2, 800), 'entries-lost'],
  ['the only entry deleted', size(0, 1, 1000), size(0, 0, 0), 'empty'],
  ['everything gone', size(0, 500, 1e6), size(0, 0, 0), 'empty'],
  ['empty as before', size(0, 0, 0), size(0, 0, 0), 'passes'],
  ['the large video deleted', size(0, 100, 1e9), size(0, 99, 1e6), 'passes'],
  ['every content emptied', size(0, 100, 1e6), size(0, 100, 1e3, 'changed'), 'bytes-lost'],
  ['grown', size(0, 100, 1000), size(0, 400, 9000), 'passes'],
];

for (const [what, before, after, expected] of CASES) {
  test(`${what}: ${expected}`, () => {
    const verdict: GuardVerdict = judgeShrink(before, after, RULES);
    assert.is(verdict.hold ? verdict.reason : 'passes', expected);
  });
}

test('the thresholds can be set', () => {
  const [before, after] = [size(0, 100, 1000), size(0, 40, 900)];
  assert.ok(judgeShrink(before, after, RULES).hold);
  assert.not.ok(judgeShrink(before, after, { ...RULES, lostPercent: 70 }).hold);
  assert.not.ok(judgeShrink(before, after, { ...RULES, minEntries: 61 }).hold);
});

test('content that is pinned in another version is not lost, and what is gone is', () => {
  const [before, after] = [size(0, 100, 1e6), size(0, 100, 1e3, 'changed')];
  const pin = (n: number) => ({ uid: uidOf(n), digest: digestOf('x'), bytes: 6e5 });
  assert.not.ok(judgeShrink(before, withPinned(after, [pin(1)]), RULES).hold);
  const gone = withPinned(after, [pin(500)]);
  assert.ok(judgeShrink(before, gone, RULES).hold, 'a pin of an entry that is gone is no excuse');
});

test('a first backup is never held', () => {
  assert.equal(judgeShrink(undefined, size(0, 0, 0), RULES), { hold: false });
});

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
