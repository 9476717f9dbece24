// weight: 35
/**
 * The plug is pulled while the server changes its library, at the moment it says "done" and at random ones, on
 * disks that lose what they were not told to flush. What was complete is complete afterwards, what was done is
 * done, and done again it ends as if nothing had been.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type FileSystem,
  fileSystems,
  mountDisk,
  syncDisk,
  unmount,
} from '../power/file-systems.ts';
import { folderForDisks } from '../power/folder.ts';
import { LoggedDisk, type Moment, now, type Unflushed } from '../power/logged-disk.ts';
import { inOwnMounts } from '../power/own-mounts.ts';
import { missingFrom, type Standing, standingIn } from '../power/standing.ts';
import { testIf } from '../runner/skip.ts';
import { stopped } from '../school/mortal.ts';
import { seeded } from '../shared/random.ts';
import { soak } from '../soak.ts';
import { makeActor } from './actor-program.ts';
import { layout } from './acts.ts';
import { CUT_SCENES } from './cut-scenes.ts';
import { copyOf, type Prepared, prepareScene, recover, type Scene } from './scenes.ts';
import { openWhole } from './whole.ts';

const canMount = inOwnMounts();
const test = suite('power cuts of the server');
const rooted = testIf(canMount, test, 'a file system is mounted and cut off, which needs root');

const SEED = Number(process.env.DS_BACKUP_SEED ?? 18);
/** Besides the moment at which it is done. */
const RANDOM_CUTS = soak(3, 0);
/** In the suite; the others have their turn in a soak. */
const SOME = [
  'a whole backup that releases what is held',
  "a mirror of the original client's",
  'an alias',
];
const actor = canMount ? await makeActor() : undefined;
let images = 0;

/**
 * What may be otherwise than it was when the act was done, since it loses nothing: the index is a cache; what was
 * removed comes back and goes again; content has its name in the pool, and its rights, from the next check on; the
 * folders that sessions write to are made at each start.
 */
const MAY_DIFFER = [
  /^config\.toml:/,
  /^state\/xs\.db/,
  /^library\/[^/]+\/incoming\/.* was removed$/,
  /^library\/[^/]+\/pinned\/[^/]+: folder .* was removed$/,
  /^library\/[^/]+\/(?:held\/)?datastore-[^/]+\/HELD: .* was removed$/,
  /^library\/\.(?:doomed|pool)\b/,
  /^completion\/\.drop\/[^/]+: nothing, was folder/,
  /bytes (\w+), 6\d\d, was \d+ bytes \1, 440$/,
];

interface Cut {
  moment: Moment;
  unflushed: Unflushed;
  /** What stood there when the act was done; for a cut on the way nothing is promised yet. */
  done?: Standing;
}

/** Plays it on a disk that remembers; resolves when it is done. */
async function play(prepared: Prepared, live: string): Promise<{ end: Moment; done: Standing }> {
  const words = [actor?.path ?? '', live, String(prepared.time), ...prepared.args];
  const env = { ...process.env, HOLD: '1' };
  const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let end: Moment | undefined;
  for await (const line of createInterface(child.stdout)) {
    if (!line.startsWith('done ')) continue;
    end = BigInt(line.slice('done '.length));
    break;
  }
  assert.ok(end !== undefined, 'it was not done');
  await stopped({ pid: child.pid ?? 0, running: () => child.exitCode === null });
  const done = standingIn(live);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('close', resolve));
  return { end, done };
}

async function judge({ done }: Cut, folder: string, prepared: Prepared, what: string) {
  if (done) {
    const differs = missingFrom(standingIn(folder), done);
    const wrong = differs.filter((line) => !MAY_DIFFER.some((may) => may.test(line)));
    assert.equal(wrong, [], what);
    const { library, state, completion } = pathsIn(folder);
    assert.equal(layout({ library, state, completion }), prepared.expected, `${what}: it was done`);
  }
  await recover(prepared, folder, what);
  await using whole = await openWhole('', { folder });
  assert.match(await whole.command('scrub', [], { all: true }), /no damage/, what);
}

const pathsIn = (folder: string) => ({
  library: join(folder, 'library'),
  state: join(folder, 'state'),
  completion: join(folder, 'completion'),
});

async function cutAll(kind: FileSystem, scene: Scene, seed: number): Promise<void> {
  const folder = folderForDisks();
  const [image, place] = [join(folder, 'image'), join(folder, 'after')];
  mkdirSync(place);
  try {
    const random = seeded(seed);
    const prepared = await prepareScene(scene, folder);
    await using disk = await LoggedDisk.start(join(folder, 'logged'), kind);
    const live = copyOf(prepared, join(disk.path, 'run'));
    syncDisk(disk.path);
    const start = now();
    const { end, done } = await play(prepared, live);
    const cuts: Cut[] = [{ moment: end, unflushed: 'lost', done }];
    for (let n = 0; n < RANDOM_CUTS; n += 1) {
      const moment = start + BigInt(random.below(Number(end - start)));
      cuts.push({ moment, unflushed: random.pick(['lost', 'some', 'kept'] as const) });
    }
    for (const [n, cut] of cuts.entries()) {
      const after = `${(cut.moment - start) / 1_000_000n} of ${(end - start) / 1_000_000n} ms`;
      const what = `seed ${seed}, cut ${n} after ${after}, what was not flushed is ${cut.unflushed}`;
      disk.cutAt(cut.moment, image, cut.unflushed, random);
      mountDisk(kind, image, place);
      try {
        await judge(cut, join(place, 'run'), prepared, what);
      } finally {
        unmount(place);
      }
      images += 1;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const kinds = canMount ? fileSystems() : [];
for (const [k, kind] of kinds.entries()) {
  for (const [n, scene] of CUT_SCENES.entries()) {
    const inSuite = SOME.indexOf(scene.name) % kinds.length === k;
    if (!soak(true, inSuite)) continue;
    rooted(`${kind.name}: ${scene.name}`, () => cutAll(kind, scene, SEED + n));
  }
}

rooted('all were judged', () => {
  console.log(`${images} images`);
  assert.ok(images >= soak(100, 1));
});

test.after(() => actor?.[Symbol.dispose]());
test.run();
