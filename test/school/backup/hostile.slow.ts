// weight: 25
/**
 * Journals full of oddities go to school and come back: what Sugar showed is back byte by byte, or named, and
 * no plain entry suffers from an odd one.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { uidAtSchool } from '../../../agent/journal/entry-name.ts';
import { compareJournals, type JournalSums, readJournal } from '../../journal/compare.ts';
import { hostileJournal } from '../../journal/hostile.ts';
import { soak } from '../../soak.ts';
import type { Laptop } from '../laptop.ts';
import { type School, startSchool } from '../school.ts';

const test = suite('hostile Journals');

const SEEDS = soak(200, 1);
const PLAIN = soak(500, 25);

let school: School;

test.before(async () => {
  school = await startSchool({ laptops: 0 });
});

test.after(async () => {
  await school?.[Symbol.asyncDispose]();
});

/** Runs a command that may end with problems, and with nothing worse. */
async function json(laptop: Laptop, ...args: string[]) {
  const done = await laptop.backup([...args, '--json']);
  assert.ok([0, 1].includes(done.exitCode ?? -1) && done.stdout !== '', done.stderr);
  return JSON.parse(done.stdout);
}

/** Sugar shows neither: it works both out from the entry's folder and its content. */
const WORKED_OUT = ['metadata/uid', 'metadata/filesize'];

/** What Sugar shows: without the temporary files of properties either. */
function asShown(sums: JournalSums): JournalSums {
  const files = (all: ReadonlyMap<string, string>) =>
    new Map(
      [...all].filter(([name]) => !name.startsWith('metadata/.') && !WORKED_OUT.includes(name)),
    );
  return new Map([...sums].map(([uid, all]) => [uid, files(all)]));
}

/** The datastore itself gives a time to an entry that has none. */
const TIMES = ['metadata/timestamp', 'metadata/creation_time'];

/** Without times that came to entries which had none before. */
function asBefore(before: JournalSums, after: JournalSums): JournalSums {
  const isGiven = (uid: string, file: string) =>
    TIMES.includes(file) && before.get(uid)?.has(file) === false;
  return new Map(
    [...after].map(([uid, files]) => [
      uid,
      new Map([...files].filter(([file]) => !isGiven(uid, file))),
    ]),
  );
}

const uidsIn = (list: readonly { uid: string }[] = []) => list.map(({ uid }) => uid);

for (let seed = 1; seed <= SEEDS; seed += 1) {
  test(`seed ${seed}: back up, lose, restore`, async () => {
    await using laptop = school.newLaptop();
    const { plain, odd } = hostileJournal(laptop.journal, PLAIN, seed);
    const before = asShown(readJournal(laptop.journal));
    assert.is(before.size, plain.length + odd.size);
    await json(laptop, 'now');
    const { entries } = await json(laptop, 'status', '--entries');
    const unsafe = entries.filter(({ state }: { state: string }) => state !== 'safe');
    const named = new Set<string>(uidsIn(unsafe));
    for (const uid of plain) assert.not.ok(named.has(uid), `${uid} is plain, and safe`);
    assert.is(entries.length, before.size, 'every entry that Sugar shows has its line');
    await laptop.loseJournal();
    await laptop.startBus();
    const { details } = await json(laptop, 'restore', 'latest');
    for (const uid of uidsIn([...(details.problems ?? []), ...(details.repaired ?? [])]))
      named.add(uid);
    const after = asShown(readJournal(laptop.journal));
    const { missing, different } = compareJournals(before, asBefore(before, after));
    const changed = [...missing, ...different.map((line) => line.slice(0, line.indexOf(': ')))];
    const untold = changed.filter((name) => !named.has(uidAtSchool(name)) && !named.has(name));
    assert.equal(
      untold.map((name) => `${name}: ${odd.get(name) ?? 'plain'}`),
      [],
      `seed ${seed}: ${different.join('\n')}`,
    );
    assert.equal(
      changed.filter((name) => plain.includes(name)),
      [],
    );
    assert.is(await laptop.countEntries(), after.size, 'and Sugar shows what came');
    for (const time of ['second', 'third']) {
      const { summary } = await json(laptop, 'restore', 'latest');
      const { missing, different, extra } = compareJournals(
        after,
        asShown(readJournal(laptop.journal)),
      );
      assert.equal(
        [missing, different, extra.map((name) => `${name}: ${odd.get(name) ?? 'new'}`)],
        [[], [], []],
        `a ${time} restore adds nothing and changes nothing: ${JSON.stringify(summary)}`,
      );
      assert.equal([summary.restored, summary.beside], [0, 0], time);
    }
  });
}

test.run();
