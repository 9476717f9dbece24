import { randomBytes, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DsError } from '../../../shared/errors.ts';
import { parseSerial } from '../../../shared/ids.ts';
import {
  codesOf,
  commitmentTo,
  type Offer,
  type Secret,
  signTranscript,
  transcriptOf,
} from '../../../shared/protocol/introduction.ts';
import type { RevealRequest } from '../../../shared/protocol/messages.ts';
import { Introductions } from '../../../xs/registration/introductions.ts';
import type { Registrations } from '../../../xs/registration/registration.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { type KeyPair, makeKeyPair } from '../../shared/keys.ts';
import { refused } from '../../shared/refused.ts';
import { ed25519, enrol, makeLibrary, openRegistrations } from '../library.ts';
import { type TestClock, testClock } from '../whole.ts';

const test = suite('introductions, with liars on the network');

const SERIAL = parseSerial('SHC00800000');
const HOUR_MS = 3_600_000;
const START = '2026-03-02T08:00:00Z';
const server = { hostKey: makeKeyPair().line, sshPort: 2222, login: 'ds-receive' };

const secretOf = (key: string): Secret => {
  return { serial: SERIAL, uuid: 'u', nonce: randomBytes(32).toString('hex'), key };
};
const commitOf = (secret: Secret) => {
  return { serial: secret.serial, uuid: secret.uuid, commitment: commitmentTo(secret) };
};
const revealOf = (secret: Secret, offer: Offer, { file }: KeyPair): RevealRequest => {
  const signature = signTranscript(transcriptOf(secret, offer), file);
  const { nonce, key } = secret;
  return { exchange: offer.exchange, nonce, key, signature };
};
const begin = (clock = testClock(START)) => ({ clock, intro: new Introductions(clock, server) });

/** A whole exchange; returns the digits of the laptop's screen. */
function introduceTo(
  intro: Introductions,
  registrations: Registrations,
  pair: KeyPair,
  from: string,
) {
  const secret = secretOf(pair.line);
  const offer = intro.commit(commitOf(secret), from);
  const introduced = intro.reveal(revealOf(secret, offer, pair));
  const state = registrations.enrol(SERIAL, { ...introduced, address: from });
  return { state, ...codesOf(transcriptOf(secret, offer)) };
}

/** A school whose laptop SERIAL already has a key, so that any other one needs a teacher. */
function school(clock: TestClock = testClock(START)) {
  const library = makeLibrary();
  const registrations = openRegistrations(library, { clock });
  registrations.register(SERIAL, 'Jim', 'u', ed25519(1));
  enrol(registrations, SERIAL, 'u', ed25519(2));
  return {
    library,
    registrations,
    ...begin(clock),
    [Symbol.dispose]: () => library[Symbol.dispose](),
  };
}

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
  assert.equal(approvals.byCode(SERIAL, code), { done: 'approved', answer });
  assert.is(scene.registrations.get(SERIAL)?.keys.own, pair.line);
  assert.is(scene.registrations.isConfirmed(SERIAL), true);
  assert.equal(approvals.byCode(SERIAL, code), { done: 'confirmed', answer }, 'twice is once');
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

/**
 * One man in the middle: a server to the laptop, a laptop to the server. `order` says whether he opens his
 * exchange with the server before he answers the laptop, after the laptop has revealed, or whether he
 * tries several times, giving up unseen, until the digits agree or he is told to wait.
 */
function manInTheMiddle(order: 'server-first' | 'laptop-first' | 'retry'): boolean {
  const { intro } = begin();
  const [his, laptopKey, hostKey] = [ed25519(7), ed25519(8), ed25519(9)];
  const forServer = () => {
    const secret = secretOf(his);
    const offer = intro.commit(commitOf(secret), '10.0.0.66');
    return { secret, offer, code: codesOf(transcriptOf(secret, offer)).code };
  };
  const before = order === 'server-first' ? forServer() : undefined;
  // The laptop has committed; he must name his nonce and his key before he knows what to.
  const secret = secretOf(laptopKey);
  commitmentTo(secret);
  const offer: Offer = {
    ...{ ...server, hostKey, nonce: randomBytes(32).toString('hex') },
    exchange: randomBytes(16).toString('hex'),
  };
  const shown = codesOf(transcriptOf(secret, offer)).code;
  if (before) return before.code === shown;
  for (let tries = 0; tries < (order === 'retry' ? 1000 : 1); tries += 1) {
    try {
      if (forServer().code === shown) return true;
    } catch (error) {
      if (error instanceof DsError && error.code === 'server-busy') return false;
      throw error;
    }
  }
  return false;
}

test('a man in the middle who plays every order of messages wins by chance only', () => {
  let wins = 0;
  const orders = ['server-first', 'laptop-first', 'retry'] as const;
  for (let n = 0; n < 1200; n += 1) wins += manInTheMiddle(orders[n % 3] ?? 'retry') ? 1 : 0;
  // 2,000 blind tries at one in a million: two or more happen once in half a million runs of this test.
  assert.ok(wins <= 1, `${wins} of 1200`);
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
  assert.is(hits, 0);
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
