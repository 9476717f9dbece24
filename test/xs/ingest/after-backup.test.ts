import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inLaptop } from '../../../xs/storage/paths.ts';
import type { Snapshot } from '../../../xs/storage/snapshots.ts';
import { backUp, type Journal, SERIAL, uidOf } from '../library.ts';
import { openWhole } from '../whole.ts';

const test = suite('what follows a backup');

function journalOf(from: number, to: number): Journal {
  const numbers = Array.from({ length: to - from }, (_, n) => from + n);
  return new Map(numbers.map((n) => [uidOf(n), { title: `${n}`, content: `content ${n}` }]));
}

test('the index knows every snapshot, also those that were held and joined by themselves', async () => {
  await using whole = await openWhole('');
  const told: [number, boolean][] = [];
  const onBackup = ({ sequence }: Snapshot, isHeld: boolean) => void told.push([sequence, isHeld]);
  const library = { context: { ...whole.context, onBackup } };
  const overview = async () => (await whole.library.index.overview())[0];
  await backUp(library, journalOf(0, 40));
  assert.is((await backUp(library, journalOf(100, 103))).state, 'held');
  assert.is((await overview())?.snapshots, 1);
  const all = new Map([...journalOf(0, 40), ...journalOf(100, 103)]);
  assert.is((await backUp(library, all)).state, 'done');
  assert.is((await overview())?.snapshots, 3);
  assert.is((await overview())?.entries, 43);
  assert.equal(told, [
    [1, false],
    [2, true],
    [3, false],
  ]);
});

test('file, index and memory agree on when a Journal was last safe', async () => {
  await using whole = await openWhole('');
  const { library, clock } = whole;
  assert.is(library.successes.stampOf(SERIAL), undefined);
  await backUp(whole, journalOf(0, 2));
  const { time } = JSON.parse(readFileSync(inLaptop(library.paths, SERIAL).lastSuccess, 'utf8'));
  assert.is(time, clock.now().toISOString());
  assert.is((await library.index.overview())[0]?.lastSuccess, time);
  assert.equal(library.successes.stampOf(SERIAL)?.time, clock.now());
});

test('an index that fails does not fail the backup', async () => {
  await using whole = await openWhole('');
  const index = { reindex: () => Promise.reject(new Error('the index is broken')) };
  const library = { context: { ...whole.context, index } };
  assert.is((await backUp(library, journalOf(0, 2))).state, 'done');
  assert.ok(whole.events.some(({ event }) => event === 'index-not-updated'));
});

test.run();
