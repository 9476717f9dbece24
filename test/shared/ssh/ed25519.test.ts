import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { signWith, verifySignature } from '../../../shared/ssh/ed25519.ts';
import { makeKeyFile } from '../../../shared/ssh/key-file.ts';
import { run } from '../../../shared/system/run.ts';
import { refused } from '../refused.ts';

const test = suite('signatures with OpenSSH keys');

const { env } = process;

test("what a key of ssh-keygen signs, its public half verifies, and nobody else's", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ed25519-'));
  try {
    const lines = [];
    for (const name of ['a', 'b']) lines.push(await makeKeyFile(join(folder, name), 'c', { env }));
    const [a = '', b = ''] = lines;
    const secret = readFileSync(join(folder, 'a'), 'utf8');
    const signature = signWith(secret, 'tréscript');
    assert.ok(verifySignature(a, 'tréscript', signature));
    assert.not.ok(verifySignature(a, 'tréscripT', signature));
    assert.not.ok(verifySignature(b, 'tréscript', signature));
    for (const bad of ['', 'AAAA', `${signature}\n`, signature.replace(/.$/, '')]) {
      assert.not.ok(verifySignature(a, 'tréscript', bad));
    }
    for (const bad of ['', 'PRIVATE', a, secret.slice(0, 100), secret.slice(0, 250)]) {
      refused(() => signWith(bad, 'x'), 'bad-input', /ed25519 key/);
    }
    const other = join(folder, 'encrypted');
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', other], { env });
    refused(() => signWith(readFileSync(other, 'utf8'), 'x'), 'bad-input', /encrypted/);
    writeFileSync(other, '');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Length-prefixed parts of the SSH wire format; a number is four bytes. */
function wire(...parts: (string | Buffer | number)[]): Buffer {
  const number = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const pieces = parts.flatMap((part) => {
    return typeof part === 'number' ? [number(part)] : [number(part.length), Buffer.from(part)];
  });
  return Buffer.concat(pieces);
}

const OPEN = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex');
const SECRET = Buffer.from(
  '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
  'hex',
);
/** The private key of RFC 8032's first test, with changes to its parts. */
function keyFile({
  magic = 'openssh-key-v1\0',
  keys = 1,
  checks = [7, 7],
  type = 'ssh-ed25519',
  open = OPEN,
  both = Buffer.concat([SECRET, OPEN]),
} = {}): Buffer {
  const inner = wire(...checks, type, open, both);
  return Buffer.concat([
    Buffer.from(magic),
    wire('none', 'none', '', keys, wire(type, open), inner),
  ]);
}
const pem = (bytes: Buffer) =>
  `-----BEGIN OPENSSH PRIVATE KEY-----\n${bytes.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;

test('a key is read by the letter: what is wrong with a file is said, and nothing is signed with it', () => {
  assert.is(Buffer.from(signWith(pem(keyFile()), 'x'), 'base64').length, 64);
  const wrong: [Parameters<typeof keyFile>[0], RegExp][] = [
    [{ magic: 'openssh-key-v2\0' }, /OpenSSH format/],
    [{ keys: 2 }, /OpenSSH format/],
    [{ checks: [7, 8] }, /OpenSSH format/],
    [{ type: 'ssh-ed25518' }, /not ed25519/],
    [{ open: OPEN.subarray(1) }, /OpenSSH format/],
    [{ both: Buffer.concat([SECRET, OPEN.subarray(1)]) }, /OpenSSH format/],
    [{ both: Buffer.alloc(0) }, /OpenSSH format/],
  ];
  for (const [change, why] of wrong) {
    refused(() => signWith(pem(keyFile(change)), 'x'), 'bad-input', why);
  }
  const whole = keyFile();
  for (let length = 0; length < whole.length; length += 1) {
    const why = length < 15 ? /OpenSSH format/ : /truncated/;
    refused(() => signWith(pem(whole.subarray(0, length)), 'x'), 'bad-input', why);
  }
});

test('a key of another type that ends with the bytes of this one is another key', () => {
  const signature = signWith(pem(keyFile()), 'x');
  const line = (...parts: (string | Buffer)[]) =>
    `${parts[0]} ${wire(...parts).toString('base64')}`;
  assert.ok(verifySignature(line('ssh-ed25519', OPEN), 'x', signature));
  assert.not.ok(verifySignature(line('ssh-rsa', Buffer.from([3]), OPEN), 'x', signature));
});

test.run();
