// weight: 80
/**
 * The plug is pulled at every named point of backup, ingest and restore: the snapshots before
 * stay whole, and the next run completes.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { inCompletion, inLaptop } from '../../../xs/storage/paths.ts';
import { compareJournals, readJournal } from '../../journal/compare.ts';
import { changeJournal, generateJournal } from '../../journal/generator.ts';
import { waitFor, within } from '../../runner/patience.ts';
import { soak } from '../../soak.ts';
import { checkSnapshots } from '../../xs/check.ts';
import type { Laptop } from '../laptop.ts';
import { type School, startSchool } from '../school.ts';

const test = suite('killed anywhere, nothing complete is lost and the next run completes');

const BACKUP = [
  'backup.scanned',
  'backup.staged',
  'backup.batch-sent',
  'backup.before-completion',
  'backup.completion-sent',
  'backup.confirmed',
];
/** In the suite those that only the service passes; `xs/kill` goes through the others in the library. */
const OF_THE_SERVICE = ['ingest.claimed', 'ingest.taken', 'ingest.promoted', 'ingest.recorded'];
const INGEST = soak(
  [
    ...[
      'ingest.claimed',
      'ingest.taken',
      'ingest.verified',
      'ingest.durable',
      'ingest.pooled:2',
      'ingest.linked',
    ],
    ...['ingest.sealed', 'ingest.promoted', 'ingest.pointed', 'ingest.emptied', 'ingest.recorded'],
  ],
  OF_THE_SERVICE,
);
/** Entry by entry, as a small Journal comes back. */
const RESTORE = ['restore.planned', 'restore.fetched', 'restore.applying:3', 'restore.applied:3'];
/** Placed in the datastore's folders, as a larger one does. */
const PLACING = ['restore.made', 'restore.placing:9', 'restore.placed:9', 'restore.shown'];

async function ok(laptop: Laptop, ...args: string[]) {
  const done = await laptop.backup(args);
  assert.is(done.exitCode, 0, `${args.join(' ')}: ${done.stderr}`);
  return done;
}

function soundSnapshots(school: School, laptop: Laptop): Map<number, string> {
  return checkSnapshots(school.server, parseSerial(laptop.serial));
}

function checkNothingLeft(school: School, laptop: Laptop): void {
  const home = inLaptop(school.server, parseSerial(laptop.serial));
  const { home: folder, taken } = home;
  assert.equal(
    readdirSync(folder).filter((name) => name.startsWith('.tmp') || taken.endsWith(name)),
    [],
  );
  assert.equal(readdirSync(home.incoming), []);
  assert.equal(readdirSync(inCompletion(school.server).claimedFolder), []);
}

async function killedBackup(school: School, laptop: Laptop, point: string, seed: number) {
  const before = soundSnapshots(school, laptop);
  changeJournal(laptop.journal, { count: 3, seed });
  const onLaptop = point.startsWith('backup.');
  if (onLaptop) {
    const killed = await laptop.backup(['now'], { failpoint: point });
    assert.is(killed.signal, 'SIGKILL', `${point} was passed: ${killed.stderr}`);
  } else {
    await school.server.daemon.stop();
    await school.server.start(point);
    const interrupted = laptop.backup(['now']);
    await school.server.daemon.ended;
    await school.server.daemon.kill();
    const now = soundSnapshots(school, laptop);
    for (const [sequence, sums] of before) assert.is(now.get(sequence), sums, point);
    await school.server.start();
    await interrupted;
  }
  await ok(laptop, 'now');
  const after = await waitFor('the snapshot', () => {
    const found = soundSnapshots(school, laptop);
    return found.size > before.size ? found : undefined;
  });
  for (const [sequence, sums] of before) assert.is(after?.get(sequence), sums, point);
  checkNothingLeft(school, laptop);
}

test(`killed at ${BACKUP.length} points of a backup`, async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 12, seed: 1 });
  await ok(laptop, 'now');
  for (const [index, point] of BACKUP.entries()) await killedBackup(school, laptop, point, index);
  assert.is(soundSnapshots(school, laptop).size, BACKUP.length + 1);
});

test(`killed at ${INGEST.length} points of an ingest`, async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 12, seed: 2 });
  await ok(laptop, 'now');
  for (const [index, point] of INGEST.entries()) {
    await killedBackup(school, laptop, point, 100 + index);
  }
  assert.is(soundSnapshots(school, laptop).size, INGEST.length + 1);
});

for (const [points, entries] of [
  [RESTORE, 12],
  [PLACING, 30],
] as const) {
  test(`killed at ${points.length} points of a restore of ${entries} entries`, async () => {
    await using school = await startSchool();
    const laptop = school.laptop(0);
    generateJournal(laptop.journal, { entries, seed: 3 });
    await ok(laptop, 'now');
    const before = readJournal(laptop.journal);
    await laptop.startBus();
    for (const point of points) {
      await laptop.loseJournal();
      const killed = await laptop.backup(['restore', 'latest'], { failpoint: point });
      assert.is(killed.signal, 'SIGKILL', `${point} was passed: ${killed.stderr}`);
      await ok(laptop, 'restore', 'latest');
      const result = compareJournals(before, readJournal(laptop.journal));
      assert.equal(
        [result.identical, result.different, result.missing, result.extra],
        [entries, [], [], []],
        point,
      );
      assert.is(await laptop.countEntries(), entries, `${point}: Sugar shows them all`);
    }
  });
}

test('a restore that is cancelled keeps and counts what came; the next brings the rest', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 400, seed: 4 });
  await ok(laptop, 'now');
  const before = readJournal(laptop.journal);
  await laptop.loseJournal();
  const here = generateJournal(laptop.journal, { entries: 400, seed: 4 }).slice(0, 20);
  for (const uid of before.keys()) {
    if (here.includes(uid)) continue;
    rmSync(join(laptop.journal, uid.slice(0, 2), uid), { recursive: true, force: true });
  }
  await laptop.startBus();
  const cancel = new AbortController();
  const running = laptop.backup(['restore', 'latest'], { signal: cancel.signal });
  const back = () => readJournal(laptop.journal).size;
  await waitFor('some entries are back', () => back() >= 50);
  const asked = performance.now();
  cancel.abort();
  const cancelled = await running;
  await within('the end of a cancelled restore', 2000, performance.now() - asked);
  assert.is.not(cancelled.exitCode, 0);
  assert.match(cancelled.stderr, /cancelled/);
  assert.ok((await laptop.countEntries()) >= 50, 'Sugar shows what came');
  const came = back();
  assert.ok(came >= 50 && came < 400, `${came} came`);
  const { Unfinished } = JSON.parse((await ok(laptop, 'status', '--json')).stdout);
  const [[, , restored, entries]] = Unfinished;
  assert.equal([restored, entries], [came, 400], 'what was here and what came is counted');
  const { summary: rest } = JSON.parse((await ok(laptop, 'restore', 'latest', '--json')).stdout);
  assert.equal([rest.alreadyHere, rest.restored], [came, 400 - came], JSON.stringify(rest));
  const result = compareJournals(before, readJournal(laptop.journal));
  assert.equal(
    [result.identical, result.different, result.missing, result.extra],
    [400, [], [], []],
  );
});

test.run();
