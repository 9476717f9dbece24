/**
 * Random tokens for cookies and one-time links. Only their hashes are kept on the server.
 */
import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits in base64url, 43 characters. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** The SHA-256 of a token in base64url: what is kept of it. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
