import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parsePublicKey } from '../../../shared/ssh/ssh-key.ts';
import { temporaryFolder } from '../folder.ts';
import { refused } from '../refused.ts';

const test = suite('public SSH keys');
const folder = temporaryFolder(test);

/** As Sugar makes them with OpenSSH 9.2; later ones cannot, so it is kept here. */
const DSA = `ssh-dss ${[
  'AAAAB3NzaC1kc3MAAACBAJJzINfYx4vwTpKYHjBq+Iz8zbEq9pLqtdN9L59Ad9F07hddlxcpj1PhMKGXkWuXxeiPVMsX',
  '0PMmGy3FmzmVpCY6HiP2cLDQIOlfo8j0Qedjo7Gv0WhBJ5Ar03L3PnXIqzOCkS6fTYb3hArv9bb7WLsRXoy21SC8gPK2',
  'CJpJZfdpAAAAFQCxEhqtA2F+Sho+dscXCPsVbGPewQAAAIAOudM82eg6xUDZ5HG9uppzmFx5uk2/D1wQzZAbD/JG7qgl',
  'Ab6t3lc1J1WQAtojT1u1uzqS/rQ2h+mMS+8+0h5xl4O0Bf2HNaqL0j7DII2DaaicroYFScjDvDisKxFC3qAW8sIFfh54',
  'uGnorwe4me2wLLbB530V4sgcnRJKnTQ+LgAAAIAR2hODQbuYQTRVXuYYbY12a0OVljLMOV/RuFs4kUSRepIFI3u2o5k3',
  'n8ArBR2hoXImbHNsANxYETHR/wEaG1zqqAmdHf0cmv5eT9fRnNbEQDQOKS2VCF52Zzz1wLkHyDIN2H3GOQpKmG6QD50q',
  'MNOrJS2zn8/X7ChL7g5u3NsjEA==',
].join('')}`;
const DSA_FINGERPRINT = 'SHA256:FiVvR8l96Na+8ZPQ8gM0uGd1rBnNv8V92ApezJZIpZQ';

/** A fresh key: its line without comment, and its fingerprint as ssh-keygen tells it. */
function makeKey(type: string, bits: number) {
  const path = join(folder, `${type}-${bits}`);
  const options = ['-q', '-t', type, '-b', String(bits), '-f', path, '-N', '', '-C', 'Ana’s XO'];
  execFileSync('ssh-keygen', options);
  const line = readFileSync(`${path}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
  const listed = execFileSync('ssh-keygen', ['-l', '-f', `${path}.pub`], { encoding: 'utf8' });
  return { path, line, fingerprint: listed.split(' ')[1] ?? '' };
}

const KEYS = {
  'ssh-ed25519': makeKey('ed25519', 256),
  'ssh-rsa': makeKey('rsa', 2048),
  'ecdsa-sha2-nistp256': makeKey('ecdsa', 256),
  'ssh-dss': { path: '', line: DSA, fingerprint: DSA_FINGERPRINT },
};
const ED25519 = KEYS['ssh-ed25519'].line;

for (const [type, { line, fingerprint }] of Object.entries(KEYS)) {
  const base64 = line.split(' ')[1] ?? '';

  test(`${type}: a line, its comment and its fingerprint`, () => {
    const key = parsePublicKey(line);
    assert.equal(key, { type: key.type, base64, line, fingerprint });
    assert.is(key.type, type);
    assert.equal(parsePublicKey(`${line} Ana@XO of the 4th grade\n`), key);
    assert.equal(parsePublicKey(`  ${line}  \n`), key);
  });

  test(`${type}: the bare base64, as Sugar sends it`, () => {
    assert.equal(parsePublicKey(base64), parsePublicKey(line));
    assert.equal(parsePublicKey(`${base64}\n`), parsePublicKey(line));
  });

  test(`${type}: every cut is refused`, () => {
    const blob = Buffer.from(base64, 'base64');
    for (let length = 0; length < blob.length; length += 1) {
      const cut = blob.subarray(0, length).toString('base64');
      refused(() => parsePublicKey(`${type} ${cut}`), 'bad-input');
      refused(() => parsePublicKey(cut), 'bad-input');
    }
  });

  test(`${type}: something after its end is refused`, () => {
    const longer = Buffer.concat([Buffer.from(base64, 'base64'), Buffer.alloc(3)]);
    refused(() => parsePublicKey(`${type} ${longer.toString('base64')}`), 'bad-input');
  });

  test(`${type}: another type's name in front is refused`, () => {
    for (const other of Object.keys(KEYS)) {
      if (other === type) continue;
      refused(() => parsePublicKey(`${other} ${base64}`), 'bad-input', /differ/);
    }
  });
}

