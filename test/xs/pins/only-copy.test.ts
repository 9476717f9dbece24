import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import type { Uid } from '../../../shared/ids.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import type { KeptMark } from '../../../shared/journal/kept.ts';
import { pinEntry, unpinEntry } from '../../../xs/pins/pinning.ts';
import { listPins, listReleased, pinnedAmounts } from '../../../xs/pins/pins.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { listHeld, listSnapshots, newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { listTrash } from '../../../xs/storage/trash.ts';
import { refused, refusedLater } from '../../shared/refused.ts';
import { checkSnapshots } from '../check.ts';
import {
  awayOf,
  backUp,
  type Journal,
  type JournalEntry,
  metadataOf,
  SERIAL,
  uidOf,
} from '../library.ts';
import { dsaKey, openWhole, serialOf, type WholeLibrary } from '../whole.ts';

const test = suite('what a snapshot says is at school stays there');

const FISH = uidOf(1);
const COPY = uidOf(2);
const OTHER = serialOf(7);
/** After ten days, the first of each month only. */
const FEW = '[retention]\nkeepAllDays = 10\nkeepLast = 3';
const LIMIT = { limit: Number.MAX_SAFE_INTEGER };
const DRAWN: JournalEntry = { title: 'the fish', content: 'drawn for an hour' };
const VERSION = digestOf(metadataOf(DRAWN));

const away = (mark: Partial<KeptMark> = {}) => awayOf(FISH, DRAWN, mark);

/** Tomorrow's backup of a Journal with this in it, and enough that stays. */
async function nextDay(
  whole: WholeLibrary,
  entries: Record<Uid, JournalEntry>,
  serial = SERIAL,
): Promise<void> {
  whole.clock.pass(DAY_MS);
  const diary = { title: whole.clock.now().toISOString(), content: 'x'.repeat(500) };
  const journal: Journal = new Map([[uidOf(90), diary]]);
  for (const [uid, entry] of Object.entries(entries)) journal.set(uid as Uid, entry);
  const outcome = await backUp(whole, journal, serial);
  assert.is(outcome.state, 'done', JSON.stringify(outcome));
}

/** As a laptop does it that keeps the fish at school. */
function keep({ library }: WholeLibrary, kept = true): void {
  const snapshot = newestSnapshot(library.paths, SERIAL);
  assert.ok(snapshot);
  pinEntry(library, SERIAL, snapshot, FISH, { ...LIMIT, kept });
}

function unpinByLaptop({ library }: WholeLibrary): void {
  unpinEntry(library, SERIAL, FISH, { digest: VERSION, own: true });
}

const unpinByTeacher = (whole: WholeLibrary) => whole.command('unpin', [SERIAL, FISH]);
const isHere = ({ library: { paths } }: WholeLibrary) =>
  existsSync(join(inLaptop(paths, SERIAL).pin(FISH, VERSION), FISH));

/** Drawn on 3 March, kept, away for `days`, and back. */
async function keptAndFetched(whole: WholeLibrary, days = 3, mark = away()): Promise<void> {
  await nextDay(whole, { [FISH]: DRAWN });
  keep(whole);
  for (let n = 0; n < days; n += 1) await nextDay(whole, { [FISH]: mark });
  await nextDay(whole, { [FISH]: DRAWN });
  unpinByLaptop(whole);
}

test('fetched back, it stays for the snapshots that have only the mark, and goes after them', async () => {
  await using whole = await openWhole(FEW);
  const { paths } = whole.library;
  await keptAndFetched(whole, 40); // 4 March to 12 April
  const [released, ...others] = listReleased(paths, SERIAL);
  assert.is(released?.digest, VERSION);
  assert.equal(others, []);
  assert.equal(listPins(paths, SERIAL), [], 'the child has it pinned no more');
  assert.ok(pinnedAmounts(paths, SERIAL).has(VERSION), 'it takes its room');
  const told = JSON.parse(await whole.command('pins', [SERIAL], { json: true }));
  assert.equal([told.entries.length, told.released.length, told.bytes], [0, 1, 0]);
  assert.match(
    await whole.command('pins', [SERIAL]),
    /unpinned, but still needed by older snapshots/,
  );

  for (let n = 0; n < 20; n += 1) await nextDay(whole, { [FISH]: { ...DRAWN, title: `${n}` } });
  await whole.command('cleanup');
  await whole.command('cleanup');
  assert.ok(isHere(whole), 'the first of April has only the mark');
  const names = listSnapshots(paths, SERIAL).map(({ name }) => name.slice(10, 20));
  assert.ok(names.includes('2026-04-01'), names.join());
  checkSnapshots(paths, SERIAL);
});

