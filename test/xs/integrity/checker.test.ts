import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import type { Completion, Outcome } from '../../../shared/protocol/messages.ts';
import { judgeQuietClaim } from '../../../xs/api/quiet-claim.ts';
import { Intake } from '../../../xs/ingest/intake.ts';
import { readFindings } from '../../../xs/integrity/findings.ts';
import { inCompletion, inLaptop, inPool, inSnapshot } from '../../../xs/storage/paths.ts';
import { listSnapshots, newestSnapshot, readVersions } from '../../../xs/storage/snapshots.ts';
import { refused } from '../../shared/refused.ts';
import { checkSnapshot, checkSnapshots } from '../check.ts';
import {
  backUp,
  completionFor,
  type Journal,
  newest,
  SERIAL,
  sendEntry,
  type TestLibrary,
  uidOf,
} from '../library.ts';
import { openWhole, type WholeLibrary } from '../whole.ts';
import {
  backUpHealing,
  drawings,
  flipBit,
  libraryWith,
  poolFiles,
  scrubAll,
} from './damage-library.ts';

const test = suite('every name of every snapshot is there, and is a file of the pool');

function pooled({ paths }: Pick<TestLibrary, 'paths'>, content: string): string {
  return inPool(paths, digestOf(content)).file(0);
}

/** The pool's name of a metadata file. */
function pooledMetadata(paths: TestLibrary['paths'], metadata: string): string {
  return inPool(paths, digestOf(readFileSync(metadata))).file(0);
}

/** A school with one backup, whose newest snapshot is spoiled. */
async function spoiled(spoil: (folder: string) => void): Promise<WholeLibrary> {
  const whole = await openWhole();
  await backUp(whole, drawings(12));
  const snapshot = newestSnapshot(whole.library.paths, SERIAL);
  if (snapshot) spoil(snapshot.folder);
  return whole;
}

async function statusOf(whole: WholeLibrary) {
  const status = JSON.parse(await whole.command('status', [], { json: true }));
  const { concerns } = status;
  return { ...status, concerns };
}

function claimOf({ library: { paths } }: WholeLibrary) {
  const snapshot = newestSnapshot(paths, SERIAL);
  return { sequence: snapshot?.sequence ?? 0, state: snapshot?.state as never };
}

test('half of a snapshot is deleted: its names come back from the pool before that is swept', async () => {
  using library = await libraryWith(drawings(24));
  const { folder } = newest(library);
  for (let n = 0; n < 12; n += 1) {
    rmSync(join(folder, uidOf(n)));
    rmSync(join(folder, `${uidOf(n)}.metadata`));
  }
  assert.is((await scrubAll(library.context)).swept, 0);
  checkSnapshots(library.paths, SERIAL);
});

test('a quiet day puts back what is missing, and is refused when the pool lacks it too', async () => {
  await using whole = await spoiled((folder) => rmSync(join(folder, uidOf(3))));
  const { library } = whole;
  assert.is(await judgeQuietClaim(library, SERIAL, claimOf(whole)), 'safe');
  const { folder } = newestSnapshot(library.paths, SERIAL) ?? { folder: '' };
  checkSnapshots(library.paths, SERIAL);
  rmSync(join(folder, uidOf(3)));
  rmSync(pooled(library, ' drawing 3'));
  assert.is(await judgeQuietClaim(library, SERIAL, claimOf(whole)), 'damaged');
  assert.equal(await backUp(whole, drawings(12)), { state: 'missing', missing: [uidOf(3)] });
});

test('what nobody has is named: whose, which entries; and the laptop is not safe', async () => {
  await using whole = await spoiled((folder) => rmSync(join(folder, uidOf(3))));
  const { library } = whole;
  rmSync(pooled(library, ' drawing 3'));
  await library.checker.checkAll();
  const status = await statusOf(whole);
  assert.equal(status.concerns, ['damaged-laptops']);
  assert.is(status.laptops[0].standing, 'damaged');
  assert.match(
    await whole.command('status'),
    /1 laptop has a damaged backup: Jocinta\n.*"xs-backup\s+damage"/,
  );
  assert.match(await whole.command('damage'), new RegExp(`missing: .*/${uidOf(3)} {2}"3"`));
  assert.match(await whole.command('scrub', [], { all: true }), /1 file of snapshots is bad/);
  const healed = await backUpHealing({ ...whole, paths: library.paths } as never, drawings(12));
  assert.equal([healed.asked, healed.outcome.state], [1, 'done']);
  assert.equal((await statusOf(whole)).concerns, [], 'the old snapshot got it back as well');
  checkSnapshots(library.paths, SERIAL);
});

