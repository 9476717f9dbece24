import { createHash } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import {
  codesOf,
  commitmentTo,
  isSignedBy,
  type Offer,
  type Secret,
  signTranscript,
  transcriptOf,
} from '../../../shared/protocol/introduction.ts';
import { makeKeyPair } from '../keys.ts';

const test = suite('the introduction');

const laptop = makeKeyPair();
const server = makeKeyPair();
const secret: Secret = {
  ...{ serial: parseSerial('CSN74803BB1'), uuid: 'u', nonce: 'a'.repeat(64) },
  key: laptop.line,
};
const offer: Offer = {
  ...{ exchange: 'b'.repeat(32), nonce: 'c'.repeat(64), hostKey: server.line },
  ...{ sshPort: 2222, login: 'ds-receive' },
};
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test('is what PROTOCOL.md says', () => {
  const list = ['ds-backup commitment 1', 'CSN74803BB1', 'u', secret.nonce, laptop.line];
  assert.is(commitmentTo(secret), sha256(JSON.stringify(list)));
  const transcript = JSON.stringify([
    ...['ds-backup introduction 1', 'CSN74803BB1', 'u', commitmentTo(secret), offer.exchange],
    ...[offer.nonce, server.line, 2222, 'ds-receive', secret.nonce, laptop.line],
  ]);
  assert.is(transcriptOf(secret, offer), transcript);
  const digits = (what: string) => {
    const hex = sha256(`ds-backup ${what} 1\n${transcript}`).slice(0, 12);
    return String(Number.parseInt(hex, 16) % 1_000_000).padStart(6, '0');
  };
  assert.equal(codesOf(transcript), { code: digits('code'), answer: digits('answer') });
});

test('comments of keys do not matter; every other part does', () => {
  const { code } = codesOf(transcriptOf(secret, offer));
  const same = transcriptOf({ ...secret, key: `${laptop.line} Ana@XO` }, offer);
  assert.is(codesOf(same).code, code);
  const changed = [
    transcriptOf({ ...secret, uuid: 'v' }, offer),
    transcriptOf({ ...secret, nonce: 'd'.repeat(64) }, offer),
    transcriptOf({ ...secret, key: server.line }, offer),
    transcriptOf({ ...secret, serial: parseSerial('CSN74803BB2') }, offer),
    transcriptOf(secret, { ...offer, nonce: 'd'.repeat(64) }),
    transcriptOf(secret, { ...offer, exchange: 'd'.repeat(32) }),
    transcriptOf(secret, { ...offer, hostKey: laptop.line }),
    transcriptOf(secret, { ...offer, sshPort: 22 }),
    transcriptOf(secret, { ...offer, login: 'root' }),
  ];
  assert.is(new Set([code, ...changed.map((text) => codesOf(text).code)]).size, 10);
});

test('only the holder of the key can sign', () => {
  const transcript = transcriptOf(secret, offer);
  const signature = signTranscript(transcript, laptop.file);
  assert.ok(isSignedBy(laptop.line, transcript, signature));
  assert.not.ok(isSignedBy(server.line, transcript, signature));
  assert.not.ok(isSignedBy(laptop.line, `${transcript} `, signature));
});

test('the digits are spread evenly', () => {
  const buckets = new Array<number>(10).fill(0);
  for (let n = 0; n < 20_000; n += 1) {
    const { code } = codesOf(`${n}`);
    assert.match(code, /^\d{6}$/);
    buckets[Number(code[0])] = (buckets[Number(code[0])] ?? 0) + 1;
  }
  for (const count of buckets) assert.ok(count > 1800 && count < 2200, buckets.join(' '));
});

test.run();
