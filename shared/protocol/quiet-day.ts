/**
 * A day without changes is reported in two small HTTP requests instead of an SSH connection
 * (PROTOCOL.md, "A quiet day"). Both sides authenticate with a key that they exchanged over SSH: an
 * HMAC over a nonce of the server, so that a report can be neither forged nor replayed.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Digest, Serial } from '../ids.ts';

export interface QuietClaim {
  serial: Serial;
  /** The server's nonce, 32 lower-case hexadecimal digits. */
  nonce: string;
  sequence: number;
  /** The state digest of the whole Journal. */
  state: Digest;
}

/** Length of the key, in bytes: as long as the digest. */
export const QUIET_KEY_BYTES = 32;

/** The laptop's statement that nothing has changed; hexadecimal. */
export function claimMac(key: Buffer, claim: QuietClaim): string {
  return mac(key, 'unchanged', claim);
}

/** The server's statement that this is its newest snapshot, with no known damage; hexadecimal. */
export function answerMac(key: Buffer, claim: QuietClaim): string {
  return mac(key, 'safe', claim);
}

/** Compares in constant time. */
export function sameMac(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function mac(key: Buffer, word: string, { serial, nonce, sequence, state }: QuietClaim): string {
  const text = `ds-backup ${word} 1\n${serial}\n${nonce}\n${sequence}\n${state}\n`;
  return createHmac('sha256', key).update(text).digest('hex');
}
