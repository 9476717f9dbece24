// weight: 30
/** The plug is pulled at every step of a move: the same command goes on, and all of it arrives once. */
import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { forgetWithBackups } from '../../../xs/registration/forget.ts';
import { inLibrary } from '../../../xs/storage/paths.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { discard } from '../../../xs/storage/trash.ts';
import { soak } from '../../soak.ts';
import { inventory, journalOfDay } from '../acts.ts';
import { killedAt } from '../killed.ts';
import { backUp, SERIAL, uidOf } from '../library.ts';
import { dsaKey, openWhole, serialOf, testClock, type WholeLibrary } from '../whole.ts';
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

test('while a yes is cut off, nothing goes with the trash that her lists name', async () => {
  const schools = await twoSchools();
  const { folder, there, stick, from, to } = schools;
  const sums = [SERIAL, OLDER].map((one) => inventory(from.library.paths, one));
  const { library, clock } = to;
  const { paths } = library;
  try {
    // Somebody else had the same things: so the pool has them already.
    const other = serialOf(3);
    library.registrations.register(other, 'Jim', 'uuid', dsaKey(3));
    await backUp(to, journalOfDay(2), other);
    await backUp(to, journalOfDay(3), other);
    await transfer(from, ['out', SERIAL, stick]);
    await transfer(to, ['in', stick]);
    for (const one of [from, to]) await one[Symbol.asyncDispose]();
    await kill(there, 'welcome.placed', ['command', 'arrivals', SERIAL, 'welcome']);
    const built = join(inLibrary(paths).arrival(SERIAL), 'built', SERIAL);
    const lost = namesOf(built, uidOf(1));
    assert.ok(lost.length > 0);
    for (const name of lost) rmSync(name);
    await using one = await openWhole('', { folder: there, clock, stranger: true });
    for (const { folder: day } of listSnapshots(paths, other).slice(1)) {
      discard(paths, other, day, 'old', one.library.timeline.now());
    }
    await forgetWithBackups(one.library, other, one.library.timeline.now());
    clock.pass(400 * DAY_MS);
    one.library.timeline.trust();
    await one.command('cleanup');
    await one.command('scrub', [], { all: true });
    await one.command('arrivals', [SERIAL, 'welcome']);
    await one.library.checker.checkAll();
    assert.equal(whatIsHers(one), sums);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Every name of an entry in a laptop's folder, and of its metadata. */
function namesOf(home: string, uid: string): string[] {
  return readdirSync(home, { recursive: true, encoding: 'utf8' })
    .filter((name) => basename(name).startsWith(uid) && !name.includes('pinned'))
    .map((name) => join(home, name))
    .filter((path) => lstatSync(path).isFile());
}

test.run();
