/**
 * Signatures with OpenSSH's ed25519 keys, by node:crypto. The key files are unencrypted, as
 * `makeKeyFile` writes them; node:crypto does not read OpenSSH's own format.
 */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { DsError } from '../errors.ts';
import { parsePublicKey } from './ssh-key.ts';

const MAGIC = 'openssh-key-v1\0';
const KEY_BYTES = 32;

/** The signature of `text` (UTF-8) in base64. Throws `bad-input` for anything but an ed25519 key. */
export function signWith(privateKeyFile: string, text: string): string {
  const { secret, open } = readPrivateKey(privateKeyFile);
  const d = secret.toString('base64url');
  const key = createPrivateKey({ key: { ...jwk(open), d }, format: 'jwk' });
  return sign(null, Buffer.from(text, 'utf8'), key).toString('base64');
}

/** Whether `signature` (base64) over `text` is by the holder of this `ssh-ed25519 …`. Never throws for a wrong one. */
export function verifySignature(publicKey: string, text: string, signature: string): boolean {
  const { type, base64 } = parsePublicKey(publicKey);
  if (type !== 'ssh-ed25519') return false;
  const open = Buffer.from(base64, 'base64').subarray(-KEY_BYTES);
  const bytes = Buffer.from(signature, 'base64');
  if (bytes.toString('base64') !== signature) return false;
  const key = createPublicKey({ key: jwk(open), format: 'jwk' });
  return verify(null, Buffer.from(text, 'utf8'), key, bytes);
}

function jwk(open: Buffer) {
  return { kty: 'OKP', crv: 'Ed25519', x: open.toString('base64url') };
}

/** OpenSSH's PROTOCOL.key: magic, cipher, kdf, its options, 1, the public key, the private section. */
function readPrivateKey(file: string): { secret: Buffer; open: Buffer } {
  const base64 = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END/.exec(file)?.[1];
  const all = Buffer.from(base64 ?? '', 'base64');
  if (all.subarray(0, MAGIC.length).toString('latin1') !== MAGIC) throw notAKey();
  const outer = new Fields(all.subarray(MAGIC.length));
  if (outer.string().toString('latin1') !== 'none') throw notAKey('it is encrypted');
  outer.string(); // kdf
  outer.string(); // its options
  if (outer.number() !== 1) throw notAKey();
  outer.string(); // the public key, which follows once more
  const inner = new Fields(outer.string());
  const check = inner.number();
  if (inner.number() !== check) throw notAKey();
  if (inner.string().toString('latin1') !== 'ssh-ed25519') throw notAKey('it is not ed25519');
  const open = inner.string();
  const both = inner.string();
  if (open.length !== KEY_BYTES || both.length !== 2 * KEY_BYTES) throw notAKey();
  return { secret: both.subarray(0, KEY_BYTES), open };
}

/** Numbers and length-prefixed strings of the SSH wire format (RFC 4251, section 5). */
class Fields {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  number(): number {
    if (this.#at + 4 > this.#bytes.length) throw notAKey('truncated');
    this.#at += 4;
    return this.#bytes.readUInt32BE(this.#at - 4);
  }

  string(): Buffer {
    const length = this.number();
    if (this.#at + length > this.#bytes.length) throw notAKey('truncated');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

function notAKey(why = 'not OpenSSH format'): DsError {
  return new DsError('bad-input', `not an unencrypted ed25519 key: ${why}`);
}
