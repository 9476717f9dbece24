/** Who gets a place among the keys that wait for a teacher: a liar shuts nobody out by having come first. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { newRecord, type PendingKey } from '../../../xs/registration/laptop-record.ts';
import { withPending } from '../../../xs/registration/pending-keys.ts';
import { type Random, seeded } from '../../shared/random.ts';
import { refused } from '../../shared/refused.ts';
import { SERIAL } from '../library.ts';

const test = suite('the room for waiting keys');

const NOW = new Date('2026-03-02T08:00:00Z');
const START = newRecord(SERIAL, 'Jocinta', 'uuid', NOW);
let made = 0;

function keyFrom(from: string | null, kind: PendingKey['kind'] = 'own'): PendingKey {
  made += 1;
  const texts = { uuid: 'uuid', since: NOW.toISOString(), code: null, answer: null };
  return { ...texts, kind, key: `ssh-ed25519 key-${made}`, from };
}

/** Two keys of each of so many addresses. */
function crowded(addresses: number) {
  const liars = Array.from({ length: addresses }, (_, n) => `10.0.0.${n + 1}`);
  return liars.reduce((laptop, from) => {
    return withPending(withPending(laptop, keyFrom(from)), keyFrom(from));
  }, START);
}

test('four addresses that fill the room do not shut out the laptop itself', () => {
  const before = crowded(4);
  assert.is(before.pending.length, 8);
  const hers = keyFrom('10.0.9.9');
  const after = withPending(before, hers);
  assert.is(after.pending.length, 8);
  assert.ok(after.pending.includes(hers));
  const gone = before.pending.filter((one) => !after.pending.includes(one));
  assert.equal(gone, before.pending.slice(-1), 'the newest of those who have the most');
});

test('one address has two places, and gets no more by trying again', () => {
  const full = crowded(1);
  refused(() => withPending(full, keyFrom('10.0.0.1')), 'server-refused', /too many keys/);
  assert.is(withPending(full, keyFrom('10.0.0.1', 'sugar')).pending.length, 3, 'another kind');
  const again = full.pending[0] as PendingKey;
  assert.is(withPending(full, { ...again, code: '123456' }).pending.length, 2, 'the same key');
});

test('a key of an address that has no other is never pushed out, whatever others send', () => {
  const random: Random = seeded(7);
  for (let round = 0; round < 200; round += 1) {
    const hers = keyFrom('10.0.9.9');
    let laptop = withPending(crowded(random.below(4)), hers);
    for (let n = 0; n < 40; n += 1) {
      // Also from her own address: he can send from any.
      const from = random.below(10) === 0 ? '10.0.9.9' : `10.0.0.${1 + random.below(12)}`;
      try {
        laptop = withPending(laptop, keyFrom(from));
      } catch {
        // no room for him
      }
      assert.ok(laptop.pending.includes(hers), `round ${round}`);
      assert.ok(laptop.pending.length <= 8);
    }
  }
});

test('eight addresses with a key each still fill it: nobody of them has more than a share', () => {
  let laptop = START;
  for (let n = 1; n <= 8; n += 1) laptop = withPending(laptop, keyFrom(`10.0.0.${n}`));
  refused(() => withPending(laptop, keyFrom('10.0.9.9')), 'server-refused', /too many keys/);
  const unknown = Array.from({ length: 8 }, () => keyFrom(null));
  const old = { ...START, pending: unknown };
  refused(() => withPending(old, keyFrom('10.0.9.9')), 'server-refused', /too many keys/);
});

test.run();
