// weight: 50
/**
 * The disk is full from each named point on: what the server is doing stops with a clear error
 * or gets by, nothing that was complete is lost, and with room again it ends as if nothing had been.
 * The process is stopped at the point, the disk (a small tmpfs) is filled, and it goes on.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isErrno } from '../../shared/errors.ts';
import { testIf } from '../runner/skip.ts';
import { stopped } from '../school/mortal.ts';
import { makeActor } from './actor-program.ts';
import { copyOf, type Prepared, prepareScene, recover, SCENES } from './scenes.ts';
import { smallDisk } from './small-disk.ts';

const test = suite('the disk is full from each point of the library on');

const runsAsRoot = process.getuid?.() === 0;
const rooted = testIf(
  runsAsRoot,
  test,
  'the tests of full disks mount small file systems, which needs root',
);

const actor = await makeActor();
let filled = 0;
let failed = 0;

/** Takes every block that is left. */
function fill(disk: string): void {
  const fd = openSync(join(disk, 'ballast'), 'w');
  const block = Buffer.alloc(64 * 1024, 1);
  try {
    for (;;) writeSync(fd, block);
  } catch (error) {
    if (!isErrno(error, 'ENOSPC')) throw error;
  } finally {
    closeSync(fd);
  }
  assert.is(statfsSync(disk).bavail, 0);
}

/** Plays a scene with a disk that is full from one point on. */
async function play(prepared: Prepared, disk: string, folder: string, point: string) {
  const args = [actor.path, folder];
  const child = spawn(process.execPath, [...args, String(prepared.time), ...prepared.args], {
    env: { ...process.env, DS_BACKUP_FAILPOINT: `${point},stop` },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (piece: Buffer) => {
    stderr += piece.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const { pid = 0 } = child;
  await stopped({ pid, running: () => child.exitCode === null }).catch(() => {
    throw new Error(`${point} was passed: ${stderr}`);
  });
  filled += 1;
  fill(disk);
  child.kill('SIGCONT');
  const exitCode = await ended;
  rmSync(join(disk, 'ballast'));
  if (exitCode === 0) return;
  failed += 1;
  assert.match(
    stderr,
    /ENOSPC|no space left|SQLITE_FULL|disk is full|cannot use the database/i,
    point,
  );
}

for (const scene of SCENES) {
  rooted(`${scene.name}: ${scene.points.length} points`, async () => {
    using disk = smallDisk('size=48m');
    const prepared = await prepareScene(scene, disk.path);
    for (const point of scene.points) {
      const copy = copyOf(prepared, join(disk.path, 'run'));
      await play(prepared, disk.path, copy, point);
      await recover(prepared, copy, point);
      rmSync(copy, { recursive: true });
    }
  });
}

rooted('the disk was full where it mattered', () => {
  console.log(`full from ${filled} points on: ${failed} runs failed clearly, the others got by`);
  assert.ok(failed >= 10, `${failed} of ${filled} runs noticed`);
});

test.after(() => actor[Symbol.dispose]());
test.run();
