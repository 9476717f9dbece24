// weight: 30
/** The plug is pulled at every step of a move: the same command goes on, and all of it arrives once. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { soak } from '../../soak.ts';
import { inventory } from '../acts.ts';
import { killedAt } from '../killed.ts';
import { SERIAL } from '../library.ts';
import { openWhole, testClock, type WholeLibrary } from '../whole.ts';
import { OLDER, transfer, twoSchools } from './schools.ts';

const test = suite('a move, killed at each step');
const TIME = '2026-03-20T08:00:00Z';

const POINTS: Record<'out' | 'in' | 'welcome', string[]> = {
  out: ['transfer.file', 'transfer.file:20', 'transfer.snapshot:3', 'transfer.written'],
  in: ['arrival.file', 'arrival.file:20', 'arrival.copied', 'arrival.renamed'],
  welcome: [...['snapshot', 'snapshot:4', 'laptop', 'built', 'placed', 'placed:2', 'settled']].map(
    (point) => `welcome.${point}`,
  ),
};

async function kill(folder: string, point: string, args: readonly string[]): Promise<void> {
  const program = fileURLToPath(new URL('./mover.ts', import.meta.url));
  await killedAt(point, ['--import', 'tsx', program, folder, TIME, ...args]);
}

const open = (folder: string) => openWhole('', { folder, clock: testClock(TIME), stranger: true });

test('out, in, welcome and undo go on at every point', async () => {
  const schools = await twoSchools();
  const { folder, here, there, stick, from, to } = schools;
  const sums = [SERIAL, OLDER].map((one) => inventory(from.library.paths, one));
  for (const one of [from, to]) await one[Symbol.asyncDispose]();
  try {
    for (const point of soak(POINTS.out, POINTS.out.slice(1, 2))) {
      await kill(here, point, ['transfer', 'out', SERIAL, stick]);
    }
    await inSchool(here, (one) => transfer(one, ['out', SERIAL, stick]));
    for (const point of soak(POINTS.in, POINTS.in.slice(1))) {
      await kill(there, point, ['transfer', 'in', stick]);
    }
    for (const point of soak(POINTS.welcome, ['welcome.snapshot:4', 'welcome.placed'])) {
      await welcomeAfter(point, there, join(folder, 'copy'), sums);
    }
    await inSchool(there, (one) => one.command('arrivals', [SERIAL, 'welcome']));
    await kill(there, 'arrival.moved-back', ['command', 'arrivals', SERIAL, 'undo']);
    await inSchool(there, async (one) => {
      await one.command('arrivals', [OLDER, 'undo']);
      assert.is(one.library.registrations.get(OLDER), undefined);
      for (const serial of [SERIAL, OLDER]) await one.command('undelete', [serial, 'laptop']);
      assert.equal(whatIsHers(one), sums);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

const whatIsHers = ({ library }: WholeLibrary) =>
  [SERIAL, OLDER].map((one) => inventory(library.paths, one));

async function inSchool(folder: string, work: (one: WholeLibrary) => unknown): Promise<void> {
  await using one = await open(folder);
  await work(one);
}

/** In a copy of the library: killed there, and said again. */
async function welcomeAfter(point: string, there: string, copy: string, sums: unknown) {
  execFileSync('cp', ['-a', there, copy]);
  await kill(copy, point, ['command', 'arrivals', SERIAL, 'welcome']);
  await inSchool(copy, async (one) => {
    await one.command('arrivals', [SERIAL, 'welcome']);
    assert.equal(whatIsHers(one), sums, point);
    assert.not.match(await one.command('status'), /another school|damaged/, point);
  });
  rmSync(copy, { recursive: true });
}

test.run();
