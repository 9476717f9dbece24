import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf } from '../../../shared/journal/entry.ts';
import { MAX_ENTRIES, stateDigest, stateDigestInPieces } from '../../../shared/journal/sums.ts';
import type { Completion } from '../../../shared/protocol/messages.ts';
import { openCompletion } from '../../../xs/ingest/completion-file.ts';
import { refusedLater } from '../../shared/refused.ts';
import { completionFor, makeLibrary, SERIAL, uidOf } from '../library.ts';

const test = suite('a completion file is read in pieces');

const DIGEST = digestOf('x');

/** Reads a completion with these fields; counts the pauses, and how long the longest stretch between two was. */
async function read(change: (one: Completion) => object) {
  using library = makeLibrary();
  const completion = { ...completionFor(library, new Map()) };
  const path = join(library.paths.completion, 'claimed');
  const sent = { ...completion, ...change(completion) };
  writeFileSync(path, JSON.stringify(sent));
  let pauses = 0;
  const rest = async () => {
    pauses += 1;
  };
  const { arrival } = await openCompletion(library.context, SERIAL, path, { spend: rest, rest });
  return { sent, read: arrival.completion, pauses };
}

const changed = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => [uidOf(from + n), DIGEST] as const);

test('the longest list is read as it was sent, and others have a turn after each thousand', async () => {
  const [many, gone] = [changed(MAX_ENTRIES - 1500), changed(1500, MAX_ENTRIES)];
  const removed = gone.map(([uid]) => uid);
  const { sent, read: found, pauses } = await read(() => ({ changed: many, removed }));
  assert.equal(found, sent);
  assert.ok(pauses >= 49, `${pauses} pauses`);
});

test('a list that is wrong in any piece is refused as a whole', async () => {
  for (const [lists, why] of [
    [{ changed: [...changed(3000), ...changed(1)] }, /more than once/],
    [{ changed: changed(3000), removed: [uidOf(1)] }, /more than once/],
    [{ changed: [...changed(3000), ['..', DIGEST]] }, /changed\.0\.0/],
    [{ removed: [...Array(2500).fill(uidOf(1)), null] }, /removed|more than once/],
    [{ changed: changed(MAX_ENTRIES + 1) }, /more than 50000 entries/],
    [{ changed: {} }, /changed/],
    [{ changed: changed(3000), agent: 7 }, /agent/],
    [{ changed: changed(3000), more: 1 }, /more/],
  ] as const) {
    await refusedLater(
      read(() => lists),
      'bad-input',
      why,
    );
  }
});

test('the digest of a list is the same in pieces', async () => {
  for (const count of [0, 1, 2000, 2001, 7000]) {
    const versions = new Map(changed(count).reverse());
    let pauses = 0;
    const digest = await stateDigestInPieces(versions, async () => {
      pauses += 1;
    });
    assert.is(digest, stateDigest(versions));
    assert.is(pauses, Math.ceil(count / 2000));
  }
});

test.run();
