/** A whole library whose clock lies: what is young in true days stays, whatever the date. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { laptopRows } from '../../../xs/admin/laptop-list.ts';
import { formatMetrics } from '../../../xs/admin/metrics.ts';
import { readStatus } from '../../../xs/admin/status.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { listTrash } from '../../../xs/storage/trash.ts';
import { backUp, SERIAL, uidOf } from '../library.ts';
import { openWhole, testClock, type WholeLibrary } from '../whole.ts';

const test = suite('a clock that lies removes nothing');

const SHORT = '[retention]\nkeepAllDays = 8\nkeepLast = 3';
const HOUR_MS = DAY_MS / 24;

/** A server that is switched off and on again; its clock then shows what the test says. */
async function withServer(live: (on: (start: string) => Promise<WholeLibrary>) => Promise<void>) {
  const folder = mkdtempSync(join(tmpdir(), 'ds-library-'));
  try {
    await live((start) => openWhole(SHORT, { folder, clock: testClock(start) }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function change(whole: WholeLibrary): Promise<void> {
  const title = `at ${whole.clock.now().toISOString()}`;
  assert.is((await backUp(whole, new Map([[uidOf(0), { title, content: title }]]))).state, 'done');
}

async function days(whole: WholeLibrary, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    whole.clock.pass(DAY_MS);
    await change(whole);
  }
}

/** Puts a version into the trash. */
async function discardOne(whole: WholeLibrary): Promise<void> {
  const name = listSnapshots(whole.library.paths, SERIAL)[0]?.name ?? '';
  await whole.command('pin', [SERIAL, name, uidOf(0)]);
  await whole.command('unpin', [SERIAL, uidOf(0)]);
}

const count = ({ library: { paths } }: WholeLibrary) => ({
  snapshots: listSnapshots(paths, SERIAL).length,
  trash: listTrash(paths).length,
});

test('set twelve days ahead while it runs, it does not empty the trash of today', () =>
  withServer(async (on) => {
    await using whole = await on('2026-03-02T08:00:00Z');
    await days(whole, 3);
    await discardOne(whole);
    await whole.command('cleanup');
    const before = count(whole);
    whole.clock.time += 12 * DAY_MS;
    await whole.command('cleanup');
    assert.equal(count(whole), before);
    whole.clock.pass(6 * DAY_MS);
    await whole.command('cleanup', [], { 'trust-clock': true });
    assert.equal(count(whole).trash, before.trash, 'not even for a person who believes it');
  }));

test('what was dropped in 1970 is not 56 years old when the date is right again', () =>
  withServer(async (on) => {
    {
      await using whole = await on('2026-03-02T08:00:00Z');
      await days(whole, 2);
    }
    {
      await using whole = await on('1970-01-01T00:00:00Z');
      await discardOne(whole);
    }
    await using whole = await on('2026-03-05T08:00:00Z');
    await whole.command('cleanup');
    assert.is(count(whole).trash, 1);
    whole.clock.pass(8.1 * DAY_MS);
    await whole.command('cleanup');
    assert.is(count(whole).trash, 0, 'it goes after a week of service');
  }));

test('from 2026 to 1970, and then set to 2027, nothing is thinned', () =>
  withServer(async (on) => {
    {
      await using whole = await on('2026-03-02T08:00:00Z');
      await days(whole, 15);
      await whole.command('cleanup');
    }
    let before: { snapshots: number; trash: number };
    {
      await using whole = await on('1970-01-01T00:00:00Z');
      await change(whole);
      await whole.command('cleanup');
      before = count(whole);
    }
    await using whole = await on('2027-01-10T08:00:00Z');
    assert.match(await whole.command('cleanup'), /nothing is removed: the clock jumped from 2026/);
    assert.equal(count(whole), before);
    await whole.command('cleanup', [], { 'trust-clock': true });
    assert.is(count(whole).snapshots, before.snapshots);
  }));

test('a backup of "2100" counts as old when it is old, and is thinned like any other', () =>
  withServer(async (on) => {
    {
      await using whole = await on('2026-03-02T08:00:00Z');
      await days(whole, 2);
    }
    {
      await using whole = await on('2100-01-01T08:00:00Z');
      await days(whole, 5);
    }
    await using whole = await on('2026-03-09T08:00:00Z');
    await whole.command('cleanup');
    whole.clock.pass(12 * DAY_MS);
    const { laptops } = await readStatus(whole.library);
    assert.equal(laptops[0]?.standing, 'late');
    await days(whole, 4);
    await whole.command('cleanup');
    const kept = listSnapshots(whole.library.paths, SERIAL);
    assert.is(kept.filter(({ created }) => created.startsWith('2100')).length, 1, 'the first');
  }));

test('after a night of unknown length nobody is called safe, or seen lately, until he comes again', () =>
  withServer(async (on) => {
    {
      await using whole = await on('2026-10-25T08:00:00Z');
      await days(whole, 2);
      assert.is((await readStatus(whole.library)).laptops[0]?.standing, 'safe');
    }
    await using whole = await on('1970-01-01T00:00:00Z');
    const told = await whole.command('status');
    assert.match(told, /^laptops {3}1: 0 safe, 1 last seen on an unknown date, 0 not seen/m);
    assert.match(
      told,
      /^clock .*NOT TRUSTED: the clock jumped from 2026-10-2\d \d\d:\d\d \S+ to 19(?:69|70)-/m,
    );
    const metrics = formatMetrics(await readStatus(whole.library), 0);
    assert.match(metrics, /^xs_backup_laptops\{standing="safe"\} 0$/m);
    assert.match(metrics, /^xs_backup_laptops\{standing="unsure"\} 1$/m);
    const [row] = await laptopRows(whole.library, whole.library.registrations.all());
    assert.equal([row?.days, row?.atLeast], [1, true]);
    await change(whole);
    whole.clock.pass(3 * DAY_MS);
    const { laptops } = await readStatus(whole.library);
    assert.equal([laptops[0]?.days, laptops[0]?.standing], [3, 'safe'], 'the machine ran on');
  }));

test('with an hour of service a day, and a clock that stands still meanwhile, each day has a backup', () =>
  withServer(async (on) => {
    const start = Date.parse('2026-03-02T08:00:00Z');
    for (let day = 0; day < 20; day += 1) {
      await using whole = await on(new Date(start + day * HOUR_MS).toISOString());
      const cap = whole.cap();
      await backUp(
        { context: { ...whole.context, cap } },
        new Map([[uidOf(0), { title: `day ${day}`, content: null }]]),
      );
      whole.clock.pass(HOUR_MS);
      await whole.command('cleanup');
      assert.is(count(whole).snapshots, day + 1);
    }
  }));

test.run();