test('no snapshot says any more that it is here: it goes to the trash, and comes back from there', async () => {
  await using whole = await openWhole(FEW);
  const { paths } = whole.library;
  await keptAndFetched(whole); // away from 4 to 6 March
  for (let n = 0; n < 15; n += 1) await nextDay(whole, { [FISH]: { ...DRAWN, title: `${n}` } });
  const dry = () => whole.command('cleanup', [], { 'dry-run': true });
  assert.not.match(await dry(), /remove pin/);
  await whole.command('cleanup');
  assert.ok(isHere(whole), 'the plan is made before its last snapshot goes');
  assert.match(await dry(), new RegExp(`remove pin ${FISH} {2}unpinned, and no snapshot refers`));
  assert.ok(isHere(whole), 'a dry run changes nothing');
  assert.match(await whole.command('cleanup'), /^1 moved to the trash/m);
  assert.not(isHere(whole));
  const item = listTrash(paths, SERIAL).find(({ reason }) => reason === 'not-named');
  assert.is(item?.name, `pin-${FISH}-${VERSION}`);

  await whole.command('undelete', [SERIAL, item?.name ?? '']);
  await whole.command('cleanup');
  assert.is(listPins(paths, SERIAL).length, 1, 'brought back, it is a pin as any other');
});

test('between the keeping and the next backup a teacher cannot take it away, the laptop can', async () => {
  await using whole = await openWhole();
  await nextDay(whole, { [FISH]: DRAWN });
  keep(whole, false);
  await unpinByTeacher(whole); // a child's pin
  keep(whole);
  await refusedLater(unpinByTeacher(whole), 'only-copy', /only at school, in this pin/);
  assert.ok(isHere(whole));
  unpinByLaptop(whole); // it came to nothing: the content is still there
  assert.not(isHere(whole));

  keep(whole, false);
  keep(whole); // what the child has pinned is kept
  await refusedLater(unpinByTeacher(whole), 'only-copy', /only at school/);
  await nextDay(whole, { [FISH]: DRAWN }); // fetched back
  await unpinByTeacher(whole);
  assert.not(isHere(whole));
});

test('what the newest snapshot says counts, be it held aside or not', async () => {
  await using whole = await openWhole();
  const { paths } = whole.library;
  const many = Object.fromEntries(
    Array.from({ length: 30 }, (_, n) => [uidOf(n + 10), { title: `${n}`, content: 'much' }]),
  );
  await nextDay(whole, { ...many, [FISH]: DRAWN });
  keep(whole);
  const gone: Journal = new Map([[FISH, away()]]);
  assert.is((await backUp(whole, gone)).state, 'held');
  await refusedLater(unpinByTeacher(whole), 'only-copy', /only at school/);
  assert.throws(() => unpinByLaptop(whole), /only at school/);
  await whole.command('drop', [SERIAL]);
  assert.is(listHeld(paths, SERIAL).length, 0);
  unpinByLaptop(whole);
  assert.not(isHere(whole));
});

test("the child's pin of what is away holds the content, too", async () => {
  await using whole = await openWhole(FEW);
  const { paths } = whole.library;
  await nextDay(whole, { [FISH]: DRAWN });
  keep(whole);
  await nextDay(whole, { [FISH]: away() });
  const snapshot = newestSnapshot(paths, SERIAL);
  assert.ok(snapshot);
  pinEntry(whole.library, SERIAL, snapshot, FISH, LIMIT);
  await nextDay(whole, { [FISH]: DRAWN });
  unpinByLaptop(whole);
  for (let n = 0; n < 15; n += 1) await nextDay(whole, {});
  for (let n = 0; n < 2; n += 1) await whole.command('cleanup');
  assert.ok(isHere(whole));
  await unpinByTeacher(whole); // of hers
  await whole.command('cleanup');
  assert.not(isHere(whole));
});

