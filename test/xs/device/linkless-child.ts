/**
 * A library with a backup on a file system without hard links: it starts, says so for as long as that is so, and
 * shows what there is. Ends with an error when it does not. Runs with the library of shim.c.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { supervise } from '../../../xs/chores/supervision.ts';
import { newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { LINKLESS_NAMES, setRule } from '../../agent/errno/rule.ts';
import { waitFor } from '../../runner/patience.ts';
import { drawings } from '../integrity/damage-library.ts';
import { backUp, SERIAL } from '../library.ts';
import { openWhole } from '../whole.ts';

const rule = process.env.DS_ERRNO_RULE ?? '';
const folder = mkdtempSync(join(tmpdir(), 'ds-linkless-'));
/** Supervision looks so often, in milliseconds. */
const LOOK_MS = 5;

try {
  {
    await using whole = await openWhole('', { folder });
    await backUp(whole, drawings(3));
  }
  for (const errno of LINKLESS_NAMES) {
    setRule(rule, ['link', `${folder}/library`], errno);
    await using whole = await openWhole('', { folder });
    const { library } = whole;
    const isTold = () =>
      library.faults
        .list()
        .map(({ part, reason }) => `${part}: ${reason}`)
        .join() === `library: the file system has no hard links: ${library.paths.library}`;
    assert.ok(isTold(), `${errno}: ${JSON.stringify(library.faults.list())}`);
    assert.ok(newestSnapshot(library.paths, SERIAL), errno);
    assert.match(await whole.command('status'), /library \(the file system has no hard links/);
    using _watched = supervise(library, undefined, LOOK_MS);
    await new Promise((resolve) => setTimeout(resolve, 40 * LOOK_MS));
    assert.ok(isTold(), `${errno} is forgotten`);
    setRule(rule);
    await waitFor('the fault to go', () => library.faults.list().length === 0);
    const left = readdirSync(library.paths.library).filter((name) => name.startsWith('.links'));
    assert.equal(left, []);
    assert.is(whole.events.filter(({ event }) => event === 'does-not-work').length, 1);
  }
} finally {
  setRule(rule);
  rmSync(folder, { recursive: true, force: true });
}
