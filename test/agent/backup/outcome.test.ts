import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { afterOutcome, type FinalOutcome } from '../../../agent/backup/outcome.ts';
import { parseSnapshotName } from '../../../shared/ids.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { uidOf } from '../journal/journal.ts';

const test = suite("what follows from the server's answer to a completion file");

const snapshot = parseSnapshotName('datastore-2026-11-22_14:05');
const digest = digestOf('state');
const versions = new Map([
  [uidOf(1), digestOf('same')],
  [uidOf(2), digestOf('new')],
]);
const base = { versions: new Map([[uidOf(1), digestOf('same')]]) };
const after = (outcome: unknown, from: typeof base | undefined = base) =>
  afterOutcome(outcome as FinalOutcome, from, versions);

test('done: it is the new base, with all versions that were sent for', () => {
  assert.equal(after({ state: 'done', snapshot, sequence: 4, digest }), {
    type: 'confirm',
    confirmed: { snapshot, sequence: 4, state: digest, versions },
    held: null,
  });
});

test('held: it is the base all the same, with the reason', () => {
  const held = after({ state: 'held', snapshot, sequence: 4, digest, reason: 'shrunk' });
  assert.is(held.type === 'confirm' && held.held, 'shrunk');
});

test('missing: what the base has in this version is damaged on the server', () => {
  const missing = [uidOf(1), uidOf(2)];
  const lost = [uidOf(1)];
  assert.equal(after({ state: 'missing', missing }), { type: 'send-missing', missing, lost });
  const first = afterOutcome({ state: 'missing', missing } as FinalOutcome, undefined, versions);
  assert.equal(first, { type: 'send-missing', missing, lost: [] });
});

test('rebase: the base is learnt again', () => {
  assert.equal(after({ state: 'rebase' }), { type: 'learn-base' });
});

const REFUSALS = [
  ['server-full', 'server-full', false],
  ['bad-input', 'server-refused', true],
  ['over-quota', 'over-quota', false],
  ['busy', 'server-busy', false],
  ['cancelled', 'server-unreachable', false],
  ['internal', 'server-trouble', false],
  ['damaged', 'server-trouble', false],
  ['pending-approval', 'pending-approval', false],
  ['a-word-of-a-newer-server', 'server-refused', false],
] as const;
for (const [code, expected, forgetBase] of REFUSALS) {
  test(`refused with ${code}: the run ends${forgetBase ? ', and the base is forgotten' : ''}`, () => {
    const next = after({ state: 'refused', code, message: 'no' });
    assert.is(next.type, 'give-up');
    if (next.type !== 'give-up') return;
    assert.equal([next.error.code, next.forgetBase], [expected, forgetBase]);
    assert.match(next.error.message, /refuses the backup: no/);
    assert.is(next.error.hint !== undefined, true);
  });
}

test.run();
