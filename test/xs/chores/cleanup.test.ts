import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { DsError } from '../../../shared/errors.ts';
import type { SnapshotName } from '../../../shared/ids.ts';
import { planLaptop } from '../../../xs/chores/cleanup.ts';
import { listPins } from '../../../xs/pins/pins.ts';
import { inEntry, inLaptop, inLibrary, inState } from '../../../xs/storage/paths.ts';
import { reclaim } from '../../../xs/storage/reclaim.ts';
import { reserveSize } from '../../../xs/storage/reserve.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { listTrash } from '../../../xs/storage/trash.ts';
import { refusedLater } from '../../shared/refused.ts';
import { checkSnapshot, checkSnapshots } from '../check.ts';
import { backUp, type Journal, makeLibrary, SERIAL, uidOf } from '../library.ts';
import { openWhole, type WholeLibrary } from '../whole.ts';

const test = suite('cleanup, trash, pins and the commands about them');

/** With so short a memory a test need not live through months. */
const SHORT = '[retention]\nkeepAllDays = 8\nkeepLast = 3';

/** One backup a day, each with one changed entry. */
async function days(whole: WholeLibrary, count: number, journal: Journal): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    whole.clock.pass(DAY_MS);
    const stamp = whole.clock.now().toISOString();
    journal.set(uidOf(n % 7), { title: stamp, content: `content of ${stamp}` });
    const outcome = await backUp(whole, journal);
    assert.is(outcome.state, 'done');
  }
}

function names({ library }: WholeLibrary): SnapshotName[] {
  return listSnapshots(library.paths, SERIAL).map(({ name }) => name);
}

