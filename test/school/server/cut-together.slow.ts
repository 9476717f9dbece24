// weight: 60
/**
 * The plug of the whole school is pulled: server and laptop at the same moment, when something was just told and
 * at random. What was told holds; what the laptop calls safe is on the server's disk; the next run heals the rest.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { listPins } from '../../../xs/pins/pins.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { listSnapshots, newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { compareJournals, type JournalSums, readJournal } from '../../journal/compare.ts';
import { changeJournal, generateJournal } from '../../journal/generator.ts';
import { fileSystems, syncDisk } from '../../power/file-systems.ts';
import { type Moment, now } from '../../power/logged-disk.ts';
import { inOwnMounts } from '../../power/own-mounts.ts';
import { waitFor } from '../../runner/patience.ts';
import { testIf } from '../../runner/skip.ts';
import { type Random, seeded } from '../../shared/random.ts';
import { soak } from '../../soak.ts';
import { checkSnapshot } from '../../xs/check.ts';
import { type Cut, CutSchool } from '../cut-school.ts';
import { ok } from '../keep/kept-journal.ts';
import { complete, makeProfile, mirror, register } from '../original-client.ts';

const canMount = inOwnMounts();
const test = suite('power cuts of a whole school');
const rooted = testIf(canMount, test, 'file systems are mounted and cut off, which needs root');

const SEED = Number(process.env.DS_BACKUP_SEED ?? 15);
/** On each file system, besides those at what was told. */
const RANDOM_CUTS = soak(3, 0);
/** At these the suite cuts: what an original client, and the agent, were told last. */
const IN_SUITE = /day 6 done|all came back/;

/** A command of the server that succeeds. */
async function xs({ school, laptop }: CutSchool, ...args: string[]): Promise<string> {
  const [program = '', ...first] = school.server.command;
  const words = [...first, ...args, '--config', school.server.configFile];
  const done = await laptop.run(program, words);
  assert.is(done.exitCode, 0, `${args.join(' ')}: ${done.stderr}${done.stdout}`);
  return done.stdout;
}

/** What a snapshot gives back, in Sugar's layout. */
async function exported(cut: CutSchool, laptop: string, snapshot: string): Promise<JournalSums> {
  const open = join(cut.school.folder, 'exported');
  if (!existsSync(open)) mkdirSync(open);
  chmodSync(open, 0o777);
  const folder = join(open, snapshot);
  await xs(cut, 'export', laptop, snapshot, folder);
  const journal = readJournal(folder);
  rmSync(folder, { recursive: true, force: true });
  return journal;
}

function same(before: JournalSums, after: JournalSums, what: string): void {
  const { different, missing } = compareJournals(before, after);
  assert.equal({ different, missing }, { different: [], missing: [] }, what);
}

/** What the agent has just called safe is in this snapshot from now on: every file of it, by sha256sum. */
function noteSafe(cut: CutSchool): void {
  const serial = parseSerial(cut.laptop.serial);
  const newest = newestSnapshot(cut.school.server, serial);
  assert.ok(newest);
  const sums = checkSnapshot(newest);
  cut.note(`${newest.name} is safe`, () => {
    const found = listSnapshots(cut.school.server, serial).find(({ name }) => name === newest.name);
    assert.ok(found, 'it is not there');
    assert.is(checkSnapshot(found), sums);
  });
}

/** An original client, its day done: its mirror is, or becomes, a whole snapshot. */
async function liveAsOriginal(cut: CutSchool): Promise<void> {
  const { school } = cut;
  const laptop = school.newLaptop();
  await makeProfile(laptop, 'Jim');
  assert.match((await register(laptop, school.server.url)).stdout, 'registered');
  const serial = parseSerial(laptop.serial);
  cut.note('Jim is registered', () => {
    const { registration } = inLaptop(school.server, serial);
    assert.is(JSON.parse(readFileSync(registration, 'utf8')).nick, 'Jim');
  });
  for (const seed of [5, 6]) {
    generateJournal(laptop.journal, { entries: 6, seed });
    const sent = await mirror(school, laptop, laptop.journal, 'datastore-current');
    assert.is(sent.exitCode, 0, sent.stderr);
    assert.is((await complete(school, laptop)).exitCode, 0);
    const journal = readJournal(laptop.journal);
    cut.note(`Jim's client has called day ${seed} done`, async () => {
      const whole = () => (newestSnapshot(school.server, serial)?.entries ?? 0) >= journal.size;
      await waitFor('the snapshot of the mirror', whole);
      const { name } = newestSnapshot(school.server, serial) ?? {};
      same(journal, await exported(cut, serial, name ?? ''), 'as it was');
    });
  }
}

