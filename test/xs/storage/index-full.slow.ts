/**
 * The disk of the state takes nothing while the service runs: the index goes on, somebody is told, and it is on the
 * disk again when there is room.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openDb } from '../../../shared/system/db.ts';
import { supervise } from '../../../xs/chores/supervision.ts';
import { inState } from '../../../xs/storage/paths.ts';
import { waitFor } from '../../runner/patience.ts';
import { testIf } from '../../runner/skip.ts';
import { drawings } from '../integrity/damage-library.ts';
import { backUp, SERIAL } from '../library.ts';
import { fillDisk, smallDisk } from '../small-disk.ts';
import { openWhole } from '../whole.ts';

const test = suite('the disk of the index is full');
const rooted = testIf(process.getuid?.() === 0, test, 'mounting a small disk needs root');

rooted(
  'it answers what is so, a fault is told, and it is made anew when there is room',
  async () => {
    using disk = smallDisk('size=4m');
    const folder = mkdtempSync(join(tmpdir(), 'ds-index-'));
    try {
      mkdirSync(join(disk.path, 'state'));
      symlinkSync(join(disk.path, 'state'), join(folder, 'state'));
      await using whole = await openWhole('', { folder });
      const { index, faults, paths } = whole.library;
      await backUp(whole, drawings(3));
      const ballast = join(disk.path, 'ballast');
      fillDisk(ballast);
      // Until the room that the journal already has is used up.
      for (let n = 4; faults.list().length === 0 && n < 40; n += 1) {
        await backUp(whole, drawings(n));
      }
      assert.equal(
        faults.list().map(({ part }) => part),
        ['index'],
      );
      const before = (await index.overview())[0];
      await backUp(whole, drawings(50));
      const after = (await index.overview())[0];
      assert.is(after?.snapshots, Number(before?.snapshots) + 1, 'what is so now');
      assert.match(await whole.command('status'), /Part of this server does not work.*index/);

      rmSync(ballast);
      using _watched = supervise(whole.library, () => true, 20);
      await waitFor('the index on the disk', () => faults.list().length === 0);
      await backUp(whole, drawings(51));
      assert.is((await index.overview())[0]?.snapshots, Number(after?.snapshots) + 1);
      assert.not(existsSync(`${inState(paths).database}.new`));
      await using other = await openDb(inState(paths).database, ['', '', '', '', '']);
      const rows = await other.all<{ name: string }>(
        'SELECT name FROM snapshot WHERE serial = ?',
        SERIAL,
      );
      assert.is(rows.length, Number(after?.snapshots) + 1, 'on the disk');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

test.run();
