/**
 * The introduction of a laptop's key to the school server and of the server's key to the laptop: a short
 * authentication string with commitment (PROTOCOL.md, "The introduction"). The laptop commits to a nonce
 * and its key, the server answers with a nonce and its host key, the laptop reveals and signs everything.
 * Both sides compute the same six digits from the transcript. Whoever stands in between runs two
 * exchanges and has to fix his part of each before he can know its digits: one chance in a million per
 * attempt, instead of a key that can be ground until its digits match.
 */
import { createHash } from 'node:crypto';
import type { Serial } from '../ids.ts';
import { signWith, verifySignature } from '../ssh/ed25519.ts';
import { parsePublicKey } from '../ssh/ssh-key.ts';

/** What the laptop commits to. Nonces are 64 hexadecimal digits: 32 random bytes. */
export interface Secret {
  serial: Serial;
  uuid: string;
  nonce: string;
  /** `ssh-ed25519 …`; comments are ignored. */
  key: string;
}

/** What the server answers to a commitment. */
export interface Offer {
  /** 32 hexadecimal digits that name the exchange. */
  exchange: string;
  nonce: string;
  hostKey: string;
  sshPort: number;
  login: string;
}

export interface Codes {
  /** Six digits: the laptop shows them, the teacher types them on the server. */
  code: string;
  /** Six digits that the server shows after that, to be typed on a laptop that trusts nobody before. */
  answer: string;
}

/** 64 hexadecimal digits. */
export function commitmentTo({ serial, uuid, nonce, key }: Secret): string {
  return sha256(JSON.stringify(['ds-backup commitment 1', serial, uuid, nonce, lineOf(key)]));
}

/** Everything that both sides have said, as the text that is signed and that the digits are made of. */
export function transcriptOf(secret: Secret, offer: Offer): string {
  const { serial, uuid, nonce, key } = secret;
  const { exchange, hostKey, sshPort, login } = offer;
  return JSON.stringify([
    ...['ds-backup introduction 1', serial, uuid, commitmentTo(secret)],
    ...[exchange, offer.nonce, lineOf(hostKey), sshPort, login, nonce, lineOf(key)],
  ]);
}

export function codesOf(transcript: string): Codes {
  return { code: digits('code', transcript), answer: digits('answer', transcript) };
}

/** The laptop's signature, in base64: only the holder of `privateKey` (OpenSSH's format) can make it. */
export function signTranscript(transcript: string, privateKey: string): string {
  return signWith(privateKey, transcript);
}

export function isSignedBy(key: string, transcript: string, signature: string): boolean {
  return verifySignature(lineOf(key), transcript, signature);
}

/** 48 bits modulo a million: no value is more likely than another by more than 4 in a billion. */
function digits(purpose: string, transcript: string): string {
  const hex = sha256(`ds-backup ${purpose} 1\n${transcript}`);
  return String(Number.parseInt(hex.slice(0, 12), 16) % 1_000_000).padStart(6, '0');
}

function lineOf(key: string): string {
  return parsePublicKey(key).line;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