/** What a teacher says at the server, and what is kept there. */
async function liveAtSchool(cut: CutSchool): Promise<void> {
  const { laptop, school } = cut;
  const serial = parseSerial(laptop.serial);
  const { PairingCode } = JSON.parse(await ok(laptop, 'status', '--json'));
  await xs(cut, 'approve', serial, PairingCode);
  cut.note('a teacher stands for the laptop', () => {
    const { registration } = inLaptop(school.server, serial);
    const { introduction } = JSON.parse(readFileSync(registration, 'utf8'));
    assert.ok(introduction.confirmed);
  });
  const [uid = ''] = readJournal(laptop.journal).keys();
  await xs(cut, 'pin', serial, newestSnapshot(school.server, serial)?.name ?? '', uid);
  cut.note(`${uid} is pinned`, () => {
    assert.ok(listPins(school.server, serial).some((one) => one.uid === uid));
  });
}

/** Entries that were lost come back: whoever was told so has them on the disk. */
async function liveThroughRestore(cut: CutSchool): Promise<void> {
  const { laptop } = cut;
  const journal = readJournal(laptop.journal);
  await laptop.startBus();
  await laptop.loseJournal();
  await ok(laptop, 'restore', 'latest');
  cut.note('all came back', () => same(journal, readJournal(laptop.journal), 'on the laptop'));
}

async function live(cut: CutSchool): Promise<void> {
  const { laptop } = cut;
  await ok(laptop, 'now');
  noteSafe(cut);
  await liveAtSchool(cut);
  await liveAsOriginal(cut);
  for (const seed of [2, 3]) {
    changeJournal(laptop.journal, { count: 3, seed });
    await ok(laptop, 'now');
    noteSafe(cut);
  }
  await liveThroughRestore(cut);
}

/** Everything told before the cut holds, and the next backup is whole. */
async function judge(cut: CutSchool, at: Cut): Promise<void> {
  for (const { moment, what, holds } of cut.facts) {
    if (moment > at.moment) continue;
    try {
      await holds();
    } catch (cause) {
      throw new Error(`${what}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  }
  await ok(cut.laptop, 'now');
  const serial = parseSerial(cut.laptop.serial);
  const { name = '' } = newestSnapshot(cut.school.server, serial) ?? {};
  same(readJournal(cut.laptop.journal), await exported(cut, serial, name), 'the next backup');
  await xs(cut, 'verify');
}

/** At what was told; in a soak at random, too. */
function cutsOf(cut: CutSchool, begin: Moment, end: Moment, random: Random): Cut[] {
  const told = cut.facts.filter(({ what }) => soak(/./, IN_SUITE).test(what));
  const moments = told.map(({ moment }) => moment);
  for (let n = 0; n < RANDOM_CUTS; n += 1) {
    moments.push(begin + BigInt(random.below(Number(end - begin))));
  }
  return moments.map((moment, n) => {
    const unflushed = n < told.length ? 'lost' : random.pick(['lost', 'some', 'kept'] as const);
    return { moment, unflushed, random };
  });
}

const kinds = canMount ? fileSystems() : [];
for (const kind of soak(kinds, kinds.slice(0, 1))) {
  rooted(`${kind.name}: server and laptop are cut off at the same moment`, async () => {
    const random = seeded(SEED);
    await using cut = await CutSchool.start(kind);
    generateJournal(cut.laptop.journal, { entries: 10, seed: 1 });
    syncDisk(cut.laptop.profile, cut.school.server.library);
    const begin = now();
    await live(cut);
    const end = now();
    await cut.stop();
    const cuts = cutsOf(cut, begin, end, random);
    for (const [n, at] of cuts.entries()) {
      const after = `${(at.moment - begin) / 1_000_000n} of ${(end - begin) / 1_000_000n} ms`;
      const what = `seed ${SEED}, cut ${n} after ${after}, what was not flushed is ${at.unflushed}`;
      try {
        await cut.after(at, () => judge(cut, at));
      } catch (cause) {
        throw new Error(`${what}: ${cause instanceof Error ? cause.message : cause}`, { cause });
      }
    }
    console.log(`${kind.name}: ${cuts.length} cuts`);
  });
}

test.run();
