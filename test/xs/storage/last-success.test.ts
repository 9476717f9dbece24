import { mkdirSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseDigest } from '../../../shared/ids.ts';
import { silentLog } from '../../../shared/log.ts';
import { temporaryBeside } from '../../../shared/system/files.ts';
import { openLastSuccesses, readLastSuccess } from '../../../xs/storage/last-success.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { makeLibrary, SERIAL } from '../library.ts';
import { momentAfter } from '../retention/aged.ts';

const test = suite('the last success of a laptop');

/** How many temporary files this process has named so far. */
const writesSoFar = () => Number(/\.(\d+)\.tmp$/.exec(temporaryBeside('/x'))?.[1]);

test('of notes that come faster than the disk, the first and the latest are written, and the latest stays', async () => {
  using library = makeLibrary();
  const { paths } = library;
  mkdirSync(inLaptop(paths, SERIAL).home, { recursive: true });
  const index = { recordSuccess: async () => {} };
  const successes = openLastSuccesses(paths, [], index, silentLog);
  const state = parseDigest('a'.repeat(64));
  const before = writesSoFar();
  const notes = Array.from({ length: 200 }, (_, sequence) =>
    successes.note({ serial: SERIAL, sequence, state }, momentAfter(sequence)),
  );
  await notes[0];
  assert.is(readLastSuccess(paths, SERIAL)?.sequence, 0);
  await Promise.all(notes);
  assert.is(writesSoFar() - before - 1, 2);
  assert.is(readLastSuccess(paths, SERIAL)?.sequence, 199);
  await successes.note({ serial: SERIAL, sequence: 200, state }, momentAfter(200));
  assert.is(readLastSuccess(paths, SERIAL)?.sequence, 200);
});

test.run();
