/** What the shares are worked out from is asked of the disk once a laptop, not once a question. */
import { rmSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FirstDays } from '../../../xs/retention/first-days.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { backUp, makeLibrary, SERIAL, uidOf } from '../library.ts';

const test = suite('since when a laptop has backups');

const LATER = new Date('2036-12-01T00:00:00Z');

test('a laptop is looked at once, and once more after a change', async () => {
  using library = makeLibrary();
  const days = new FirstDays(library.paths);
  assert.is(days.since(SERIAL, LATER), undefined);
  await backUp(library, new Map([[uidOf(1), { title: 'a', content: 'a' }]]));
  assert.is(days.since(SERIAL, LATER), undefined, 'nobody has said that it changed');
  days.changed(SERIAL);
  const since = days.since(SERIAL, LATER);
  assert.ok(since !== undefined && since > 0);
  rmSync(inLaptop(library.paths, SERIAL).home, { recursive: true });
  assert.is(days.since(SERIAL, LATER), since, 'the disk is not asked');
  days.changed();
  assert.is(days.since(SERIAL, LATER), undefined);
});

test.run();
