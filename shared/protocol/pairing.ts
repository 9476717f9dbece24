/**
 * The four-digit pairing code. Laptop and server each compute it from both public keys and the
 * serial; it is never sent. Equal codes on both screens mean that there is no man in the middle
 * (PROTOCOL.md, "Pairing code"). Four digits, because a child reads them out; an attacker has a
 * single try, in front of the teacher.
 */
import { createHash } from 'node:crypto';
import type { Serial } from '../ids.ts';
import { parsePublicKey } from '../ssh/ssh-key.ts';

/** `0000`…`9999`. Keys as `type base64 [comment]`; comments are ignored. */
export function pairingCode(serial: Serial, serverKey: string, laptopKey: string): string {
  const server = parsePublicKey(serverKey);
  const laptop = parsePublicKey(laptopKey);
  const digest = createHash('sha256')
    .update(`ds-backup pairing 1\n${serial}\n${server.line}\n${laptop.line}\n`)
    .digest();
  return String(digest.readUInt32BE(0) % 10_000).padStart(4, '0');
}