test('what somebody made unreadable, or a power cut left writable, is put right before it is called safe', async () => {
  await using whole = await spoiled((folder) => {
    chmodSync(join(folder, uidOf(3)), 0);
    chmodSync(join(folder, uidOf(4)), 0o644);
    chmodSync(join(folder, `${uidOf(4)}.metadata`), 0o400);
  });
  const { library } = whole;
  assert.is(await judgeQuietClaim(library, SERIAL, claimOf(whole)), 'safe');
  const { folder } = newestSnapshot(library.paths, SERIAL) ?? { folder: '' };
  const names = [uidOf(3), uidOf(4), `${uidOf(4)}.metadata`];
  const modes = names.map((name) => lstatSync(join(folder, name)).mode & 0o777);
  assert.equal(modes, [0o440, 0o440, 0o440]);
});

test('a list that cannot be read is made anew from the metadata', async () => {
  for (const spoil of [
    (path: string) => truncateSync(path, 10),
    (path: string) => rmSync(path),
    (path: string) => {
      rmSync(path);
      mkdirSync(path);
    },
  ]) {
    using library = await libraryWith(drawings(5));
    spoil(inSnapshot(newest(library).folder).sums);
    assert.equal(await library.context.checker.checkLaptop(SERIAL), []);
    checkSnapshot(newest(library));
  }
});

test('who wants a day back whose list is cut gets it before anybody has mended that', async () => {
  using library = await libraryWith(drawings(4));
  const snapshot = newest(library);
  const before = readVersions(snapshot);
  const { sums } = inSnapshot(snapshot.folder);
  truncateSync(sums, 20);
  assert.equal(readVersions(snapshot), before);
  assert.is(lstatSync(sums).size, 20, 'who reads writes nothing');
  rmSync(join(snapshot.folder, `${uidOf(1)}.metadata`));
  refused(() => readVersions(snapshot), 'damaged', /SUMS\.gz/);
});

test('content outside of the pool, after a copy without hard links, is taken back into it', async () => {
  const journal = drawings(20);
  using library = await libraryWith(journal);
  journal.set(uidOf(1), { title: 'new', content: 'newer' });
  await backUp(library, journal);
  const copy = `${library.paths.library}.copy`;
  cpSync(library.paths.library, copy, { recursive: true, verbatimSymlinks: true });
  rmSync(library.paths.library, { recursive: true });
  renameSync(copy, library.paths.library);
  const before = poolFiles(library.paths.library).length;
  const { folder } = newest(library);
  flipBit(join(folder, uidOf(5)));
  flipBit(pooled(library, ' drawing 6'));
  const scrubbed = await scrubAll(library.context);
  assert.is(scrubbed.swept, 0);
  assert.equal(await library.context.checker.checkLaptop(SERIAL), []);
  assert.is(poolFiles(library.paths.library).length, before);
  for (const path of poolFiles(library.paths.library)) assert.ok(lstatSync(path).nlink > 1, path);
  checkSnapshots(library.paths, SERIAL);
  for (const one of listSnapshots(library.paths, SERIAL)) {
    for (const name of readdirSync(one.folder)) {
      if (['MANIFEST', 'SUMS.gz'].includes(name)) continue;
      assert.ok(lstatSync(join(one.folder, name)).nlink > 1, name);
    }
  }
});

test('a flipped byte outside of the pool does not go into the next snapshot', async () => {
  const journal = drawings(6);
  using library = await libraryWith(journal);
  const path = join(newest(library).folder, uidOf(2));
  const bytes = readFileSync(path);
  rmSync(path);
  rmSync(pooled(library, ' drawing 2'));
  writeFileSync(path, bytes);
  flipBit(path);
  journal.set(uidOf(0), { title: 'changed', content: 'changed' });
  const { asked, outcome } = await backUpHealing(library, journal);
  assert.equal([asked, outcome.state], [1, 'done']);
  checkSnapshots(library.paths, SERIAL);
  assert.ok(library.context.pool.damage.isEmpty);
});

