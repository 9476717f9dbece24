/** Real ed25519 keys made in the process, in OpenSSH's formats: thousands of them in a second. */
import { generateKeyPairSync } from 'node:crypto';

export interface KeyPair {
  /** `ssh-ed25519 …` */
  line: string;
  /** As ssh-keygen writes it, without a passphrase. */
  file: string;
}

const part = (bytes: Buffer | string) => {
  const body = Buffer.from(bytes);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
};

export function makeKeyPair(): KeyPair {
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const open = Buffer.from(x, 'base64url');
  const secret = Buffer.from(d, 'base64url');
  const blob = Buffer.concat([part('ssh-ed25519'), part(open)]);
  const checks = Buffer.from([1, 2, 3, 4, 1, 2, 3, 4]);
  const both = part(Buffer.concat([secret, open]));
  const inner = Buffer.concat([checks, blob, both, part('comment')]);
  const pad = Buffer.from([1, 2, 3, 4, 5, 6, 7].slice(0, (8 - (inner.length % 8)) % 8));
  const all = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...[part('none'), part('none'), part('')],
    Buffer.from([0, 0, 0, 1]),
    ...[part(blob), part(Buffer.concat([inner, pad]))],
  ]);
  const name = 'OPENSSH PRIVATE KEY';
  const file = `-----BEGIN ${name}-----\n${all.toString('base64')}\n-----END ${name}-----\n`;
  return { line: `ssh-ed25519 ${blob.toString('base64')}`, file };
}
