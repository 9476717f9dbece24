/**
 * Public SSH keys as text, validated before they are written to authorized_keys or known_hosts.
 */
import { createHash } from 'node:crypto';
import { DsError } from '../errors.ts';

/** `ssh-dss` only because Sugar's owner.key, which the original client uses, is one. */
const TYPES = ['ssh-ed25519', 'ssh-rsa', 'ssh-dss', 'ecdsa-sha2-nistp256'] as const;
/** Number of fields in a key of each type, including the name of the type. */
const FIELDS = { 'ssh-ed25519': 2, 'ssh-rsa': 3, 'ssh-dss': 5, 'ecdsa-sha2-nistp256': 3 };
/** An RSA key of 16,384 bits takes 2,800 characters of base64. */
const MAX_LENGTH = 4096;

export interface PublicKey {
  type: (typeof TYPES)[number];
  base64: string;
  /** `type base64`, without a comment. */
  line: string;
  /** `SHA256:…` as `ssh-keygen -l` prints it. */
  fingerprint: string;
}

/**
 * Reads `type base64 [comment]`, or the bare base64 that Sugar sends (it cuts the `ssh-dss `
 * off); the type is then read from the key itself. Throws `bad-input`.
 */
export function parsePublicKey(text: unknown): PublicKey {
  if (typeof text !== 'string' || text.length > MAX_LENGTH)
    throw badKey('not a text of at most 4096 characters');
  const words = text.trim().split(/\s+/);
  const bare = TYPES.every((type) => type !== words[0]);
  const base64 = (bare ? words[0] : words[1]) ?? '';
  const blob = Buffer.from(base64, 'base64');
  if (blob.toString('base64') !== base64) throw badKey('not base64');
  const inner = readString(blob, 0);
  const type = TYPES.find((known) => known === inner.toString('latin1'));
  if (!type) throw badKey('unknown key type');
  if (!bare && type !== words[0]) throw badKey('its two types differ');
  if (type === 'ssh-ed25519' && blob.length !== 51) throw badKey('truncated');
  let end = 0;
  for (let left = FIELDS[type]; left > 0; left -= 1) end += 4 + readString(blob, end).length;
  if (end !== blob.length) throw badKey('trailing data');
  const hash = createHash('sha256').update(blob).digest('base64');
  // 43 characters and one of padding, which ssh-keygen leaves out.
  const fingerprint = `SHA256:${hash.slice(0, -1)}`;
  return { type, base64, line: `${type} ${base64}`, fingerprint };
}

/** A length-prefixed string of the SSH wire format (RFC 4251, section 5). */
function readString(blob: Buffer, at: number): Buffer {
  if (blob.length < at + 4) throw badKey('truncated');
  const length = blob.readUInt32BE(at);
  if (blob.length < at + 4 + length) throw badKey('truncated');
  return blob.subarray(at + 4, at + 4 + length);
}

function badKey(why: string): DsError {
  return new DsError('bad-input', `not a public SSH key: ${why}`, {
    hint: 'expected a line as in a .pub file, e.g. "ssh-ed25519 AAAA…"',
  });
}