/** A laptop's backup through the intake. It knows its base, and starts from another when told to. */
async function takeIn(whole: WholeLibrary, journal: Journal, first: Completion): Promise<Outcome> {
  const { library, context } = whole;
  const { incoming } = inLaptop(library.paths, SERIAL);
  mkdirSync(incoming, { recursive: true });
  await using intake = new Intake({ ...library, guard: context.guard });
  intake.start();
  let outcome: Outcome = { state: 'unknown' };
  for (let round = 0; round < 3 && outcome.state !== 'done'; round += 1) {
    const completion = round === 0 ? first : completionFor(whole, journal);
    for (const [uid, entry] of journal) sendEntry(incoming, uid, entry);
    const { waiting } = inCompletion(library.paths);
    writeFileSync(`${waiting(SERIAL)}.new`, JSON.stringify(completion));
    renameSync(`${waiting(SERIAL)}.new`, waiting(SERIAL));
    outcome = await intake.finalOutcome(SERIAL, completion.run, 30_000);
  }
  return outcome;
}

test('an unreadable manifest or list stops neither the next backup nor the others', async () => {
  for (const file of ['MANIFEST', 'SUMS.gz'] as const) {
    await using whole = await openWhole();
    await backUp(whole, drawings(5));
    whole.clock.pass(DAY_MS);
    await backUp(whole, drawings(6));
    const { paths } = whole.library;
    const { folder } = newestSnapshot(paths, SERIAL) ?? { folder: '' };
    const remembered = completionFor(whole, drawings(7));
    const metadata = join(folder, `${uidOf(5)}.metadata`);
    // Without it neither of them can be made anew.
    rmSync(pooledMetadata(paths, metadata));
    const path = join(folder, file);
    rmSync(path);
    mkdirSync(path);
    rmSync(metadata);
    await whole.library.checker.checkAll();
    assert.equal((await statusOf(whole)).concerns, ['damaged-laptops'], file);
    assert.ok(
      readFindings(paths, SERIAL).findings.some((one) => one.file === file),
      file,
    );
    const outcome = await takeIn(whole, drawings(7), remembered);
    assert.is(outcome.state, 'done', `${file}: ${JSON.stringify(outcome)}`);
    assert.ok(
      (newestSnapshot(paths, SERIAL)?.sequence ?? 0) > 2,
      `${file}: no sequence is used twice`,
    );
    checkSnapshot(newestSnapshot(paths, SERIAL) as never);
  }
});

test('all snapshots are removed: nobody is safe, and verify says so', async () => {
  await using whole = await openWhole();
  const { library } = whole;
  await backUp(whole, drawings(3));
  assert.equal((await statusOf(whole)).concerns, []);
  const { home } = inLaptop(library.paths, SERIAL);
  for (const { folder } of listSnapshots(library.paths, SERIAL)) {
    rmSync(folder, { recursive: true });
  }
  assert.ok(existsSync(home));
  const status = await statusOf(whole);
  assert.equal(status.concerns, ['damaged-laptops']);
  assert.is(status.laptops[0].standing, 'damaged');
  await library.checker.checkAll();
  assert.equal((await statusOf(whole)).concerns, ['damaged-laptops']);
});

test('pins are checked as well, and so is the trash', async () => {
  using library = await libraryWith(drawings(2));
  const { paths, context } = library;
  const { folder } = newest(library);
  const digest = digestOf(readFileSync(join(folder, `${uidOf(1)}.metadata`)));
  const pin = inLaptop(paths, SERIAL).pin(uidOf(1), digest);
  mkdirSync(pin, { recursive: true });
  assert.equal(await context.checker.checkLaptop(SERIAL), []);
  assert.is(readFileSync(join(pin, uidOf(1)), 'utf8'), ' drawing 1');
  assert.is(lstatSync(join(pin, `${uidOf(1)}.metadata`)).nlink, 3);
});

test.run();
