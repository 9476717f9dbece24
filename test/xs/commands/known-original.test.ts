/**
 * A school that was flashed again: the laptops of the original program come with new keys, and a stranger's
 * keys are among them.
 */
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { parsePublicKey } from '../../../shared/ssh/ssh-key.ts';
import { AuthorizedKeys } from '../../../xs/registration/authorized-keys.ts';
import { inState } from '../../../xs/storage/paths.ts';
import { backUp, ed25519, enrol, uidOf } from '../library.ts';
import { dsaKey, openWhole, serialOf, type WholeLibrary } from '../whole.ts';

const JOURNAL = new Map([[uidOf(1), { title: 'a', content: 'a' }]]);

const test = suite('approve --all-known-original');

/** Laptops 1 to 6 with a backup each, flashed a day later; and what waits for each then. */
async function flashed(): Promise<WholeLibrary> {
  const whole = await openWhole();
  const { library, context, clock } = whole;
  const { registrations } = library;
  for (const n of [1, 2, 3, 4, 5, 6]) {
    registrations.register(serialOf(n), `child ${n}`, `uuid-${n}`, dsaKey(n));
    await backUp({ context }, JOURNAL, serialOf(n));
  }
  registrations.register(serialOf(7), 'new', 'uuid-7', dsaKey(7));
  clock.pass(DAY_MS);
  const again = (n: number, key: number, uuid = `uuid-${n}`) =>
    registrations.register(serialOf(n), 'x', uuid, dsaKey(key), `10.0.0.${key}`);
  again(1, 11);
  again(2, 12);
  again(2, 22); // a stranger's
  again(3, 13, 'another');
  enrol(registrations, serialOf(4), 'uuid-4', ed25519(4)); // has data: waits
  again(4, 14);
  again(5, 15);
  again(6, 16);
  clock.pass(DAY_MS);
  await backUp({ context }, JOURNAL, serialOf(5)); // with its old key
  registrations.retire(serialOf(6));
  return whole;
}

test('lets in the new keys of known laptops to back up, and names those to look at', async () => {
  await using whole = await flashed();
  const { library, command } = whole;
  const { registrations } = library;
  const before = JSON.stringify(registrations.all());
  const plan = await command('approve', [], { 'all-known-original': true, 'dry-run': true });
  assert.match(plan, /^1 laptop would be let in/);
  assert.is(JSON.stringify(registrations.all()), before, 'nothing is changed');
  const told = await command('approve', [], { 'all-known-original': true });
  assert.match(told, /^1 laptop let in, to back up; they read nothing until each is approved/);
  for (const [n, why] of [
    [2, 'two keys wait'],
    [3, 'another uuid'],
    [4, 'type the digits'],
    [5, 'backed up with its old key'],
  ] as const) {
    assert.match(told, new RegExp(`^${serialOf(n)} {2}child ${n}: .*${why}`, 'm'));
  }
  assert.not.match(told, new RegExp(serialOf(6)), 'out of use');
  const keyOf = (n: number) => registrations.get(serialOf(n))?.keys.sugar;
  assert.is(keyOf(1), parsePublicKey(dsaKey(11)).line);
  for (const n of [2, 3, 4, 5, 6, 7]) assert.is(keyOf(n), parsePublicKey(dsaKey(n)).line, `${n}`);
  assert.match(await command('audit', [serialOf(1)]), /approved.*reads.*no/);
  const again = await command('approve', [], { 'all-known-original': true });
  assert.match(again, /^0 laptops let in/);
});

test('what was let in so reads nothing until it is approved by itself', async () => {
  await using whole = await flashed();
  const { library, command } = whole;
  const { registrations, paths, ownership, config } = library;
  const keys = new AuthorizedKeys(paths, ownership, config.ssh.user);
  registrations.whenKeysChange(() => keys.update(registrations.all()));
  await command('approve', [], { 'all-known-original': true });
  const written = () => readFileSync(inState(paths).keys(serialOf(1)), 'utf8');
  assert.match(written(), / original[" ]/);
  const { fingerprint } = parsePublicKey(dsaKey(11));
  assert.match(
    await command('approve', [serialOf(1)], { kind: 'sugar', key: fingerprint }),
    /approved/,
  );
  assert.not.match(written(), / original[" ]/);
});

test.run();
