// weight: 12
/**
 * A laptop with a Journal of Sugar 0.82: it is backed up as it is, in a real school, and comes back into the Journal
 * of today's Sugar, which spoils and drops things when it converts the old one.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { putFirst } from '../../journal/first-layout.ts';
import type { Laptop } from '../laptop.ts';
import { type School, startSchool } from '../school.ts';
import { settled } from '../settled.ts';

const test = suite('a Journal of Sugar 0.82');

let school: School;
test.before(async () => {
  school = await startSchool({ laptops: 0 });
});
test.after(async () => {
  await school?.[Symbol.asyncDispose]();
});

const uidOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const ENTRIES = 30;
const PICTURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff]);

function fill(laptop: Laptop): void {
  for (let n = 0; n < ENTRIES; n += 1) {
    const title = `Dibujo ${n} ñ`;
    const picture = n % 3 === 0 ? { picture: PICTURE } : {};
    putFirst(laptop.journal, uidOf(n), {
      properties: { title, timestamp: 1_217_000_000 + n },
      content: `content ${n}`,
      ...picture,
    });
  }
}

function inJournal(laptop: Laptop, uid: string, file: string): Buffer {
  return readFileSync(join(laptop.journal, uid.slice(0, 2), uid, file));
}

function isThere(laptop: Laptop, n: number): boolean {
  const uid = uidOf(n);
  const title = inJournal(laptop, uid, 'metadata/title').toString();
  const content = inJournal(laptop, uid, 'data').toString();
  return title === `Dibujo ${n} ñ` && content === `content ${n}`;
}

async function json(laptop: Laptop, ...args: string[]) {
  const { stdout, stderr } = await laptop.backup([...args, '--json']);
  assert.ok(stdout !== '', stderr);
  return JSON.parse(stdout);
}

test('goes to school whole, and counts; nothing of ours converts it', async () => {
  await using laptop = school.newLaptop();
  fill(laptop);
  await settled();
  const { summary, details } = await json(laptop, 'now');
  assert.equal([summary.entries, summary.problems, details.problems], [ENTRIES, 0, []]);
  const { entries, status } = await json(laptop, 'status', '--entries');
  assert.equal(
    entries.filter(({ state }: { state: string }) => state === 'safe').length,
    ENTRIES,
    JSON.stringify(status),
  );
  const again = await json(laptop, 'now');
  assert.equal([again.summary.changed, again.summary.sentBytes], [0, 0], 'a quiet day');
  await laptop.startBus();
  const refused = await laptop.backup(['restore', 'latest']);
  assert.match(refused.stderr, /is one of Sugar 0.82/);
  assert.is(await laptop.datastorePid(), undefined, 'the datastore was not started');
  assert.ok(existsSync(join(laptop.journal, 'store', uidOf(0))));
});

test('comes back into a new Journal, with contents, pictures and times', async () => {
  await using laptop = school.newLaptop();
  fill(laptop);
  await settled();
  await json(laptop, 'now');
  await laptop.loseJournal();
  await laptop.startBus();
  const { summary, details } = await json(laptop, 'restore', 'latest');
  assert.equal([summary.restored, details.problems, details.repaired], [ENTRIES, [], []]);
  for (let n = 0; n < ENTRIES; n += 1) assert.ok(isThere(laptop, n), String(n));
  assert.is(inJournal(laptop, uidOf(7), 'metadata/timestamp').toString(), '1217000007');
  assert.ok(inJournal(laptop, uidOf(3), 'metadata/preview').equals(PICTURE));
  assert.is(await laptop.countEntries(), ENTRIES);
  const again = await json(laptop, 'restore', 'latest');
  assert.equal([again.summary.restored, again.summary.alreadyHere], [0, ENTRIES]);
});

test('comes back beside what a newer Sugar made of it', async () => {
  await using laptop = school.newLaptop();
  fill(laptop);
  await settled();
  await json(laptop, 'now');
  await laptop.countEntries(); // starts the datastore, which converts
  assert.not.ok(existsSync(join(laptop.journal, 'store')));
  const { summary } = await json(laptop, 'restore', 'latest');
  const { restored, beside, alreadyHere, problems } = summary;
  assert.equal([restored + beside + alreadyHere, problems], [ENTRIES, 0], JSON.stringify(summary));
  const shown = (await laptop.datastore('find', {}, ['title'])) as [
    Record<string, { value: unknown }>[],
  ];
  const titles = new Set(shown[0].map(({ title }) => String(title?.value)));
  for (let n = 0; n < ENTRIES; n += 1) {
    const found = [...titles].some((title) => title.startsWith(`Dibujo ${n} ñ`));
    assert.ok(found, `${n}: ${[...titles].join(', ')}`);
  }
});

test.run();
