import { readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { newRunId, parseSerial, type Serial } from '../../../shared/ids.ts';
import { DailyCap } from '../../../xs/ingest/daily-cap.ts';
import { type Ingested, ingest } from '../../../xs/ingest/ingest.ts';
import { isUndecided, settleTwins, takeBackFromTwin } from '../../../xs/ingest/twin-line.ts';
import { meetAgent, readTwins, writeTwins } from '../../../xs/registration/twin-file.ts';
import { firstOf, separated, united } from '../../../xs/registration/twins.ts';
import { inLaptop, inSnapshot } from '../../../xs/storage/paths.ts';
import {
  baseSnapshot,
  listAside,
  listHeld,
  listSnapshots,
  writeManifest,
} from '../../../xs/storage/snapshots.ts';
import { checkSnapshots } from '../check.ts';
import {
  completionFor,
  type Journal,
  makeLibrary,
  newest,
  SERIAL,
  sendEntry,
  type TestLibrary,
  uidOf,
} from '../library.ts';
import { testClock } from '../whole.ts';

const test = suite('the lines of two laptops of one name');

const OTHER = parseSerial('SHC00800009');
const [A, B] = ['a'.repeat(32), 'b'.repeat(32)];

const journalOf = (count: number, what: string): Journal =>
  new Map(
    Array.from({ length: count }, (_, n) => [
      uidOf(n),
      { title: `${n}`, content: `${what} ${n < count / 2 ? '' : n}` },
    ]),
  );

/** What an agent does: it asks, has both lines put in order, and backs up unless it is told to wait. */
async function visit(
  library: TestLibrary,
  instance: string,
  journal: Journal,
  serial: Serial = SERIAL,
): Promise<Ingested['state'] | 'twin' | 'moved'> {
  const { paths, context } = library;
  let met: Awaited<ReturnType<typeof meetAgent>>;
  try {
    const base = String(baseSnapshot(paths, serial)?.sequence ?? 0);
    met = await meetAgent(context, serial, { instance, base }, Number(base));
  } catch {
    return 'twin';
  }
  if (met.type === 'moved') return 'moved';
  settleTwins(library, serial);
  const { incoming } = inLaptop(paths, serial);
  const completion = { ...completionFor(library, journal, serial), run: newRunId(), instance };
  for (const [uid] of completion.changed) {
    const entry = journal.get(uid);
    if (entry) sendEntry(incoming, uid, entry);
  }
  return (await ingest(context, { serial, completion, folder: incoming, source: 'agent' })).state;
}

const whose = (library: TestLibrary, serial: Serial = SERIAL) =>
  listSnapshots(library.paths, serial).map(({ instance }) => instance?.[0]);

/** The first, its copy twice, and the first again. */
async function copied(library: TestLibrary): Promise<void> {
  await visit(library, A, journalOf(12, 'first'));
  await visit(library, B, journalOf(12, 'copy'));
  await visit(library, B, journalOf(13, 'copy'));
  assert.equal(whose(library), ['b', 'b', 'a'], 'a new number alone is a repaired laptop');
  await visit(library, A, journalOf(14, 'first'));
}

test('what the copy sent is set aside when the first is back, and nothing builds on it', async () => {
  using library = makeLibrary();
  const { paths } = library;
  await copied(library);
  assert.equal(whose(library), ['a', 'a']);
  assert.is(newest(library).removed, 0);
  assert.equal(
    listAside(paths, SERIAL).map(({ instance, entries }) => [instance?.[0], entries]),
    [
      ['b', 13],
      ['b', 12],
    ],
  );
  assert.equal(listHeld(paths, SERIAL), [], 'no teacher is asked whether it is right');
  assert.is(readlinkSync(inLaptop(paths, SERIAL).latest), newest(library).name);
  assert.is(await visit(library, B, journalOf(13, 'copy')), 'twin');
  assert.equal([...checkSnapshots(paths, SERIAL).keys()].length, 2);
});

test('a backup of the copy that was under way when the first came back is refused', async () => {
  using library = makeLibrary();
  const { paths, context } = library;
  await visit(library, A, journalOf(12, 'first'));
  await meetAgent(context, SERIAL, { instance: B, base: '1' }, 1);
  const journal = journalOf(12, 'copy');
  const completion = { ...completionFor(library, journal), instance: B };
  const { incoming } = inLaptop(paths, SERIAL);
  for (const [uid, entry] of journal) sendEntry(incoming, uid, entry);
  assert.is(await visit(library, A, journalOf(12, 'first')), 'done');
  const sent = { serial: SERIAL, completion, folder: incoming, source: 'agent' } as const;
  try {
    await ingest(context, sent);
    assert.unreachable('it was taken');
  } catch (error) {
    assert.match(String(error), /two laptops answer to this name/);
  }
  assert.equal(whose(library), ['a', 'a']);
});

/** As "twins SERIAL separate" does. */
function separate({ paths }: TestLibrary): void {
  const twins = readTwins(paths, SERIAL);
  assert.ok(twins?.since);
  writeTwins(paths, OTHER, firstOf(B, SERIAL));
  writeTwins(paths, SERIAL, separated(twins, OTHER, 'u'));
}

test('the copy gets its own name and its own line, also when the service was killed meanwhile', async () => {
  for (const killed of ['nowhere', 'marked', 'renamed'] as const) {
    using library = makeLibrary();
    const { paths } = library;
    library.addLaptop(OTHER);
    await visit(library, A, journalOf(12, 'first'));
    await visit(library, B, journalOf(12, 'copy'));
    if (killed === 'marked') writeFileSync(inSnapshot(newest(library).folder).twin, '');
    await visit(library, A, journalOf(14, 'first'));
    const states = listAside(paths, SERIAL).map(({ state }) => state);
    separate(library);
    assert.is(await visit(library, B, journalOf(12, 'copy')), 'moved');
    if (killed === 'renamed') {
      const [one] = listAside(paths, SERIAL);
      assert.ok(one);
      const { folder, ...manifest } = one;
      writeManifest(folder, { ...manifest, serial: OTHER });
    }
    assert.is(await visit(library, B, journalOf(12, 'copy'), OTHER), 'done', killed);
    assert.equal(
      [whose(library), whose(library, OTHER)],
      [
        ['a', 'a'],
        ['b', 'b'],
      ],
      killed,
    );
    assert.is(listSnapshots(paths, OTHER).at(-1)?.state, states[0]);
    assert.equal(listAside(paths, SERIAL), []);
    assert.is(isUndecided(paths, SERIAL), false);
    for (const serial of [SERIAL, OTHER]) checkSnapshots(paths, serial);
    const { manifest } = inSnapshot(newest(library, OTHER).folder);
    assert.is(JSON.parse(readFileSync(manifest, 'utf8')).serial, OTHER);
  }
});

test('it was one laptop after all: everything is in its line again', async () => {
  using library = makeLibrary();
  const { paths } = library;
  await copied(library);
  const twins = readTwins(paths, SERIAL);
  assert.ok(twins);
  writeTwins(paths, SERIAL, united(twins));
  assert.is(takeBackFromTwin(library, SERIAL).length, 2);
  assert.equal(whose(library), ['a', 'b', 'b', 'a']);
  assert.is(await visit(library, A, journalOf(15, 'first')), 'done');
  assert.is(isUndecided(paths, SERIAL), false);
});

test('of a laptop that was repaired and then copied, what came before the repair stays', async () => {
  using library = makeLibrary();
  const C = 'c'.repeat(32);
  await visit(library, A, journalOf(12, 'first'));
  await visit(library, B, journalOf(12, 'repaired'));
  await visit(library, C, journalOf(12, 'copy'));
  await visit(library, B, journalOf(13, 'repaired'));
  assert.equal(whose(library), ['b', 'b', 'a']);
  assert.is(await visit(library, C, journalOf(13, 'copy')), 'twin');
});

test('however often the copy came today, the first makes its own backups, and no more than a laptop may', async () => {
  using library = makeLibrary();
  const cap = new DailyCap(testClock('2026-03-02T08:00:00Z'), 3, library.context.timeline);
  Object.assign(library.context, { cap });
  const refusedFor = async (instance: string, journal: Journal) =>
    String(await visit(library, instance, journal).catch((error) => error));
  await visit(library, A, journalOf(12, 'first'));
  await visit(library, B, journalOf(12, 'copy'));
  await visit(library, B, journalOf(13, 'copy'));
  assert.match(
    await refusedFor(B, journalOf(14, 'copy')),
    /limit of 3 backups/,
    'one laptop, as far as is known',
  );
  // What failed is no fault of the first, either.
  for (let n = 0; n < 8; n += 1) cap.noteFailure(SERIAL, B);
  assert.is(await visit(library, A, journalOf(14, 'first')), 'done');
  assert.is(await visit(library, A, journalOf(15, 'first')), 'done');
  assert.match(await refusedFor(A, journalOf(16, 'first')), /limit of 3 backups/);
  // A teacher says that it is one: all of it counts.
  const twins = readTwins(library.paths, SERIAL);
  assert.ok(twins);
  writeTwins(library.paths, SERIAL, united(twins));
  takeBackFromTwin(library, SERIAL);
  assert.match(await refusedFor(A, journalOf(16, 'first')), /limit of 3 backups/);
});

test.run();
