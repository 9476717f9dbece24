// weight: 6
/** A child moves by a restic repository that both schools reach. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { initOffsite } from '../../../xs/offsite/offsite.ts';
import { inLibrary } from '../../../xs/storage/paths.ts';
import { testIf } from '../../runner/skip.ts';
import { refusedLater } from '../../shared/refused.ts';
import { inventory } from '../acts.ts';
import { SERIAL } from '../library.ts';
import { serialOf } from '../whole.ts';
import { OLDER, transfer, twoSchools } from './schools.ts';

const test = suite('a move by a repository');
const withRestic = testIf(existsSync('/usr/bin/restic'), test, 'restic is not installed');

withRestic('all arrives, and nothing is left on the way', async () => {
  const away = mkdtempSync(join(tmpdir(), 'ds-away-'));
  try {
    const file = join(away, 'password');
    writeFileSync(file, 'shared by both');
    const setting = `[offsite]\nrepository = "${away}/r"\npasswordFile = "${file}"\n`;
    await using schools = await twoSchools(setting);
    const { from, to } = schools;
    await initOffsite(from.library);
    const sums = [SERIAL, OLDER].map((one) => inventory(from.library.paths, one));
    await transfer(from, ['out', SERIAL, 'repository']);
    assert.not(existsSync(inLibrary(from.library.paths).leaving(SERIAL)));
    await refusedLater(transfer(to, ['in', 'repository', serialOf(50)]), 'program-failed');
    await transfer(to, ['in', 'repository', SERIAL]);
    assert.equal(readdirSync(inLibrary(to.library.paths).arrivals).sort(), ['.lock', SERIAL]);
    await to.command('arrivals', [SERIAL, 'welcome']);
    assert.equal(
      [SERIAL, OLDER].map((one) => inventory(to.library.paths, one)),
      sums,
    );
  } finally {
    rmSync(away, { recursive: true, force: true });
  }
});

test.run();
