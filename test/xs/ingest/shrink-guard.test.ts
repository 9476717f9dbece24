import { writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Digest, Uid } from '../../../shared/ids.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import {
  formatHeldNote,
  type GuardVerdict,
  judgeShrink,
  readHeldNote,
  withPinned,
} from '../../../xs/ingest/shrink-guard.ts';
import { inSnapshot } from '../../../xs/storage/paths.ts';
import { temporaryFolder } from '../../shared/folder.ts';
import { uidOf } from '../library.ts';

const test = suite('whether a Journal lost most of what it had');
const folder = temporaryFolder(test);

const RULES = { lostPercent: 50, minEntries: 10 };

function size(from: number, to: number, bytes: number, salt = '') {
  const versions = new Map<Uid, Digest>();
  for (let n = from; n < to; n += 1) versions.set(uidOf(n), digestOf(`${n}${salt}`));
  return { versions, bytes };
}

const CASES: [string, ReturnType<typeof size>, ReturnType<typeof size>, string][] = [
  ['nothing lost', size(0, 100, 1000), size(0, 100, 1000), 'passes'],
  ['half lost', size(0, 100, 1000), size(0, 50, 600), 'passes'],
  ['more than half lost', size(0, 100, 1000), size(0, 49, 900), 'entries-lost'],
  ['all replaced by as many others', size(0, 100, 1000), size(200, 300, 1000), 'entries-lost'],
  ['a small Journal tidied up', size(0, 12, 1000), size(0, 3, 800), 'passes'],
  ['a small Journal lost ten', size(0, 12, 1000), size(0, 2, 800), 'entries-lost'],
  ['the only entry deleted', size(0, 1, 1000), size(0, 0, 0), 'empty'],
  ['everything gone', size(0, 500, 1e6), size(0, 0, 0), 'empty'],
  ['empty as before', size(0, 0, 0), size(0, 0, 0), 'passes'],
  ['the large video deleted', size(0, 100, 1e9), size(0, 99, 1e6), 'passes'],
  ['every content emptied', size(0, 100, 1e6), size(0, 100, 1e3, 'changed'), 'bytes-lost'],
  ['grown', size(0, 100, 1000), size(0, 400, 9000), 'passes'],
];

for (const [what, before, after, expected] of CASES) {
  test(`${what}: ${expected}`, () => {
    const verdict: GuardVerdict = judgeShrink(before, after, RULES);
    assert.is(verdict.hold ? verdict.reason : 'passes', expected);
  });
}

test('the thresholds can be set', () => {
  const [before, after] = [size(0, 100, 1000), size(0, 40, 900)];
  assert.ok(judgeShrink(before, after, RULES).hold);
  assert.not.ok(judgeShrink(before, after, { ...RULES, lostPercent: 70 }).hold);
  assert.not.ok(judgeShrink(before, after, { ...RULES, minEntries: 61 }).hold);
});

test('content that is pinned in another version is not lost, and what is gone is', () => {
  const [before, after] = [size(0, 100, 1e6), size(0, 100, 1e3, 'changed')];
  const pin = (n: number) => ({ uid: uidOf(n), digest: digestOf('x'), bytes: 6e5 });
  assert.not.ok(judgeShrink(before, withPinned(after, [pin(1)]), RULES).hold);
  const gone = withPinned(after, [pin(500)]);
  assert.ok(judgeShrink(before, gone, RULES).hold, 'a pin of an entry that is gone is no excuse');
});

test('a first backup is never held', () => {
  assert.equal(judgeShrink(undefined, size(0, 0, 0), RULES), { hold: false });
});

test('the amounts count to the byte and to the entry', () => {
  const [before, half] = [size(0, 100, 1000), size(0, 100, 500, 'changed')];
  assert.not.ok(judgeShrink(before, half, RULES).hold);
  assert.equal(judgeShrink(before, { ...half, bytes: 499 }, RULES), {
    ...{ hold: true, reason: 'bytes-lost', detail: '1000 bytes became 499' },
  });
  const touched = (count: number) => {
    const versions = new Map([
      ...size(0, 100, 0).versions,
      ...size(0, count, 0, 'changed').versions,
    ]);
    return judgeShrink(before, { versions, bytes: 1 }, RULES).hold;
  };
  assert.equal([touched(9), touched(10)], [false, true]);
  assert.equal(judgeShrink(size(0, 1, 9), size(0, 0, 0), RULES), {
    ...{ hold: true, reason: 'empty', detail: 'none of 1 entries is left' },
  });
});

test('a pin of the very version that is there counts once', () => {
  const { versions, bytes } = size(0, 2, 10);
  const pin = { uid: uidOf(1), digest: versions.get(uidOf(1)) as Digest, bytes: 5 };
  assert.is(withPinned({ versions, bytes }, [pin]).bytes, 10);
  assert.is(withPinned({ versions, bytes }, [{ ...pin, digest: digestOf('old') }]).bytes, 15);
});

test('why it is held is read back; without a note nothing else is known than that it is half-made', () => {
  const verdict = judgeShrink(size(0, 100, 1000), size(0, 0, 0), RULES);
  if (!verdict.hold) throw new Error('not held');
  const { held } = inSnapshot(folder);
  assert.is(readHeldNote(folder).reason, 'half-made');
  writeFileSync(held, formatHeldNote(verdict));
  assert.equal(readHeldNote(folder), { reason: 'empty', detail: 'none of 100 entries is left' });
  writeFileSync(held, '{"reason":1}');
  assert.equal(readHeldNote(folder), {
    ...{ reason: 'half-made', detail: 'the program that made it was interrupted' },
  });
});

test.run();
