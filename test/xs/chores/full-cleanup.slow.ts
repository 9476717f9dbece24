// weight: 5
/** A cleanup on a disk without a single free block, and without a reserve: it can do nothing, and says the way out. */
import {
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isErrno } from '../../../shared/errors.ts';
import { Cleanup } from '../../../shared/system/cleanup.ts';
import { concerns } from '../../../xs/admin/concerns.ts';
import { readStatus } from '../../../xs/admin/status.ts';
import { testIf } from '../../runner/skip.ts';
import { refusedLater } from '../../shared/refused.ts';
import { backUp, uidOf } from '../library.ts';
import { smallDisk } from '../small-disk.ts';
import { openWhole } from '../whole.ts';

const test = suite('a cleanup on a full disk');
const rooted = testIf(
  process.getuid?.() === 0,
  test,
  'a small file system is mounted, which needs root',
);

function fill(file: string): void {
  const fd = openSync(file, 'w');
  try {
    for (;;) writeSync(fd, Buffer.alloc(64 * 1024, 1));
  } catch (error) {
    if (!isErrno(error, 'ENOSPC')) throw error;
  } finally {
    closeSync(fd);
  }
}

rooted('it fails, names the full disk, and never asks whether the date is right', async () => {
  using disk = smallDisk('size=24m');
  const folder = mkdtempSync(join(tmpdir(), 'ds-full-'));
  await using cleanup = new Cleanup();
  cleanup.defer(() => rmSync(folder, { recursive: true }));
  // The index and the sockets are on another disk, as in most schools.
  symlinkSync(disk.path, join(folder, 'library'));
  const whole = cleanup.use(await openWhole('', { folder }));
  await backUp(whole, new Map([[uidOf(1), { title: 'a', content: 'b' }]]));
  const ballast = join(disk.path, 'ballast');
  fill(ballast);
  assert.is(statfsSync(disk.path).bavail, 0);
  const error = await refusedLater(
    whole.command('cleanup'),
    'server-full',
    /nothing is removed.*ENOSPC/,
  );
  assert.match(error.hint ?? '', /"df -h"/);
  assert.not.match(`${error.message} ${error.hint}`, /date|trust/);
  const open = concerns(await readStatus(whole.library));
  assert.not.ok(
    open.some(({ type }) => type === 'clock'),
    'the clock is right',
  );
  assert.match(
    JSON.stringify(open.find(({ type }) => type === 'faults')),
    /time cannot be noted.*ENOSPC/,
  );
  rmSync(ballast);
  assert.match(await whole.command('cleanup'), /^0 moved to the trash/m);
  assert.not.ok(concerns(await readStatus(whole.library)).some(({ type }) => type === 'faults'));
});

test.run();
