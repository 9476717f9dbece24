import { execFileSync } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { pairingCode } from '../../../shared/protocol/pairing.ts';
import { refused } from '../refused.ts';

const test = suite('pairing code');

const serial = parseSerial('CSN74803BB1');

/** An ed25519 key whose 32 bytes are all `fill`: valid in form, and the same at every run. */
function key(fill: number): string {
  const blob = Buffer.concat([
    Buffer.from([0, 0, 0, 11]),
    Buffer.from('ssh-ed25519'),
    Buffer.from([0, 0, 0, 32]),
    Buffer.alloc(32, fill),
  ]);
  return `ssh-ed25519 ${blob.toString('base64')}`;
}

/** As PROTOCOL.md says it, by another program than ours. */
function bySha256sum(id: string, server: string, laptop: string): string {
  const input = `ds-backup pairing 1\n${id}\n${server}\n${laptop}\n`;
  const hex = execFileSync('sha256sum', { input, encoding: 'utf8' });
  return String(Number.parseInt(hex.slice(0, 8), 16) % 10_000).padStart(4, '0');
}

test('is what PROTOCOL.md says, worked out with sha256sum', () => {
  for (let n = 0; n < 20; n += 1) {
    assert.is(pairingCode(serial, key(n), key(100 + n)), bySha256sum(serial, key(n), key(100 + n)));
  }
});

test('stays as it is: a laptop and a server of different versions must agree', () => {
  assert.is(pairingCode(serial, key(1), key(2)), '8396');
});

test('is the same on both sides, whatever comment a key file has', () => {
  const seenByServer = pairingCode(serial, `${key(1)} root@schoolserver`, key(2));
  const seenByLaptop = pairingCode(serial, key(1), `${key(2)} Ana@XO\n`);
  assert.is(seenByServer, seenByLaptop);
});

test('changes with each of its inputs, and with their order', () => {
  const codes = [
    pairingCode(serial, key(1), key(2)),
    pairingCode(parseSerial('CSN74803BB2'), key(1), key(2)),
    pairingCode(serial, key(3), key(2)),
    pairingCode(serial, key(1), key(3)),
    pairingCode(serial, key(2), key(1)),
  ];
  assert.is(new Set(codes).size, codes.length);
});

test('has four digits, also where the number is small, and uses all of them', () => {
  const codes = Array.from({ length: 3000 }, (_, n) =>
    pairingCode(serial, key(n % 256), key(Math.floor(n / 256))),
  );
  for (const code of codes) assert.match(code, /^\d{4}$/);
  assert.ok(codes.some((code) => code.startsWith('0')));
  assert.ok(new Set(codes).size > 2400, 'they are spread evenly'); // 2,592 expected
});

test('is not worked out from something that is no key', () => {
  refused(() => pairingCode(serial, '', key(1)), 'bad-input');
  refused(() => pairingCode(serial, key(1), 'ssh-ed25519 AAAA'), 'bad-input');
});

test.run();
