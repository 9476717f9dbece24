/**
 * Introductions played without a network: by a laptop that keeps to the rules, and by liars.
 */
import { randomBytes } from 'node:crypto';
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
import { type KeyPair, makeKeyPair } from '../../shared/keys.ts';
import { ed25519, enrol, makeLibrary, openRegistrations } from '../library.ts';
import { type TestClock, testClock } from '../whole.ts';

export const SERIAL = parseSerial('SHC00800000');
export const START = '2026-03-02T08:00:00Z';
export const server = { hostKey: makeKeyPair().line, sshPort: 2222, login: 'ds-receive' };

export const secretOf = (key: string): Secret => {
  return { serial: SERIAL, uuid: 'u', nonce: randomBytes(32).toString('hex'), key };
};
export const commitOf = (secret: Secret) => {
  return { serial: secret.serial, uuid: secret.uuid, commitment: commitmentTo(secret) };
};
export const revealOf = (secret: Secret, offer: Offer, { file }: KeyPair): RevealRequest => {
  const signature = signTranscript(transcriptOf(secret, offer), file);
  const { nonce, key } = secret;
  return { exchange: offer.exchange, nonce, key, signature };
};
export const begin = (clock = testClock(START)) => ({
  clock,
  intro: new Introductions(clock, server),
});

/** A whole exchange; returns the digits of the laptop's screen. */
export function introduceTo(
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
export function school(clock: TestClock = testClock(START)) {
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
