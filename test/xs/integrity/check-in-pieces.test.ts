/** Work that goes over all laptops lets others have their turn, also where each laptop is done in no time. */
import { mkdirSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { clearLibraryInPieces } from '../../../xs/integrity/clear-way.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { countSteps } from '../../shared/turns.ts';
import { openWhole, serialOf } from '../whole.ts';

const test = suite('the daily check in pieces');

const LAPTOPS = 300;

test('the daily check of hundreds of laptops lets the event loop turn', async () => {
  await using whole = await openWhole('');
  const { paths, checker } = whole.library;
  for (let n = 0; n < LAPTOPS; n += 1) mkdirSync(inLaptop(paths, serialOf(n)).home);
  using steps = countSteps();
  await checker.checkAll(undefined, { onLaptop: steps.step });
  assert.ok(steps.all >= LAPTOPS);
  assert.ok(steps.most < LAPTOPS / 2, `${steps.most} laptops were checked in one go`);
});

test("so does the look at all laptops' folders before it", async () => {
  await using whole = await openWhole('');
  const { paths } = whole.library;
  for (let n = 0; n < LAPTOPS; n += 1) mkdirSync(inLaptop(paths, serialOf(n)).home);
  let pauses = 0;
  await clearLibraryInPieces(paths, async () => {
    pauses += 1;
  });
  assert.ok(pauses >= LAPTOPS, `${pauses} pauses`);
});

test.run();
