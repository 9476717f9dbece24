// weight: 55
/**
 * A disk of the school server flips a bit: the scrub finds it, a restore refuses it, and the
 * laptop's next backup, with nothing new in the Journal, mends it.
 */
import { lchownSync, lstatSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { realClock } from '../../../shared/clock.ts';
import { parseSerial, type Uid } from '../../../shared/ids.ts';
import { silentLog } from '../../../shared/log.ts';
import { Checker } from '../../../xs/integrity/checker.ts';
import type { Ownership } from '../../../xs/storage/ownership.ts';
import { openPool } from '../../../xs/storage/pool.ts';
import { newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { compareJournals, readJournal } from '../../journal/compare.ts';
import { changeJournal, generateJournal } from '../../journal/generator.ts';
import { seeded } from '../../shared/random.ts';
import { soak } from '../../soak.ts';
import { checkSnapshots } from '../../xs/check.ts';
import { flipBit, poolFiles, scrubAll } from '../../xs/integrity/damage-library.ts';
import type { Laptop } from '../laptop.ts';
import { type School, startSchool } from '../school.ts';

const test = suite('damage on the server is found, refused, and mended by the laptop');

async function ok(laptop: Laptop, ...args: string[]) {
  const done = await laptop.backup(args);
  assert.is(done.exitCode, 0, `${args.join(' ')}: ${done.stderr}`);
  return done;
}

/** What the service would do within 30 days, while it is stopped. */
async function scrubStopped({ server }: School) {
  const { uid, gid } = lstatSync(server.library);
  const ownership: Ownership = { ownUid: uid, sessionUid: uid, sessionGid: gid };
  const pool = openPool(server, ownership);
  const context = { paths: server, pool, clock: realClock, log: silentLog };
  const found = await scrubAll({ ...context, checker: new Checker(context), env: process.env });
  const damaged = join(server.library, '.damaged');
  for (const path of [damaged, ...readdirSync(damaged).map((name) => join(damaged, name))]) {
    lchownSync(path, uid, gid);
  }
  return found;
}

/** An entry with content in the newest snapshot, and a bit of it flipped on the stopped server. */
async function damageOne(school: School, laptop: Laptop, suffix = ''): Promise<Uid> {
  const newest = newestSnapshot(school.server, parseSerial(laptop.serial));
  assert.ok(newest);
  const uid = readdirSync(newest.folder).find(
    (name) => name.length === 36 && lstatSync(join(newest.folder, name)).size > 100,
  );
  await school.server.daemon.stop();
  flipBit(join(newest.folder, `${uid}${suffix}`));
  const { damaged } = await scrubStopped(school);
  assert.is(damaged.length, 1);
  const path = `${laptop.serial}/${newest.name}/${uid}${suffix}`;
  assert.ok(damaged[0]?.names.includes(path), JSON.stringify(damaged));
  await school.server.start();
  return uid as Uid;
}

for (const suffix of ['', '.metadata']) {
  test(`damaged ${suffix || 'content'} is refused, then mended with nothing new to send`, async () => {
    await using school = await startSchool();
    const laptop = school.laptop(0);
    generateJournal(laptop.journal, { entries: 12, seed: 31 });
    await ok(laptop, 'now');
    const before = readJournal(laptop.journal);
    const uid = await damageOne(school, laptop, suffix);

    const aside = `${laptop.journal}-aside`;
    renameSync(laptop.journal, aside);
    await laptop.startBus();
    const refused = await laptop.backup(['restore', 'latest', '--entry', uid]);
    assert.is(refused.exitCode, 1, refused.stdout);
    assert.match(`${refused.stdout}${refused.stderr}`, new RegExp(`${uid}.*damaged`));
    await laptop.loseJournal();
    renameSync(aside, laptop.journal);

    const healed = JSON.parse((await ok(laptop, 'now', '--json')).stdout);
    const { changed, removed } = healed.summary;
    assert.equal([changed, removed, healed.details.sequence], [0, 0, 2]);
    assert.is(checkSnapshots(school.server, parseSerial(laptop.serial)).size, 2);
    assert.equal(readdirSync(join(school.server.library, '.damaged')), []);
    await ok(laptop, 'now');
    assert.is(
      checkSnapshots(school.server, parseSerial(laptop.serial)).size,
      2,
      'a quiet day again',
    );

    await laptop.loseJournal();
    await laptop.startBus();
    await ok(laptop, 'restore', 'latest', '--entry', uid);
    await ok(laptop, 'restore', 'latest');
    const after = compareJournals(before, readJournal(laptop.journal));
    const toTop = [`${uid}: metadata/timestamp`];
    assert.equal([after.different, after.missing], [toTop, []], 'one by one: to the top');
  });
}

test('damage beside a real change is mended in the same run', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 12, seed: 32 });
  await ok(laptop, 'now');
  await damageOne(school, laptop);
  changeJournal(laptop.journal, { count: 2, seed: 33 });
  await ok(laptop, 'now');
  assert.is(checkSnapshots(school.server, parseSerial(laptop.serial)).size, 2);
});

/** Entries, each with two files, and files of them that are damaged. */
const MANY = soak({ entries: 620, flips: 1000 }, { entries: 80, flips: 100 });

test(`${MANY.flips} flipped bits: a restore refuses every entry concerned, and brings all the others`, async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: MANY.entries, seed: 35 });
  await ok(laptop, 'now');
  const before = readJournal(laptop.journal);
  await school.server.daemon.stop();
  const random = seeded(35);
  const files = poolFiles(school.server.library).filter((path) => lstatSync(path).size > 0);
  const victims = new Set<string>();
  while (victims.size < MANY.flips) victims.add(random.pick(files));
  for (const path of victims) flipBit(path, random);
  const { damaged } = await scrubStopped(school);
  assert.is(damaged.length, MANY.flips, 'found by the scrub');
  const names = damaged.flatMap((one) => one.names);
  const concerned = new Set(names.map((name) => basename(name).replace('.metadata', '')));
  await school.server.start();
  await laptop.loseJournal();
  await laptop.startBus();
  const restored = await laptop.backup(['restore', 'latest', '--json']);
  assert.is(restored.exitCode, 1, restored.stderr);
  assert.ok(restored.stdout, restored.stderr);
  const told = JSON.parse(restored.stdout);
  assert.is(told.details.problems.length, concerned.size);
  assert.is(told.summary.restored, MANY.entries - concerned.size);
  const after = compareJournals(before, readJournal(laptop.journal));
  assert.equal([after.different, after.extra], [[], []], 'not one wrong byte in the Journal');
  assert.equal(new Set(after.missing).size, concerned.size);
  const { restored: came } = told.summary;
  console.log(`${MANY.flips} flips, ${concerned.size} entries refused, ${came} restored`);
});

test('an entry that is damaged there and unreadable here stops no backup', async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 12, seed: 34 });
  await ok(laptop, 'now');
  const uid = await damageOne(school, laptop);
  rmSync(join(laptop.journal, uid.slice(0, 2), uid, 'metadata'), { recursive: true });
  const first = await laptop.backup(['now', '--json']);
  const { problems, removed, entries } = JSON.parse(first.stdout).summary;
  assert.equal([problems, removed, entries], [1, 1, 11]);
  const again = await laptop.backup(['now']);
  assert.equal([first.exitCode, again.exitCode], [1, 1], 'done, and one entry is not safe');
});

test.run();
