/**
 * A disk without a single free block, or without a single inode: what a person decides and what makes
 * room works all the same, within the reserve, and the school backs up again.
 */
import { closeSync, existsSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../shared/clock.ts';
import { isErrno } from '../../shared/errors.ts';
import { inLaptop, inLibrary } from '../../xs/storage/paths.ts';
import { keepReserve } from '../../xs/storage/reserve.ts';
import { listHeld, listSnapshots } from '../../xs/storage/snapshots.ts';
import { listTrash } from '../../xs/storage/trash.ts';
import { backUp, ed25519, enrol, type Journal, SERIAL, uidOf } from './library.ts';
import { smallDisk } from './small-disk.ts';
import { dsaKey, openWhole, serialOf, testClock, type WholeLibrary } from './whole.ts';

const test = suite('a full disk does not stop the repair');

const runsAsRoot = process.getuid?.() === 0;
if (!runsAsRoot)
  console.log('skip: the tests of full disks mount small file systems, which needs root');
const rooted = runsAsRoot ? test : test.skip;

/** Fifteen days are more than it keeps, and the trash is emptied early when the disk is short. */
const SETTINGS = `[retention]
keepAllDays = 8
keepLast = 3
[traffic]
minFreePercent = 20
[quota]
reservePercent = 5
reserveMiB = 8`;

const FILL = {
  bytes: (disk: string) => {
    const fd = openSync(join(disk, 'ballast'), 'w');
    untilFull(() => writeSync(fd, Buffer.alloc(64 * 1024, 1)));
    closeSync(fd);
    assert.is(statfsSync(disk).bavail, 0);
  },
  inodes: (disk: string) => {
    let n = 0;
    untilFull(() => {
      n += 1;
      mkdirSync(join(disk, 'ballast', String(n)), { recursive: true });
    });
    assert.is(statfsSync(disk).ffree, 0);
  },
};

function untilFull(act: () => void): void {
  try {
    for (;;) act();
  } catch (error) {
    if (!isErrno(error, 'ENOSPC')) throw error;
  }
}

function journalOf(size: number, salt: string): Journal {
  const entries = Array.from({ length: size }, (_, n) => uidOf(n));
  return new Map(
    entries.map((uid) => [uid, { title: salt, content: `${salt} ${uid}`.repeat(500) }]),
  );
}

const OTHER = serialOf(5);
const UNUSED = serialOf(6);

/** What a teacher or the service itself does: before it what has to be there, and what proves it. */
const ACTS: { name: string; act: (whole: WholeLibrary) => Promise<unknown>; done: Proof }[] = [
  {
    name: 'retire',
    act: (whole) => whole.command('retire', [OTHER]),
    done: ({ library }) => !library.registrations.isActive(OTHER),
  },
  {
    name: 'unretire',
    act: (whole) => whole.command('unretire', [OTHER]),
    done: ({ library }) => library.registrations.isActive(OTHER),
  },
  {
    name: 'approve a key',
    act: (whole) => whole.command('approve', [SERIAL, '123456']),
    done: ({ library }) => library.registrations.get(SERIAL)?.pending.length === 0,
  },
  {
    name: 'forget',
    act: (whole) => whole.command('forget', [UNUSED]),
    done: ({ library }) => !existsSync(inLaptop(library.paths, UNUSED).home),
  },
  {
    name: 'drop',
    act: (whole) => whole.command('drop', [SERIAL]),
    done: ({ library }) => listHeld(library.paths, SERIAL).length === 0,
  },
  {
    name: 'undelete',
    act: (whole) => whole.command('undelete', [SERIAL, removedName(whole)]),
    done: ({ library }) => listTrash(library.paths).length === 0,
  },
  {
    name: "the clock's memory",
    act: async ({ library }) => library.timeline.observe(),
    done: ({ library }) => library.timeline.distrust === '',
  },
  {
    name: 'cleanup',
    act: (whole) => whole.command('cleanup'),
    done: ({ library }) => listSnapshots(library.paths, SERIAL).length < 15,
  },
];
type Proof = (whole: WholeLibrary) => boolean;

function removedName({ library }: WholeLibrary): string {
  return listTrash(library.paths)[0]?.name ?? '';
}

async function prepare(whole: WholeLibrary): Promise<void> {
  const { library, clock } = whole;
  library.registrations.register(OTHER, 'Asha', 'uuid', dsaKey(5));
  library.registrations.register(UNUSED, 'Nobody', 'uuid', dsaKey(6));
  for (let day = 0; day < 15; day += 1) {
    clock.pass(DAY_MS);
    await backUp(whole, journalOf(15, `day ${day}`));
  }
  library.timeline.observe();
  enrol(library.registrations, SERIAL, 'uuid', ed25519(7));
  assert.is((await backUp(whole, new Map())).state, 'held');
}

for (const kind of ['bytes', 'inodes'] as const) {
  rooted(`no ${kind} left`, async () => {
    using disk = smallDisk('size=64m,nr_inodes=4000');
    const clock = testClock('2026-03-02T08:00:00Z');
    await using whole = await openWhole(SETTINGS, { folder: disk.path, clock });
    const { paths, config, env } = whole.library;
    await prepare(whole);
    for (const { name, act, done } of ACTS) {
      await keepReserve(paths, config.quota, env);
      assert.ok(existsSync(join(inLibrary(paths).reserve, 'blocks')), `${name}: a reserve`);
      FILL[kind](disk.path);
      await whole.command('status');
      assert.ok(existsSync(join(inLibrary(paths).reserve, 'blocks')), 'a question needs no room');
      const said = await act(whole).catch((error: Error) => {
        assert.unreachable(`${name}: ${error.message}`);
      });
      assert.ok(done(whole), `${name}: ${JSON.stringify(said)}`);
      if (name !== 'cleanup') rmSync(join(disk.path, 'ballast'), { recursive: true });
    }
    clock.pass(DAY_MS);
    const outcome = await backUp(whole, journalOf(15, 'the day after'));
    assert.is(outcome.state, 'done', 'the disk is still full of what is not ours');
  });
}

test.run();
