import { randomBytes, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DsError } from '../../../shared/errors.ts';
import { codesOf, transcriptOf } from '../../../shared/protocol/introduction.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { makeKeyPair } from '../../shared/keys.ts';
import { refused } from '../../shared/refused.ts';
import { ed25519, enrol } from '../library.ts';
import { serialOf } from '../whole.ts';
import {
  begin,
  commitOf,
  introduceTo,
  revealOf,
  SERIAL,
  START,
  school,
  secretOf,
} from './introducing.ts';

const test = suite('introductions, with liars on the network');

const HOUR_MS = 3_600_000;

test('both sides see the same digits, and the typed ones let in that key', () => {
  using scene = school();
  const pair = makeKeyPair();
  const { state, code, answer } = introduceTo(scene.intro, scene.registrations, pair, '10.0.0.1');
  assert.is(state, 'pending');
  const { approvals } = scene.registrations;
  refused(
    () => approvals.byCode(SERIAL, String((Number(code) + 1) % 1e6).padStart(6, '0')),
    'not-found',
  );
  assert.equal(approvals.byCode(SERIAL, code), { done: 'approved', answer, another: true });
  assert.is(scene.registrations.get(SERIAL)?.keys.own, pair.line);
  assert.is(scene.registrations.isConfirmed(SERIAL), true);
  assert.equal(
    approvals.byCode(SERIAL, code),
    { done: 'confirmed', answer, another: false },
    'twice',
  );
});

test('a reveal that is not what was committed to, not signed, used before or late is refused', () => {
  const { clock, intro } = begin();
  const [mine, victim] = [makeKeyPair(), makeKeyPair()];
  const open = (key: string) => {
    const secret = secretOf(key);
    return { secret, offer: intro.commit(commitOf(secret), randomBytes(4).toString('hex')) };
  };
  const a = open(mine.line);
  const good = revealOf(a.secret, a.offer, mine);
  refused(() => intro.reveal({ ...good, nonce: 'f'.repeat(64) }), 'bad-input', /committed/);
  refused(() => intro.reveal(good), 'not-found', /over/);
  const b = open(mine.line);
  const other = { ...b.secret, key: victim.line };
  refused(() => intro.reveal(revealOf(other, b.offer, victim)), 'bad-input', /committed/);
  // The victim's public key, for a serial of the attacker: he cannot sign with it.
  const c = open(victim.line);
  refused(() => intro.reveal(revealOf(c.secret, c.offer, mine)), 'bad-input', /not signed/);
  // A signature that the victim gave in an exchange with the attacker is worth nothing in another.
  const [d, e] = [open(victim.line), open(victim.line)];
  const replay = { ...revealOf(d.secret, d.offer, victim), exchange: e.offer.exchange };
  refused(() => intro.reveal(replay), 'bad-input', /committed/);
  const late = open(mine.line);
  clock.pass(61_000);
  refused(() => intro.reveal(revealOf(late.secret, late.offer, mine)), 'not-found', /over/);
  clock.pass(HOUR_MS);
  const last = open(mine.line);
  intro.reveal(revealOf(last.secret, last.offer, mine));
  refused(() => intro.reveal(revealOf(last.secret, last.offer, mine)), 'not-found', /over/);
});

test('a grinder who floods for days gets no key accepted, and has counted tries', () => {
  using scene = school();
  const { intro, registrations, clock } = scene;
  const child = introduceTo(intro, registrations, makeKeyPair(), '10.0.0.5');
  let tries = 0;
  let hits = 0;
  const end = performance.now() + 3000;
  for (let n = 0; performance.now() < end; n += 1) {
    clock.pass(1000);
    try {
      const key = ed25519(randomInt(3, 256));
      const secret = secretOf(key);
      const offer = intro.commit(commitOf(secret), `10.0.1.${n % 250}`);
      tries += 1;
      if (codesOf(transcriptOf(secret, offer)).code === child.code) hits += 1;
    } catch (error) {
      if (!(error instanceof DsError && error.code === 'server-busy')) throw error;
    }
  }
  const hours = (clock.time - Date.parse(START)) / HOUR_MS;
  assert.ok(tries <= 60 * (hours + 1), `${tries} tries in ${hours} hours`);
  // About 1,800 tries, each with one chance in a million: one hit in 550 runs, and three in none.
  assert.ok(hits < 3, `${hits} hits`);
  assert.is(registrations.get(SERIAL)?.keys.own, ed25519(2));
});

test('the key of a child is not pushed out by junk, and is what its digits let in', () => {
  using scene = school();
  const { intro, registrations, clock, library } = scene;
  const pair = makeKeyPair();
  const child = introduceTo(intro, registrations, pair, '10.0.0.5');
  let refusals = 0;
  for (let n = 0; n < 40; n += 1) {
    clock.pass(600_000);
    try {
      introduceTo(intro, registrations, makeKeyPair(), `10.0.2.${n}`);
    } catch (error) {
      assert.ok(error instanceof DsError && error.code === 'server-refused', String(error));
      refusals += 1;
    }
  }
  assert.is(refusals, 33, 'eight wait');
  const record = () => readFileSync(inLaptop(library.paths, SERIAL).registration, 'utf8');
  const before = record();
  assert.throws(() => introduceTo(intro, registrations, makeKeyPair(), '10.0.2.250'), /too many/);
  assert.is(record(), before);
  registrations.approvals.byCode(SERIAL, child.code);
  assert.is(registrations.get(SERIAL)?.keys.own, pair.line);
});

