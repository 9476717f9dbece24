// weight: 30
/**
 * Odd entries cost plain ones no time: a backup and a complete restore with every oddity there is take as long as
 * without, as a ratio in the same run. The suite looks only at the way that is taken, which no machine changes.
 */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { generateJournal } from '../../journal/generator.ts';
import { hostileJournal } from '../../journal/hostile.ts';
import { soak } from '../../soak.ts';
import type { Laptop } from '../laptop.ts';
import { type School, startSchool } from '../school.ts';

const test = suite('one odd entry among many');

const PLAIN = soak(5000, 60);
const ROUNDS = soak(3, 1);
const LIMIT = 1.2;
/** An entry that looks unfinished is one until it has been left alone for five seconds. */
const LEFT_ALONE_MS = 6000;

let school: School;
test.before(async () => {
  school = await startSchool({ laptops: 0 });
});
test.after(async () => {
  await school?.[Symbol.asyncDispose]();
});

interface Seconds {
  backup: number;
  restore: number;
}

/** A command's seconds; it may end with problems, and with nothing worse. */
async function timed(laptop: Laptop, ...args: string[]): Promise<number> {
  const began = performance.now();
  const { exitCode, stderr } = await laptop.backup(args);
  const seconds = (performance.now() - began) / 1000;
  assert.ok(exitCode === 0 || exitCode === 1, stderr);
  assert.not.match(stderr, /one by one/, 'no entry goes alone because of another');
  return seconds;
}

/** One first backup of a Journal and one complete restore of it. */
async function measure(fill: (journal: string) => unknown): Promise<Seconds> {
  await using laptop = school.newLaptop();
  fill(laptop.journal);
  await sleep(LEFT_ALONE_MS);
  const backup = await timed(laptop, 'now');
  await laptop.loseJournal();
  await laptop.startBus();
  await laptop.countEntries();
  return { backup, restore: await timed(laptop, 'restore', 'latest') };
}

const least = (all: readonly Seconds[], of: keyof Seconds) =>
  Math.min(...all.map((one) => one[of]));

test(`every oddity among ${PLAIN} plain entries`, async () => {
  const folder = join(school.folder, 'journals');
  const { plain, odd } = hostileJournal(join(folder, 'odd'), PLAIN, 3);
  generateJournal(join(folder, 'plain'), { entries: plain.length + odd.size, seed: 3 });
  const found: Record<'odd' | 'plain', Seconds[]> = { odd: [], plain: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const what of ['odd', 'plain'] as const) {
      const copy = (journal: string) => execFileSync('cp', ['-a', join(folder, what), journal]);
      found[what].push(await measure(copy));
    }
  }
  rmSync(folder, { recursive: true });
  for (const of of ['backup', 'restore'] as const) {
    const ratio = least(found.odd, of) / least(found.plain, of);
    console.log(
      `${of}: ${ratio.toFixed(2)} (${least(found.odd, of).toFixed(1)} s with, `,
      `${least(found.plain, of).toFixed(1)} s without)`,
    );
    if (ROUNDS > 1) assert.ok(ratio <= LIMIT, `${of}: ${ratio}`);
  }
});

test.run();
