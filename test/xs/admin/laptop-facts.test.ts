/** Overviews of all laptops: what is remembered of each, and that no act makes it untrue for a moment. */
import fs, { mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { type LaptopFacts, lookAt } from '../../../xs/admin/laptop-facts.ts';
import { writeFindings } from '../../../xs/integrity/findings.ts';
import { writeTwins } from '../../../xs/registration/twin-file.ts';
import { writeNotSafe } from '../../../xs/storage/not-safe.ts';
import { inLaptop, inLibrary, inSnapshot, type Paths } from '../../../xs/storage/paths.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { discard, listTrash } from '../../../xs/storage/trash.ts';
import { backUp, type Journal, SERIAL, uidOf } from '../library.ts';
import { openWhole, type WholeLibrary } from '../whole.ts';

const test = suite('facts about laptops');

const JOURNAL: Journal = new Map([[uidOf(1), { title: 'a', content: 'drawing' }]]);
const NOBODY = '0'.repeat(32);

/** As if nothing had changed for an hour. */
function settle({ library: { paths } }: WholeLibrary): void {
  const { home } = inLaptop(paths, SERIAL);
  const folders = [home, inLibrary(paths).trashOf(SERIAL)];
  for (const name of readdirSync(home)) folders.push(join(home, name));
  const then = new Date(Date.now() - 3_600_000);
  for (const folder of folders) {
    if (fs.lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
      utimesSync(folder, then, then);
    }
  }
}

/** How many files and folders are read meanwhile. */
function reads(work: () => void): number {
  const { readFileSync, readdirSync: list } = fs;
  let count = 0;
  const counting = <F extends (...args: never[]) => unknown>(real: F) =>
    ((...args: never[]) => {
      count += 1;
      return real(...args);
    }) as unknown as F;
  fs.readFileSync = counting(readFileSync);
  fs.readdirSync = counting(list);
  syncBuiltinESMExports();
  try {
    work();
  } finally {
    Object.assign(fs, { readFileSync, readdirSync: list });
    syncBuiltinESMExports();
  }
  return count;
}

const ACTS: [what: string, act: (whole: WholeLibrary) => void, expected: Partial<LaptopFacts>][] = [
  [
    'a check that finds something',
    ({ library: { paths } }) => {
      const finding = { folder: '', file: 'MANIFEST', what: 'missing', title: null } as const;
      writeFindings(paths, SERIAL, [finding], new Date());
    },
    { damaged: true, findings: 1 },
  ],
  [
    'a report of what is not safe',
    ({ library: { paths } }) => {
      const entry = { uid: uidOf(1), title: 'a', why: 'no rights', school: 'older' } as const;
      writeNotSafe(paths, SERIAL, { count: 1, entries: [entry] });
    },
    { notSafe: { count: 1, entries: [] } },
  ],
  [
    'a second laptop of its name',
    ({ library: { paths } }) => {
      const twins = { owner: NOBODY, last: NOBODY, others: [], since: '2026-03-02', moved: [] };
      writeTwins(paths, SERIAL, { version: 1, ...twins });
    },
    { twins: true },
  ],
  ['something held aside', ({ library: { paths } }) => void holdAside(paths), { held: 1 }],
  [
    'something of another laptop held aside',
    ({ library: { paths } }) => writeFileSync(inSnapshot(holdAside(paths)).twin, ''),
    { held: 0 },
  ],
  [
    'something pinned',
    ({ library: { paths } }) => void mkdirSync(inLaptop(paths, SERIAL).pinned),
    { hasPins: true },
  ],
  [
    'the last backup gone',
    ({ library: { paths } }) => rmSync(newest(paths), { recursive: true }),
    { damaged: true, findings: 1 },
  ],
  [
    'the MANIFEST of the last backup gone',
    ({ library: { paths } }) => rmSync(join(newest(paths), 'MANIFEST')),
    {},
  ],
];

/** A copy of the last backup; returns where it is. */
function holdAside(paths: Paths): string {
  const folder = join(inLaptop(paths, SERIAL).held, basename(newest(paths)));
  fs.cpSync(newest(paths), folder, { recursive: true });
  return folder;
}

function newest(paths: Paths): string {
  const [found] = listSnapshots(paths, SERIAL);
  if (!found) throw new Error('there is no snapshot');
  return found.folder;
}

for (const [what, act, expected] of ACTS) {
  test(`${what}: nothing is read again before, and it is known at once after`, async () => {
    await using whole = await openWhole('');
    await backUp(whole, JOURNAL);
    settle(whole);
    lookAt(whole.library)(SERIAL);
    assert.is(
      reads(() => lookAt(whole.library)(SERIAL)),
      0,
    );
    act(whole);
    const facts = lookAt(whole.library)(SERIAL);
    for (const [name, value] of Object.entries(expected)) {
      if (name === 'notSafe') assert.is(facts.notSafe.count, (value as { count: number }).count);
      else assert.is(facts[name as keyof LaptopFacts], value, name);
    }
    assert.ok(
      reads(() => lookAt(whole.library)(SERIAL)) > 0,
      'what changed just now may change again within the same moment',
    );
  });
}

test('the last backup in the trash is a trace of it, until the trash is emptied', async () => {
  await using whole = await openWhole('');
  const { library, clock } = whole;
  const { paths } = library;
  await backUp(whole, JOURNAL);
  discard(paths, SERIAL, newest(paths), 'asked-for', library.timeline.now());
  settle(whole);
  assert.is(lookAt(whole.library)(SERIAL).damaged, false);
  clock.pass(60 * DAY_MS);
  for (const { folder } of listTrash(paths, SERIAL)) rmSync(folder, { recursive: true });
  assert.is(lookAt(whole.library)(SERIAL).damaged, true);
});

test('one answer looks at each laptop once', async () => {
  await using whole = await openWhole('');
  const look = lookAt(whole.library);
  const first = look(SERIAL);
  assert.is(
    reads(() => assert.is(look(SERIAL), first)),
    0,
  );
});

test.run();