test('one address alone does not fill the room, and does not use up the attempts of a serial', () => {
  using scene = school();
  const { intro, registrations, clock } = scene;
  const results: string[] = [];
  for (let n = 0; n < 300; n += 1) {
    clock.pass(20_000);
    try {
      results.push(introduceTo(intro, registrations, makeKeyPair(), '10.0.0.66').state);
    } catch (error) {
      results.push(error instanceof DsError ? error.code : String(error));
    }
  }
  assert.is(results.filter((one) => one === 'pending').length, 2);
  assert.is(introduceTo(intro, registrations, makeKeyPair(), '10.0.0.5').state, 'pending');
});

test('who begins a thousand introductions and ends none keeps nobody from beginning, or ending, one', () => {
  const { intro } = begin();
  const pair = makeKeyPair();
  const secret = secretOf(pair.line);
  const flood = (round: number) => {
    for (let n = 0; n < 1200; n += 1) {
      const commit = { ...commitOf(secret), serial: serialOf(1200 * round + n) };
      intro.commit(commit, `10.0.${2 + round}.${Math.floor(n / 20)}`);
    }
  };
  flood(0);
  const offer = intro.commit(commitOf(secret), '10.0.0.5');
  flood(1);
  assert.is(intro.reveal(revealOf(secret, offer, pair)).key, pair.line);
});

test('an interrupted laptop shows new digits, and takes no second place', () => {
  using scene = school();
  const { intro, registrations } = scene;
  const pair = makeKeyPair();
  const first = introduceTo(intro, registrations, pair, '10.0.0.5');
  const second = introduceTo(intro, registrations, pair, '10.0.0.5');
  assert.is(registrations.get(SERIAL)?.pending.length, 1);
  if (first.code !== second.code)
    refused(() => registrations.approvals.byCode(SERIAL, first.code), 'not-found');
  registrations.approvals.byCode(SERIAL, second.code);
  assert.is(registrations.get(SERIAL)?.keys.own, pair.line);
});

test('digits that two keys have let nobody in; guessed ones are slowed down', () => {
  using scene = school();
  const { registrations, clock } = scene;
  enrol(registrations, SERIAL, 'u', ed25519(3), { code: '111111', address: 'a' });
  enrol(registrations, SERIAL, 'u', ed25519(4), { code: '111111', address: 'b' });
  const { approvals } = registrations;
  refused(() => approvals.byCode(SERIAL, '111111'), 'bad-input', /two keys/);
  for (let n = 0; n < 4; n += 1) refused(() => approvals.byCode(SERIAL, `00000${n}`), 'not-found');
  refused(() => approvals.byCode(SERIAL, '000009'), 'server-busy', /wrong codes/);
  clock.pass(HOUR_MS + 1);
  refused(() => approvals.byCode(SERIAL, '000009'), 'not-found');
  assert.is(registrations.get(SERIAL)?.keys.own, ed25519(2));
});

test('a laptop whose digits another key has shows new ones, and those let it in: also beside the accepted key', () => {
  using scene = school();
  const { registrations } = scene;
  const { approvals } = registrations;
  const waits = () => registrations.get(SERIAL)?.pending.map(({ code }) => code);
  const own = ed25519(2);
  enrol(registrations, SERIAL, 'u', own, { code: '111111', address: 'a' });
  enrol(registrations, SERIAL, 'u', ed25519(3), { code: '111111', address: 'b' });
  assert.equal(waits(), ['111111'], 'the other has the accepted key');
  refused(() => approvals.byCode(SERIAL, '111111'), 'bad-input', /none was let in/);
  assert.equal(waits(), []);
  assert.is(registrations.standing(SERIAL, ed25519(3)), 'unknown', 'so that it is introduced anew');
  enrol(registrations, SERIAL, 'u', ed25519(3), { code: '222222', address: 'b' });
  assert.is(approvals.byCode(SERIAL, '222222').done, 'approved');
  assert.is(registrations.get(SERIAL)?.keys.own, ed25519(3));
});

test('reject names one key', () => {
  using scene = school();
  const { registrations } = scene;
  enrol(registrations, SERIAL, 'u', ed25519(3), { code: '333333', address: 'a' });
  enrol(registrations, SERIAL, 'u', ed25519(4), { code: '444444', address: 'b' });
  registrations.approvals.reject(SERIAL, '333333');
  assert.equal(
    registrations.get(SERIAL)?.pending.map(({ code }) => code),
    ['444444'],
  );
  assert.is(enrol(registrations, SERIAL, 'u', ed25519(3), { code: '555555' }), 'pending');
  assert.is(registrations.get(SERIAL)?.pending.length, 1, 'the rejected one does not wait again');
});

test.run();
