/**
 * What the server does to its library, each with the named points it passes on the way: for the tests
 * that kill it or fill its disk there. A scene is prepared once and played many times from a copy.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../shared/clock.ts';
import { listPins, listReleased } from '../../xs/pins/pins.ts';
import { listSnapshots } from '../../xs/storage/snapshots.ts';
import { listTrash } from '../../xs/storage/trash.ts';
import { act, inventory, layout, leftovers, liveThrough, liveWithKept, reflashed } from './acts.ts';
import { makeTrees } from './legacy/adopted.ts';
import { backUp, SERIAL, uidOf } from './library.ts';
import { openWhole, type TestClock, testClock, type WholeLibrary } from './whole.ts';

export interface Scene {
  name: string;
  /** Points it passes; `:N` for a later pass. */
  points: string[];
  /** Makes the library as it is before. */
  prepare: (whole: WholeLibrary) => Promise<void>;
  /** What is done and killed: an act and its arguments. */
  act: (whole: WholeLibrary) => string[];
}

export const SCENES: Scene[] = [
  {
    name: 'ingest and promotion',
    points: [
      ...['verified', 'durable', 'pooled', 'pooled:5', 'linked', 'sealed', 'promoted', 'pointed'],
      'emptied',
    ].map((point) => `ingest.${point}`),
    prepare: (whole) => liveThrough(whole, 0, 4),
    act: () => ['backup', '60'],
  },
  {
    name: 'a backup that is held',
    points: ['ingest.sealed', 'ingest.promoted', 'ingest.pointed', 'ingest.emptied'],
    prepare: (whole) => liveThrough(whole, 0, 4),
    act: () => ['reflash'],
  },
  {
    name: 'a whole backup that releases what is held',
    points: ['ingest.promoted', 'held.released', 'ingest.pointed'],
    prepare: async (whole) => {
      await liveThrough(whole, 0, 4);
      whole.clock.pass(DAY_MS);
      await backUp(whole, reflashed());
      whole.clock.pass(DAY_MS);
    },
    act: () => ['backup', '5'],
  },
  {
    name: 'held ones dropped',
    points: ['trash.moved'],
    prepare: async (whole) => {
      await liveThrough(whole, 0, 4);
      await act(whole, 'reflash', []);
    },
    act: () => ['command', 'drop', SERIAL],
  },
  {
    name: 'a release that is taken back',
    points: ['held.again'],
    prepare: async (whole) => {
      await liveThrough(whole, 0, 4);
      await act(whole, 'reflash', []);
      await whole.command('release', [SERIAL]);
    },
    act: () => ['command', 'release', SERIAL, 'undo'],
  },
  {
    name: 'thinning',
    points: [
      ...['trash.moved', 'trash.moved:2', 'trash.moved:5', 'cleanup.discarded'],
      ...['cleanup.discarded:3', 'cleanup.recorded', 'cleanup.done'],
    ],
    prepare: (whole) => liveThrough(whole, 0, 42),
    act: () => ['command', 'cleanup'],
  },
  {
    name: 'emptying the trash',
    points: [
      ...['trash.moved', 'trash.doomed', 'trash.doomed:3', 'reclaim.dropped', 'reclaim.dropped:2'],
      ...['reclaim.removed', 'reclaim.removed:4'],
    ],
    prepare: async (whole) => {
      await liveThrough(whole, 0, 42);
      await whole.command('cleanup');
      whole.clock.pass(8 * DAY_MS);
    },
    act: () => ['command', 'cleanup'],
  },
  {
    name: 'bringing back from the trash',
    points: ['pin.marked', 'trash.moved', 'undelete.moved'],
    prepare: async (whole) => {
      await liveThrough(whole, 0, 42);
      await whole.command('cleanup');
    },
    act: ({ library }) => {
      const [item] = listTrash(library.paths, SERIAL);
      return ['command', 'undelete', SERIAL, item?.name ?? ''];
    },
  },
  {
    name: 'pinning',
    points: ['pin.linked', 'pin.sealed', 'pin.placed', 'pin.durable'],
    prepare: (whole) => liveThrough(whole, 0, 3),
    act: ({ library }) => {
      const [newest] = listSnapshots(library.paths, SERIAL);
      return ['command', 'pin', SERIAL, newest?.name ?? '', uidOf(3)];
    },
  },
  {
    name: 'unpinning',
    points: ['trash.moved', 'unpin.moved'],
    prepare: async (whole) => {
      await liveThrough(whole, 0, 3);
      const [newest] = listSnapshots(whole.library.paths, SERIAL);
      await whole.command('pin', [SERIAL, newest?.name ?? '', uidOf(3)]);
      assert.is(listPins(whole.library.paths, SERIAL).length, 1);
    },
    act: () => ['command', 'unpin', SERIAL, uidOf(3)],
  },
  {
    name: 'unpinning what an older snapshot says is here',
    points: ['unpin.moved'],
    prepare: (whole) => liveWithKept(whole, uidOf(3)),
    act: () => ['command', 'unpin', SERIAL, uidOf(3)],
  },
  {
    name: 'pinning that again',
    points: ['pin.noted'],
    prepare: async (whole) => {
      await liveWithKept(whole, uidOf(3));
      await whole.command('unpin', [SERIAL, uidOf(3)]);
      assert.is(listReleased(whole.library.paths, SERIAL).length, 1);
    },
    act: ({ library }) => {
      const [newest] = listSnapshots(library.paths, SERIAL);
      return ['command', 'pin', SERIAL, newest?.name ?? '', uidOf(3)];
    },
  },
  {
    name: 'offering to the class',
    points: ['class.pinned', 'class.written'],
    prepare: (whole) => liveThrough(whole, 0, 3),
    act: () => ['offer', uidOf(3)],
  },
  {
    name: "a teacher's yes",
    points: ['class.written'],
    prepare: async (whole) => {
      await liveThrough(whole, 0, 3);
      await act(whole, 'offer', [uidOf(3)]);
    },
    act: () => ['say', 'yes'],
  },
  {
    name: 'taking back from the class',
    points: ['class.written', 'trash.moved', 'class.unpinned'],
    prepare: async (whole) => {
      await liveThrough(whole, 0, 3);
      await act(whole, 'offer', [uidOf(3)]);
      await act(whole, 'say', ['yes']);
    },
    act: () => ['take-back', uidOf(3)],
  },
  {
    name: 'retiring a laptop that shows something to the class',
    points: ['class.written'],
    prepare: async (whole) => {
      await liveThrough(whole, 0, 3);
      await act(whole, 'offer', [uidOf(3)]);
      await act(whole, 'say', ['yes']);
    },
    act: () => ['command', 'retire', SERIAL],
  },
  {
    name: 'rebuilding the index',
    points: ['rebuild.cleared', 'rebuild.laptop', 'rebuild.filled'],
    prepare: (whole) => liveThrough(whole, 0, 5),
    act: () => ['command', 'rebuild'],
  },
  {
    name: 'scrub',
    points: ['scrub.read', 'scrub.read:5'],
    prepare: (whole) => liveThrough(whole, 0, 4),
    act: () => ['command', 'scrub'],
  },
  {
    name: 'adoption',
    points: [
      ...['read', 'written', 'durable', 'pooled', 'pooled:3', 'linked', 'sealed', 'aside'],
      ...['promoted', 'promoted:2', 'discarded', 'pointed'],
    ].map((point) => `adopt.${point}`),
    prepare: async ({ library }) => {
      makeTrees(library);
    },
    act: () => ['command', 'adopt', SERIAL],
  },
];