test('the real file of a fresh key is read, and its private half is not', () => {
  const { path, line } = KEYS['ssh-ed25519'];
  assert.is(parsePublicKey(readFileSync(`${path}.pub`, 'utf8')).line, line);
  refused(() => parsePublicKey(readFileSync(path, 'utf8')), 'bad-input');
});

test('nothing but the key itself is kept: no second line reaches authorized_keys', () => {
  const key = parsePublicKey(`${ED25519} comment\ncommand="sh" ssh-rsa AAAA`);
  assert.is(key.line, ED25519);
});

const [TYPE = '', BASE64 = ''] = ED25519.split(' ');
/** The base64 of a key with these fields. */
function keyOf(...fields: (string | Buffer | number[])[]): string {
  const parts = fields.map((field) => {
    const bytes = Buffer.from(field as string);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  });
  return Buffer.concat(parts).toString('base64');
}

const BAD: [what: string, text: unknown][] = [
  ['nothing', ''],
  ['blanks', ' \n'],
  ['undefined', undefined],
  ['a number', 7],
  ['a list', [ED25519]],
  ['the type alone', TYPE],
  ['the type and a comment', `${TYPE} Ana@XO`],
  ['options in front', `command="sh" ${ED25519}`],
  ['options without a blank', `restrict,command="sh" ${ED25519}`],
  ['a comment sign in front', `#${ED25519}`],
  ['a marker of known_hosts', `@cert-authority * ${ED25519}`],
  ['a certificate', `ssh-ed25519-cert-v01@openssh.com ${BASE64}`],
  ['an unknown type', `ssh-xyz ${BASE64}`],
  ['another base64 alphabet', `${TYPE} ${BASE64.slice(0, -2)}_-`],
  ['base64 with loose bits', `${TYPE} ${Buffer.alloc(51).toString('base64').slice(0, -1)}B`],
  ['base64 and a quote', `${TYPE} ${BASE64}"`],
  ['a NUL in the base64', `${TYPE} ${BASE64}\0`],
  ['a PEM key', '-----BEGIN PUBLIC KEY-----'],
  ['a length beyond the end', Buffer.from([0xff, 0xff, 0xff, 0xff, 1]).toString('base64')],
  ['a type that no key has', Buffer.from('\0\0\0\u0003abc').toString('base64')],
  ['five thousand letters', 'A'.repeat(5000)],
];

for (const [what, text] of BAD) {
  test(`is not a key: ${what}`, () => {
    const error = refused(() => parsePublicKey(text), 'bad-input', /^not a public SSH key: /);
    assert.match(error.hint ?? '', /\.pub/);
  });
}

test('a key of 16,384 bits is not too long', () => {
  assert.is(parsePublicKey(keyOf('ssh-rsa', [1, 0, 1], Buffer.alloc(2049, 1))).type, 'ssh-rsa');
  const huge = keyOf('ssh-rsa', [1, 0, 1], Buffer.alloc(3100, 1));
  refused(() => parsePublicKey(huge), 'bad-input', /4096 characters/);
});

test('a line has 4096 characters at most, its comment included', () => {
  const most = `${ED25519} ${'x'.repeat(4096 - ED25519.length - 1)}`;
  assert.is(parsePublicKey(most).line, ED25519);
  refused(() => parsePublicKey(`${most}x`), 'bad-input', /4096 characters/);
});

test('its words may be several blanks apart', () => {
  assert.is(parsePublicKey(`${TYPE} \t ${BASE64}`).line, ED25519);
});

test('the length of an ed25519 key is fixed, that of the others is not', () => {
  refused(() => parsePublicKey(keyOf('ssh-ed25519', Buffer.alloc(31))), 'bad-input', /truncated/);
  assert.is(parsePublicKey(keyOf('ssh-rsa', [1], [])).type, 'ssh-rsa');
});

test('a type that nobody knows is named as the reason', () => {
  refused(() => parsePublicKey(keyOf('ssh-xyz', [1])), 'bad-input', /unknown key type/);
});

test.run();
