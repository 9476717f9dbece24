/**
 * The four-digit pairing code: laptop and teacher's page each work it out from both public keys and
 * the serial. It never travels; equal codes mean that nobody sits in between (PROTOCOL.md,
 * "Enrolment"). Four digits because a child reads them aloud; an attacker has one try, in front of
 * the teacher.
 */
import { createHash } from 'node:crypto';
import type { Serial } from '../ids.ts';
import { parsePublicKey } from '../ssh/ssh-key.ts';

/** `0000`…`9999`. Keys as `type base64 [comment]`; comments do not count. */
export function pairingCode(serial: Serial, serverKey: string, laptopKey: string): string {
  const server = parsePublicKey(serverKey);
  const laptop = parsePublicKey(laptopKey);
  const digest = createHash('sha256')
    .update(`ds-backup pairing 1\n${serial}\n${server.line}\n${laptop.line}\n`)
    .digest();
  return String(digest.readUInt32BE(0) % 10_000).padStart(4, '0');
}