/** Once it is done, asking again is answered so. */
const DONE_ALREADY = new Set(['not-found']);

export interface Prepared {
  folder: string;
  time: number;
  args: string[];
  before: Map<string, string>;
  /** How an undisturbed run leaves it. */
  expected: string[];
}

/** Makes the library of a scene in `folder`, and plays it once undisturbed. */
export async function prepareScene(scene: Scene, folder: string): Promise<Prepared> {
  const clock = testClock('2026-03-02T08:00:00Z');
  const template = join(folder, 'template');
  execFileSync('mkdir', [template]);
  let prepared: Omit<Prepared, 'expected'>;
  {
    await using whole = await openWhole('', { folder: template, clock });
    await scene.prepare(whole);
    const before = inventory(whole.library.paths);
    prepared = { folder: template, time: clock.time, args: scene.act(whole), before };
  }
  const undisturbed = copyOf(prepared, join(folder, 'undisturbed'));
  await using whole = await openWhole('', { folder: undisturbed, clock: clockAt(prepared.time) });
  const [name = '', ...args] = prepared.args;
  await act(whole, name, args);
  return { ...prepared, expected: layout(whole.library.paths) };
}

function clockAt(time: number): TestClock {
  return testClock(new Date(time).toISOString());
}

/** A copy to play it on; hard links stay hard links. */
export function copyOf({ folder }: Pick<Prepared, 'folder'>, to: string): string {
  execFileSync('cp', ['-a', folder, to]);
  return to;
}

/** What was complete is there, or was on its way out of the trash for good. */
function checkNothingLost(whole: WholeLibrary, prepared: Prepared, point: string): void {
  const now = inventory(whole.library.paths);
  const mayGo =
    point.startsWith('reclaim.') || point.startsWith('trash.') || prepared.args[1] === 'cleanup';
  for (const [name, sums] of prepared.before) {
    if (!now.has(name) && mayGo) {
      const listed = prepared.expected.some((line) => line.includes(name));
      assert.not.ok(listed, `${point}: ${name} is gone`);
      continue;
    }
    assert.is(now.get(name), sums, `${point}: ${name} is as it was`);
  }
}

/** Opens what a disturbed run left, and does it again: it ends as if nothing had been. */
export async function recover(prepared: Prepared, folder: string, point: string): Promise<void> {
  await using whole = await openWhole('', { folder, clock: clockAt(prepared.time) });
  checkNothingLost(whole, prepared, point);
  const [name = '', ...args] = prepared.args;
  await act(whole, name, args).catch((error: { code?: string }) => {
    if (!DONE_ALREADY.has(error.code ?? '')) throw error;
  });
  checkNothingLost(whole, prepared, point);
  assert.equal(layout(whole.library.paths), prepared.expected, point);
  assert.equal(leftovers(whole.library.paths), [], point);
}
