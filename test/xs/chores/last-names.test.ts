import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { parseUid, tryParse } from '../../../shared/ids.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { scrubShard } from '../../../xs/integrity/scrub.ts';
import { forget, forgetWithBackups } from '../../../xs/registration/forget.ts';
import { inLaptop, inLibrary, inPool } from '../../../xs/storage/paths.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { discard, doom, listTrash } from '../../../xs/storage/trash.ts';
import { checkSnapshots } from '../check.ts';
import { drawings, shardOf } from '../integrity/damage-library.ts';
import { backUp, SERIAL, uidOf } from '../library.ts';
import { openWhole, serialOf, type WholeLibrary } from '../whole.ts';

const test = suite('what leaves the trash takes no content along that a list still names');

/** Two days with the same drawings: the older is in the trash, for too long, the newer lost a name. */
async function nameLost(settings = ''): Promise<{ whole: WholeLibrary; lost: string }> {
  const whole = await openWhole(settings);
  const { paths, timeline } = whole.library;
  const journal = drawings(3);
  for (let n = 0; n < 2; n += 1) {
    whole.clock.pass(DAY_MS);
    journal.set(uidOf(9), { title: `${n}`, content: `only on day ${n}` });
    assert.is((await backUp(whole, journal)).state, 'done');
  }
  const [newer, older] = listSnapshots(paths, SERIAL);
  discard(paths, SERIAL, String(older?.folder), 'old', timeline.now());
  whole.clock.pass(40 * DAY_MS);
  timeline.trust();
  const lost = join(String(newer?.folder), uidOf(1));
  rmSync(lost);
  return { whole, lost };
}

/** The check puts everything back. */
async function assertWhole({ library }: WholeLibrary, lost: string): Promise<void> {
  await library.checker.checkAll();
  assert.is(readFileSync(lost, 'utf8'), ' drawing 1');
  checkSnapshots(library.paths, SERIAL);
}

function isPooled({ library }: WholeLibrary, content: string): boolean {
  return existsSync(inPool(library.paths, digestOf(content)).file(0));
}

test('the command asks the lists before it empties the trash, and frees the rest', async () => {
  const { whole, lost } = await nameLost();
  await using _ = whole;
  assert.match(await whole.command('cleanup'), /, 1 left it/);
  assert.equal(listTrash(whole.library.paths), []);
  assert.not.ok(isPooled(whole, 'only on day 0'), 'nothing needs it');
  await assertWhole(whole, lost);
});

test('so it does with what a killed cleanup left', async () => {
  const { whole, lost } = await nameLost();
  await using _ = whole;
  const { paths } = whole.library;
  for (const item of listTrash(paths)) doom(paths, item);
  await whole.command('cleanup');
  assert.equal(readdirSync(inLibrary(paths).doomed), []);
  assert.not.ok(isPooled(whole, 'only on day 0'), 'nothing needs it');
  await assertWhole(whole, lost);
});

for (const [what, place] of [
  ['the laptop', ({ home }: { home: string }) => home],
  ['what is held', ({ held }: { held: string }) => held],
] as const) {
  test(`while the folder of ${what} cannot be read the trash waits, and somebody is told`, async () => {
    const { whole, lost } = await nameLost();
    await using _ = whole;
    const { paths } = whole.library;
    const closed = place(inLaptop(paths, SERIAL));
    mkdirSync(closed, { recursive: true });
    renameSync(closed, `${closed}.aside`);
    symlinkSync(closed, closed); // nobody can read that, root included
    const told = await whole.command('cleanup').catch(String); // about the laptop, perhaps
    rmSync(closed);
    renameSync(`${closed}.aside`, closed);
    if (what !== 'the laptop')
      assert.match(told, /^the trash is not emptied: 1 folder cannot be read/m);
    assert.ok(whole.events.some(({ event }) => event === 'trash-waits'));
    assert.is(listTrash(paths).length, 1);
    await assertWhole(whole, lost);
    assert.match(await whole.command('cleanup'), /, 1 left it/);
  });
}

test('a list in the trash that cannot be read does not keep itself there', async () => {
  const { whole, lost } = await nameLost();
  await using _ = whole;
  for (const { folder } of listTrash(whole.library.paths)) {
    rmSync(join(folder, 'SUMS.gz'));
    rmSync(join(folder, uidOf(2)));
    rmSync(join(folder, `${uidOf(2)}.metadata`));
  }
  assert.match(await whole.command('cleanup'), /, 1 left it/);
  await assertWhole(whole, lost);
});

test('a full disk is freed although some folder cannot be read, or nobody could back up', async () => {
  const { whole } = await nameLost();
  await using _ = whole;
  const { library } = whole;
  const { held } = inLaptop(library.paths, SERIAL);
  rmSync(held, { recursive: true, force: true });
  symlinkSync(held, held);
  Object.assign(library.config.traffic, { minFreePercent: 101 });
  assert.match(await whole.command('cleanup'), /, 1 left it/);
  assert.not.ok(isPooled(whole, 'only on day 0'));
  rmSync(held);
});

test('to forget a laptop without backups frees nothing else, and asks nobody', async () => {
  const { whole, lost } = await nameLost();
  await using _ = whole;
  const { library } = whole;
  for (const item of listTrash(library.paths)) doom(library.paths, item);
  const other = serialOf(7);
  mkdirSync(inLaptop(library.paths, other).home);
  await forget(library, other);
  assert.not.ok(existsSync(inLaptop(library.paths, other).home));
  await assertWhole(whole, lost);
});

test('what lies in the trash with a forgotten laptop keeps its content, and can come back whole', async () => {
  const { whole, lost } = await nameLost();
  await using _ = whole;
  const { library } = whole;
  await forgetWithBackups(library, SERIAL, library.timeline.now());
  await whole.command('cleanup');
  const pooled = inPool(library.paths, digestOf(' drawing 1')).file(0);
  await scrubShard(library, shardOf(pooled));
  await whole.command('undelete', [SERIAL, 'laptop']);
  await assertWhole(whole, lost);
});

test('while older days come back from the copy elsewhere, what came first waits for its names', async () => {
  await using whole = await openWhole();
  const { paths } = whole.library;
  await backUp(whole, drawings(3));
  await backUp(whole, drawings(2));
  const pooled = inPool(paths, digestOf(' drawing 2')).file(0);
  assert.ok(existsSync(pooled));
  const [, older] = listSnapshots(paths, SERIAL);
  const { arriving } = inLibrary(paths);
  mkdirSync(arriving);
  renameSync(String(older?.folder), join(arriving, 'older'));
  for (const name of readdirSync(join(arriving, 'older'))) {
    if (tryParse(parseUid, name.slice(0, 36))) rmSync(join(arriving, 'older', name));
  }
  await scrubShard(whole.library, shardOf(pooled));
  assert.ok(existsSync(pooled), 'its list is on the way');
  Object.assign(whole.library.config.retention, { trashDays: 0 });
  discard(
    paths,
    SERIAL,
    String(listSnapshots(paths, SERIAL)[0]?.folder),
    'old',
    whole.library.timeline.now(),
  );
  whole.clock.pass(DAY_MS);
  assert.match(await whole.command('cleanup'), /not emptied: not all has come.*offsite restore/);
  rmSync(arriving, { recursive: true });
  await scrubShard(whole.library, shardOf(pooled));
  assert.not.ok(existsSync(pooled), 'nothing waits any more');
});

test.run();
