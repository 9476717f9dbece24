// time limit: 500 s
/**
 * The plug is pulled at every named point of what the server does to its library, three times each
 * (E3): whatever was complete is complete afterwards, the next start takes less than five seconds to
 * be where an undisturbed run would be, and nothing half made remains.
 */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { listPins } from '../../xs/pins.ts';
import { listSnapshots } from '../../xs/snapshots.ts';
import { listTrash } from '../../xs/trash.ts';
import { act, inventory, layout, leftovers, liveThrough, reflashed } from './acts.ts';
import { backUp, SERIAL, uidOf } from './library.ts';
import { DAY_MS, openWhole, type TestClock, testClock, type WholeLibrary } from './whole.ts';

const test = suite('E3: killed at each point of the library, three times');

const RUNS = 3;
const RECOVERY_MS = 5000;

interface Scene {
  name: string;
  /** Points it passes; `:N` for a later pass. */
  points: string[];
  /** Makes the library as it is before. */
  prepare: (whole: WholeLibrary) => Promise<void>;
  /** What is done and killed: an act and its arguments. */
  act: (whole: WholeLibrary) => string[];
}

const SCENES: Scene[] = [
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
    name: 'rebuilding the index',
    points: ['rebuild.cleared', 'rebuild.laptop', 'rebuild.filled'],
    prepare: (whole) => liveThrough(whole, 0, 5),
    act: () => ['command', 'rebuild'],
  },
];

/** Once it is done, asking again is answered so. */
const DONE_ALREADY = new Set(['not-found']);

interface Prepared {
  folder: string;
  time: number;
  args: string[];
  before: Map<string, string>;
  /** How an undisturbed run leaves it. */
  expected: string[];
}

async function prepare(scene: Scene, folder: string): Promise<Prepared> {
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

function copyOf({ folder }: Pick<Prepared, 'folder'>, to: string): string {
  execFileSync('cp', ['-a', folder, to]);
  return to;
}

async function kill(prepared: Prepared, folder: string, point: string): Promise<void> {
  const args = ['--import', 'tsx', join(import.meta.dirname, 'actor.ts'), folder];
  const child = spawn(process.execPath, [...args, String(prepared.time), ...prepared.args], {
    env: { ...process.env, DS_BACKUP_FAILPOINT: point },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (piece: Buffer) => {
    stderr += piece.toString();
  });
  const signal = await new Promise((resolve) => child.once('close', (_code, by) => resolve(by)));
  assert.is(signal, 'SIGKILL', `${point} was passed: ${stderr}`);
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

async function killedOnce(prepared: Prepared, folder: string, point: string): Promise<number> {
  copyOf(prepared, folder);
  try {
    await kill(prepared, folder, point);
    const start = performance.now();
    await using whole = await openWhole('', { folder, clock: clockAt(prepared.time) });
    checkNothingLost(whole, prepared, point);
    const [name = '', ...args] = prepared.args;
    await act(whole, name, args).catch((error: { code?: string }) => {
      if (!DONE_ALREADY.has(error.code ?? '')) throw error;
    });
    const ms = performance.now() - start;
    checkNothingLost(whole, prepared, point);
    assert.equal(layout(whole.library.paths), prepared.expected, point);
    assert.equal(leftovers(whole.library.paths), [], point);
    return ms;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

let killed = 0;
let slowest = 0;

for (const scene of SCENES) {
  test(`${scene.name}: ${scene.points.length} points`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ds-kill-'));
    chmodSync(folder, 0o711);
    try {
      const prepared = await prepare(scene, folder);
      for (const point of scene.points) {
        for (let run = 0; run < RUNS; run += 1) {
          const ms = await killedOnce(prepared, join(folder, 'run'), point);
          slowest = Math.max(slowest, ms);
          killed += 1;
        }
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

test('every recovery was quick', () => {
  const points = SCENES.reduce((sum, { points: { length } }) => sum + length, 0);
  console.log(
    `${points} points, ${killed} kills, slowest recovery ${(slowest / 1000).toFixed(2)} s`,
  );
  assert.ok(slowest < RECOVERY_MS, `${slowest} ms`);
});

test.run();
