// weight: 70
/**
 * The plug is pulled at every named point of what the server does to its library, three times each in a soak:
 * whatever was complete is complete afterwards, the next start takes less than five seconds to
 * be where an undisturbed run would be, and nothing half made remains.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { within } from '../runner/patience.ts';
import { soak } from '../soak.ts';
import { makeActor } from './actor-program.ts';
import { killedAt } from './killed.ts';
import { copyOf, type Prepared, prepareScene, recover, SCENES } from './scenes.ts';

const test = suite('killed at each point of the library');

const RUNS = soak(3, 1);
const RECOVERY_MS = 5000;
const actor = await makeActor();
let killed = 0;
let slowest = 0;

async function kill(prepared: Prepared, folder: string, point: string): Promise<void> {
  await killedAt(point, [actor.path, folder, String(prepared.time), ...prepared.args]);
  killed += 1;
}

for (const scene of SCENES) {
  test(`${scene.name}: ${scene.points.length} points`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ds-kill-'));
    try {
      const prepared = await prepareScene(scene, folder);
      for (const point of scene.points) {
        for (let run = 0; run < RUNS; run += 1) {
          const copy = copyOf(prepared, join(folder, 'run'));
          await kill(prepared, copy, point);
          const start = performance.now();
          await recover(prepared, copy, point);
          slowest = Math.max(slowest, performance.now() - start);
          rmSync(copy, { recursive: true });
        }
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

test('every recovery was quick', async () => {
  const points = SCENES.reduce((sum, { points: { length } }) => sum + length, 0);
  const seconds = (slowest / 1000).toFixed(2);
  console.log(`${points} points, ${killed} kills, slowest recovery ${seconds} s`);
  await within('the slowest recovery', RECOVERY_MS, slowest);
  assert.is(killed, points * RUNS);
});

test.after(() => actor[Symbol.dispose]());
test.run();