test('a copy of the entry, and a laptop that took the place, hold it as well', async () => {
  await using whole = await openWhole(FEW);
  const { registrations } = whole.library;
  registrations.register(OTHER, 'Jocinta', 'uuid2', dsaKey(2));
  await keptAndFetched(whole, 1);
  await nextDay(whole, { [FISH]: DRAWN, [COPY]: away() });
  for (let n = 0; n < 15; n += 1) await nextDay(whole, { [COPY]: away() });
  for (let n = 0; n < 2; n += 1) await whole.command('cleanup');
  assert.ok(isHere(whole), 'the copy names it');
  registrations.alias(OTHER, SERIAL);
  await nextDay(whole, {}, OTHER); // the first of all is never removed
  await nextDay(whole, { [uidOf(3)]: away() }, OTHER);
  for (let n = 0; n < 15; n += 1) await nextDay(whole, {});
  for (let n = 0; n < 2; n += 1) await whole.command('cleanup');
  assert.ok(isHere(whole), 'the new laptop names it');
  for (let n = 0; n < 15; n += 1) await nextDay(whole, {}, OTHER);
  for (let n = 0; n < 3; n += 1) await whole.command('cleanup');
  assert.not(isHere(whole));
});

test('what the copy in the newest snapshot names cannot be unpinned', async () => {
  await using whole = await openWhole();
  await nextDay(whole, { [FISH]: DRAWN });
  keep(whole);
  await nextDay(whole, { [FISH]: DRAWN, [COPY]: away() });
  assert.throws(() => unpinByLaptop(whole), /only at school/);
  await nextDay(whole, { [FISH]: DRAWN, [COPY]: { ...away(), title: 'renamed' } });
  assert.throws(() => unpinByLaptop(whole), /only at school/);
});

test("a mark that names nothing here, or another child's, is told and changes nothing", async () => {
  await using whole = await openWhole();
  const { registrations, paths } = whole.library;
  registrations.register(OTHER, 'Jim', 'uuid2', dsaKey(2));
  await nextDay(whole, { [FISH]: DRAWN });
  keep(whole, false);
  await nextDay(whole, { [FISH]: away() }, OTHER);
  await nextDay(whole, { [FISH]: DRAWN, [COPY]: away({ digest: digestOf('no such') }) });
  const told = whole.events.filter(({ event }) => event === 'kept-content-missing');
  assert.equal(
    told.map(({ fields }) => [fields.serial, fields.uid, fields.of]),
    [
      [OTHER, FISH, SERIAL],
      [SERIAL, COPY, SERIAL],
    ],
  );
  assert.equal(listPins(paths, SERIAL)[0]?.namedBy, undefined);
  await unpinByTeacher(whole);
  assert.not(isHere(whole));
});

test('kept once more, it counts as a pin again; there must be room for it', async () => {
  await using whole = await openWhole();
  const { library } = whole;
  await keptAndFetched(whole);
  const snapshot = newestSnapshot(library.paths, SERIAL);
  assert.ok(snapshot);
  refused(() => pinEntry(library, SERIAL, snapshot, FISH, { limit: 16 }), 'over-quota');
  assert.is(listReleased(library.paths, SERIAL).length, 1);
  const pin = pinEntry(library, SERIAL, snapshot, FISH, { ...LIMIT, kept: true });
  assert.equal([pin.kept, pin.released], [5, undefined]);
  assert.is(listPins(library.paths, SERIAL).length, 1);
});

test('metadata that cannot be read may name it: it stays', async () => {
  await using whole = await openWhole();
  const { paths } = whole.library;
  await nextDay(whole, { [FISH]: DRAWN });
  keep(whole);
  await nextDay(whole, { [FISH]: away() });
  await nextDay(whole, { [FISH]: DRAWN });
  const [, marked] = listSnapshots(paths, SERIAL);
  writeFileSync(join(marked?.folder ?? '', `${FISH}.metadata`), 'junk');
  unpinByLaptop(whole);
  assert.is(listReleased(paths, SERIAL).length, 1);
  await whole.command('cleanup');
  assert.ok(isHere(whole));
});

test.run();
