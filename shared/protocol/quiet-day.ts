/**
 * A day without changes is said in two small plain requests instead of an SSH connection (PROTOCOL.md,
 * "A quiet day"). A key that laptop and server agreed on over SSH makes both sides believe it: HMAC
 * over a number that the server drew for this one time, so nothing can be forged or said again.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Digest, Serial } from '../ids.ts';

export interface QuietClaim {
  serial: Serial;
  /** What the server drew, 32 lower-case hexadecimal digits. */
  nonce: string;
  sequence: number;
  /** The state digest of the whole Journal. */
  state: Digest;
}

/** Length of the key, in bytes: as long as the digest. */
export const QUIET_KEY_BYTES = 32;

/** The laptop's word that nothing has changed; hexadecimal. */
export function claimMac(key: Buffer, claim: QuietClaim): string {
  return mac(key, 'unchanged', claim);
}

/** The server's word that this is its newest snapshot, whole as far as it knows; hexadecimal. */
export function answerMac(key: Buffer, claim: QuietClaim): string {
  return mac(key, 'safe', claim);
}

/** Compares without telling by time how much was right. */
export function sameMac(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function mac(key: Buffer, word: string, { serial, nonce, sequence, state }: QuietClaim): string {
  const text = `ds-backup ${word} 1\n${serial}\n${nonce}\n${sequence}\n${state}\n`;
  return createHmac('sha256', key).update(text).digest('hex');
}
