/** The line of each day: who came, who failed, how full the disk was; bounded, and whole after a power cut. */

import fs, { appendFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { DayKeeper, noteDays } from '../../../xs/chores/day-keeper.ts';
import { dayOf, readDays, readWho, writeDay } from '../../../xs/retention/day-log.ts';
import { inDays } from '../../../xs/storage/paths.ts';
import { SERIAL } from '../library.ts';
import { dsaKey, openWhole, serialOf } from '../whole.ts';

const test = suite('the days of the school');

const NOBODY = new Map();
const OTHER = serialOf(2);

test('who came and who failed is one line a day; who came in the end did not fail', async () => {
  await using whole = await openWhole();
  const { library, clock } = whole;
  library.registrations.register(OTHER, 'Ana', 'u', dsaKey(2));
  const today = dayOf(clock.now());
  {
    await using keeper = new DayKeeper(library);
    keeper.failed(SERIAL);
    keeper.failed(OTHER);
    await library.index.recordSuccess(SERIAL, clock.now());
  }
  assert.equal(readWho(library.paths, today), { date: today, came: [SERIAL], failed: [OTHER] });
  const [day, ...more] = readDays(library.paths);
  assert.equal(more, []);
  assert.equal([day?.date, day?.laptops, day?.came, day?.failed], [today, 2, 1, 1]);
  assert.ok((day?.usedBytes ?? 0) > 0 && (day?.freeBytes ?? 0) > 0);
});

test('a laptop that came again the next day came on both', async () => {
  await using whole = await openWhole();
  const { library, clock } = whole;
  const first = dayOf(clock.now());
  await library.index.recordSuccess(SERIAL, clock.now());
  await noteDays(library, NOBODY);
  clock.pass(DAY_MS);
  await library.index.recordSuccess(SERIAL, clock.now());
  await noteDays(library, NOBODY);
  assert.equal(readWho(library.paths, first).came, [SERIAL]);
  assert.equal(
    readDays(library.paths).map(({ came }) => came),
    [1, 1],
  );
});

test('after a power cut the line of the day before is completed from the laptops own records', async () => {
  await using whole = await openWhole();
  const { library, clock } = whole;
  const first = dayOf(clock.now());
  await noteDays(library, NOBODY);
  await library.index.recordSuccess(SERIAL, clock.now());
  clock.pass(DAY_MS);
  await noteDays(library, NOBODY);
  assert.equal(readWho(library.paths, first).came, [SERIAL]);
  assert.equal(
    readDays(library.paths).map(({ came }) => came),
    [1, 0],
  );
});

test('nothing is written while the clock is not trusted, or when nothing has changed', async () => {
  await using whole = await openWhole();
  const { library, clock } = whole;
  await noteDays(library, NOBODY);
  const { mtimeMs } = statSync(inDays(library.paths).days);
  await noteDays(library, NOBODY);
  assert.is(statSync(inDays(library.paths).days).mtimeMs, mtimeMs);
  clock.time += 4000 * DAY_MS; // and no time has passed
  await noteDays(library, NOBODY);
  assert.is(readDays(library.paths).length, 1);
});

test('a year and a month are kept, and a damaged line costs that day only', async () => {
  await using whole = await openWhole();
  const { paths } = whole.library;
  const dates = Array.from({ length: 420 }, (_, n) => {
    return dayOf(new Date(Date.parse('2025-01-01T12:00:00Z') + n * DAY_MS));
  });
  const day = { usedBytes: 1, freeBytes: 1, freeInodes: 1, laptops: 1, came: 1, failed: 0 };
  mkdirSync(inDays(paths).folder);
  writeFileSync(
    inDays(paths).days,
    dates.map((date) => `${JSON.stringify({ date, ...day })}\n`).join(''),
  );
  for (const date of dates) writeFileSync(inDays(paths).month(date), '');
  const date = '2026-02-25';
  await writeDay(paths, { date, ...day }, { date, came: [SERIAL], failed: [] });
  assert.is(readDays(paths).length, 400);
  assert.is(readdirSync(inDays(paths).folder).length, 15, 'fourteen months, and the days');
  appendFileSync(inDays(paths).days, '{"date":"2025-0');
  assert.is(readDays(paths).at(-1)?.date, date);
});

test('the event loop waits for no disk when a line is written', async () => {
  await using whole = await openWhole();
  const { library, clock } = whole;
  await library.index.recordSuccess(SERIAL, clock.now());
  const { fsyncSync } = fs;
  let waits = 0;
  fs.fsyncSync = (fd) => {
    waits += 1;
    fsyncSync(fd);
  };
  syncBuiltinESMExports();
  try {
    await noteDays(library, NOBODY);
  } finally {
    Object.assign(fs, { fsyncSync });
    syncBuiltinESMExports();
  }
  assert.is(waits, 0);
  assert.is(readDays(library.paths).length, 1);
});

test.run();