function poolFiles({ library }: WholeLibrary): number {
  const { pool } = inLibrary(library.paths);
  return readdirSync(pool, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
    .length;
}

test('what cannot be freed keeps nothing else from being freed', async () => {
  await using whole = await openWhole(SHORT);
  await days(whole, 6, new Map());
  const { doomed } = inLibrary(whole.library.paths);
  const stuck = join(doomed, 'stuck');
  mkdirSync(stuck, { recursive: true });
  writeFileSync(join(stuck, uidOf(1)), 'content');
  symlinkSync('/nowhere', join(stuck, `${uidOf(1)}.metadata`));
  mkdirSync(join(doomed, 'whole'));
  await whole.command('cleanup');
  assert.equal(readdirSync(doomed), []);
});

test('after a hundred days: a month whole, the first of each month, the rest in the trash', async () => {
  await using whole = await openWhole();
  const journal: Journal = new Map();
  await days(whole, 100, journal); // 3 March to 10 June
  const before = names(whole);
  const planned = await whole.command('cleanup', [], { 'dry-run': true });
  assert.equal(names(whole), before, 'a dry run changes nothing');
  assert.match(
    planned,
    /remove datastore-2026-03-04_08:00 {2}older than a month, and not the first/,
  );
  assert.match(planned, /keep {3}datastore-2026-04-01_08:00 {2}the first of its month/);
  const done = await whole.command('cleanup');
  const kept = names(whole).map((name) => name.slice(10, 20));
  assert.equal(kept.slice(-3), ['2026-05-01', '2026-04-01', '2026-03-03']);
  assert.is(kept.length, 31 + 3);
  assert.match(done, /^66 moved to the trash, 0 left it/m);
  assert.is(listTrash(whole.library.paths, SERIAL).length, 66);
  assert.is(checkSnapshots(whole.library.paths, SERIAL).size, 34);
  assert.is(
    whole.events.filter(({ event, fields }) => event === 'snapshot-removed' && fields.reason)
      .length,
    66,
  );
});

test('the trash is emptied after a week, and content nobody has leaves the pool', async () => {
  await using whole = await openWhole(SHORT);
  await days(whole, 16, new Map());
  await whole.command('cleanup');
  const pooled = poolFiles(whole);
  whole.clock.pass(6.9 * DAY_MS);
  await whole.command('cleanup');
  assert.ok(listTrash(whole.library.paths).length > 5);
  whole.clock.pass(0.2 * DAY_MS);
  const done = await whole.command('cleanup');
  assert.match(done, /\d+ left it \(\d.* freed\)/);
  assert.equal(readdirSync(inLibrary(whole.library.paths).doomed), []);
  const left = new Set<string>();
  for (const sums of checkSnapshots(whole.library.paths, SERIAL).values()) {
    for (const line of sums.trim().split('\n')) left.add(line.slice(0, 64));
  }
  for (const item of listTrash(whole.library.paths)) {
    for (const name of readdirSync(item.folder)) left.add(join(item.folder, name));
  }
  assert.ok(poolFiles(whole) < pooled);
  const inTrash = listTrash(whole.library.paths).length;
  if (inTrash === 0) assert.is(poolFiles(whole), left.size, 'nothing unused remains');
});

test('what was removed comes back, and stays', async () => {
  await using whole = await openWhole(SHORT);
  await days(whole, 16, new Map());
  await whole.command('cleanup');
  const [item] = listTrash(whole.library.paths, SERIAL);
  assert.ok(item);
  await whole.command('undelete', [SERIAL, item.name]);
  assert.ok(names(whole).includes(item.name as SnapshotName));
  assert.match(await whole.command('cleanup', [], { 'dry-run': true }), `${item.name}  pinned`);
  await refusedLater(whole.command('undelete', [SERIAL, item.name]), 'not-found', /has no/);
  await whole.command('unpin', [SERIAL, item.name]);
  await whole.command('cleanup');
  assert.not.ok(names(whole).includes(item.name as SnapshotName));
});

test('while the clock cannot be believed nothing is removed, and it says so', async () => {
  await using whole = await openWhole(SHORT);
  await days(whole, 16, new Map());
  await whole.command('cleanup');
  await days(whole, 10, new Map());
  const before = names(whole);
  const trashed = listTrash(whole.library.paths).length;
  whole.clock.time += 4000 * DAY_MS;
  const ahead = await whole.command('cleanup');
  assert.match(ahead, /nothing is removed: the clock jumped from 2026-03-/);
  assert.match(ahead, /--trust-clock/);
  const dry = await whole.command('cleanup', [], { 'dry-run': true, 'trust-clock': true });
  assert.match(
    dry,
    /nothing was changed; without --dry-run the clock is trusted, and all this is done\n$/,
  );
  assert.not.match(dry, /run "xs-backup cleanup/);
  assert.equal([names(whole), listTrash(whole.library.paths).length], [before, trashed]);
  await days(whole, 3, new Map());
  await whole.command('cleanup');
  assert.is(names(whole).length, before.length + 3, 'not after new backups either');
  whole.clock.time -= 4000 * DAY_MS;
  await whole.command('cleanup');
  assert.ok(listTrash(whole.library.paths).length !== trashed, 'set right, it goes on');
  whole.clock.time += 4000 * DAY_MS;
  const trusted = await whole.command('cleanup', [], { 'trust-clock': true });
  assert.match(trusted, /^the clock of this server is trusted: it is 20\d\d-/m);
});

test('a dry run says what makes room and what goes next, with sizes, while there is enough', async () => {
  await using whole = await openWhole(SHORT);
  await days(whole, 16, new Map());
  const before = await whole.command('cleanup', [], { 'dry-run': true });
  assert.match(before, /removes [1-9]\d* \([\d.]+ \w+\); /);
  assert.match(before, /^the next cleanup moves [1-9]\d* snapshots to the trash: \d/m);
  assert.match(before, /freed by itself in this order: 0 items/);
  assert.match(before, /^what makes most room beside that:\n {2}[\d.]+ \w+ of other files/m);
  assert.match(before, /^ {2}keep {3}\S+ and \d+ after it {2}a month has not surely passed yet$/m);
  await whole.command('cleanup');
  whole.clock.pass(0.1 * DAY_MS);
  const after = await whole.command('cleanup', [], { 'dry-run': true });
  const [item] = listTrash(whole.library.paths);
  assert.match(after, /^the next cleanup moves 0 snapshots to the trash$/m);
  assert.match(after, /in this order: [1-9]\d* items, at least [1-9]/);
  assert.match(
    after,
    new RegExp(`^ {2}Jocinta {2}${item?.name} +\\S+ \\w+ {2}after \\d+ more days$`, 'm'),
  );
  assert.not.match(
    await whole.command('cleanup'),
    /keeps/,
    'whatever stays is not listed each day',
  );
});

test('a laptop over its quota loses its oldest; the figures are told', async () => {
  await using whole = await openWhole();
  const journal: Journal = new Map();
  await days(whole, 45, journal);
  const { config } = whole.library;
  // One millionth of the disk at hand would be too much for these little Journals.
  Object.assign(config.quota, { xsQuotas: join(whole.library.paths.state, 'none') });
  const usage = await whole.command('cleanup', [], { json: true, 'dry-run': true });
  const [first = ''] = usage.split('\n');
  assert.ok(JSON.parse(first).plan.used.bytes > 20_000);
  await whole.command('cleanup');
  const told = JSON.parse(await whole.command('quota', [], { json: true }));
  assert.is(told.laptops[0].serial, SERIAL);
  assert.ok(told.laptops[0].bytes > 9000 && told.quotaBytes > told.laptops[0].bytes);
});

test('a pinned version survives everything until it is unpinned', async () => {
  await using whole = await openWhole('[retention]\ntrashDays = 0\nkeepAllDays = 8');
  const { paths } = whole.library;
  const journal: Journal = new Map([[uidOf(99), { title: 'the fish', content: 'a drawing' }]]);
  await days(whole, 2, journal);
  const snapshot = names(whole)[0] ?? '';
  await whole.command('pin', [SERIAL, snapshot, uidOf(99)]);
  await whole.command('pin', [SERIAL, snapshot, uidOf(99)]);
  journal.delete(uidOf(99));
  await days(whole, 14, journal);
  await whole.command('cleanup');
  await whole.command('cleanup');
  assert.not.ok(names(whole).includes(snapshot as SnapshotName), 'its snapshot is gone');
  const [pin, ...others] = listPins(paths, SERIAL);
  assert.ok(pin);
  assert.equal(others, []);
  assert.equal(readdirSync(pin.folder).sort(), [uidOf(99), `${uidOf(99)}.metadata`, 'PIN'].sort());
  const told = JSON.parse(await whole.command('pins', [SERIAL], { json: true }));
  assert.is(told.bytes, pin.bytes);
  await whole.command('unpin', [SERIAL, uidOf(99)]);
  assert.equal(listPins(paths, SERIAL), []);
  const [item] = listTrash(paths, SERIAL);
  await whole.command('undelete', [SERIAL, item?.name ?? '']);
  assert.is(listPins(paths, SERIAL).length, 1, 'unpinned by mistake, it can be pinned again');
});

test('pins may take a quarter of the quota; the refusal says so and changes nothing', async () => {
  await using whole = await openWhole('[quota]\npinsPercent = 0');
  await days(whole, 1, new Map());
  const [snapshot = ''] = names(whole);
  const refusal = await refusedLater(
    whole.command('pin', [SERIAL, snapshot, uidOf(0)]),
    'over-quota',
    /may take 0 bytes; 0 are taken, this one needs \d+/,
  );
  assert.is(refusal.hint, 'unpin something else first');
  assert.equal(listPins(whole.library.paths, SERIAL), []);
  assert.not.ok(
    readdirSync(inLaptop(whole.library.paths, SERIAL).home).some((n) => n.startsWith('.tmp')),
  );
});

test('bad arguments are named, and change nothing', async () => {
  await using whole = await openWhole();
  await days(whole, 1, new Map());
  const [snapshot = ''] = names(whole);
  await refusedLater(whole.command('fly'), 'usage', /no command "fly"/);
  await refusedLater(whole.command('constructor'), 'usage');
  await refusedLater(whole.command('pin', ['../x', snapshot]), 'not-registered');
  await refusedLater(whole.command('pin', ['SHC00800000', snapshot]), 'not-registered');
  await refusedLater(whole.command('pin', [SERIAL, 'datastore-latest']), 'usage');
  await refusedLater(whole.command('pin', [SERIAL, snapshot, '../../x']), 'usage', /no entry of/);
  await refusedLater(whole.command('pin', [SERIAL, snapshot, uidOf(77)]), 'not-found');
  await refusedLater(whole.command('unpin', [SERIAL, uidOf(1)]), 'not-found');
  await refusedLater(whole.command('undelete', [SERIAL]), 'usage');
  await refusedLater(whole.command('undelete', [SERIAL, '../../etc']), 'not-found');
  await refusedLater(whole.command('snapshots'), 'usage', /a laptop is needed/);
});

test('only the service reads the index, which has titles; an older one is closed when it is opened', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ds-library-'));
  try {
    for (const opened of ['new', 'of an older version']) {
      await using whole = await openWhole('', { folder });
      await days(whole, 1, new Map());
      const { database } = inState(whole.library.paths);
      for (const path of [database, `${database}-wal`]) {
        assert.is(statSync(path).mode & 0o077, 0, `${opened}: ${path}`);
        chmodSync(path, 0o644);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a full disk is cleaned up with the reserve', async () => {
  assert.is(reserveSize(100e9, { reservePercent: 2, reserveMiB: 1024 }), 1024 * 1024 * 1024);
  assert.is(reserveSize(10e9, { reservePercent: 2, reserveMiB: 1024 }), 200e6);
  await using whole = await openWhole('[quota]\nreserveMiB = 1');
  await days(whole, 1, new Map());
  await whole.command('cleanup');
  assert.ok(existsSync(join(inLibrary(whole.library.paths).reserve, 'blocks')));
});

test('when the disk is short the trash is emptied early, and the log says why', async () => {
  await using whole = await openWhole(SHORT);
  await days(whole, 16, new Map());
  await whole.command('cleanup');
  assert.ok(listTrash(whole.library.paths).length > 0);
  Object.assign(whole.library.config.traffic, { minFreePercent: 101 });
  await whole.command('cleanup');
  assert.equal(listTrash(whole.library.paths), []);
  const emptied = whole.events.filter(({ event }) => event === 'trash-emptied');
  assert.match(String(emptied[0]?.fields.reason), /^only-\d+-per-cent-of-the-disk-free$/);
});

test('a snapshot whose list is damaged stops the cleanup of that laptop only', async () => {
  await using whole = await openWhole(SHORT);
  await days(whole, 16, new Map());
  const [damaged] = listSnapshots(whole.library.paths, SERIAL).slice(-2);
  const folder = damaged?.folder ?? '';
  writeFileSync(join(folder, 'SUMS.gz'), 'junk');
  rmSync(inEntry(folder, uidOf(1)).metadata); // of which it could be made again
  const told = await whole.command('cleanup');
  assert.match(told, `${SERIAL}  Jocinta  skipped: ${folder}/SUMS.gz cannot be read`);
  assert.is(names(whole).length, 16);
});

test('the index comes back from the disk, whatever happened to it', async () => {
  await using whole = await openWhole();
  await days(whole, 5, new Map());
  assert.is(await whole.command('rebuild'), '5 snapshots found\n');
  const overview = await whole.library.index.overview();
  assert.is(overview[0]?.snapshots, 5);
  assert.match(String(overview[0]?.lastSuccess), /^2026-03-07/);
});

for (const [what, spoil] of [
  ['gone', (file: string) => rmSync(file)],
  ['no database', (file: string) => writeFileSync(file, 'this is a text'.repeat(500))],
  ['cut short', (file: string) => writeFileSync(file, '')],
] as const) {
  test(`a database that is ${what} is made anew when the library is opened`, async () => {
    const outer = await openWhole();
    const folder = join(outer.library.paths.state, '..');
    await days(outer, 3, new Map());
    await outer.library[Symbol.asyncDispose]();
    const database = inState(outer.library.paths).database;
    for (const extra of ['-wal', '-shm']) rmSync(`${database}${extra}`, { force: true });
    spoil(database);
    mkdirSync(folder, { recursive: true });
    try {
      await using again = await openWhole('', { folder, clock: outer.clock });
      const [row] = await again.library.index.overview();
      assert.is(row?.snapshots, 3);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

test('checkSnapshot notices a file too many: the judge itself is judged', async () => {
  await using whole = await openWhole();
  await days(whole, 1, new Map());
  const [snapshot] = listSnapshots(whole.library.paths, SERIAL);
  assert.ok(snapshot);
  checkSnapshot(snapshot);
  writeFileSync(join(snapshot.folder, 'stranger'), '');
  assert.throws(() => checkSnapshot(snapshot), /files/);
});

test('trouble of the server is not a problem of a laptop', async () => {
  await using whole = await openWhole(SHORT);
  const { library } = whole;
  await days(whole, 1, new Map());
  const quota = { bytes: 1e9, inodes: 1e6 };
  const broken = (error: Error) => ({
    ...library,
    timeline: Object.assign(Object.create(library.timeline), {
      now: () => {
        throw error;
      },
    }),
  });
  const outcome = await planLaptop(broken(new DsError('damaged', 'a list')), SERIAL, quota);
  assert.is(outcome.problem, 'a list');
  for (const error of [
    new TypeError('x'),
    Object.assign(new Error(), { code: 'EMFILE', errno: -24 }),
  ]) {
    const [result] = await Promise.allSettled([planLaptop(broken(error), SERIAL, quota)]);
    assert.is(result?.status, 'rejected');
  }
});

test('a folder that cannot be deleted does not keep the others from going', async () => {
  using library = makeLibrary();
  const { doomed } = inLibrary(library.paths);
  const bin = join(library.folder, 'bin');
  mkdirSync(bin);
  const text =
    'case $* in *stuck*) echo "it is stuck" >&2; exit 1;; esac; exec /usr/bin/ionice "$@"';
  writeFileSync(join(bin, 'ionice'), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  for (const name of ['a', 'stuck', 'z'])
    mkdirSync(join(doomed, name, 'deep'), { recursive: true });
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  const { folders, stuck } = await reclaim(library.paths, { env });
  assert.is(folders, 2);
  assert.equal(readdirSync(doomed), ['stuck']);
  assert.match(stuck.join(), /^stuck: .*it is stuck/);
});

test.run();
