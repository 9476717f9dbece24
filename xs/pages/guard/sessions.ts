/**
 * Sessions of the pages. A browser holds a random token of 256 bits in a cookie; only its hash is kept
 * here, in memory: a restart signs everybody out, and no secret is written to disk.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../shared/clock.ts';
import type { Serial } from '../../../shared/ids.ts';
import type { Giver } from '../../admin/teachers.ts';
import { newToken, tokenHash } from '../../api/tokens.ts';

/**
 * A child is known by her laptop, and by the account of a Moodle if that signed her on; `code`: somebody gave
 * her one, null at the terminal, and the session ends with that account. A teacher's `stamp`
 * changes with the password.
 */
export type Visitor =
  | { role: 'child'; serial: Serial; moodle?: string; code?: { by: Giver | null } }
  | { role: 'teacher'; name: string; stamp: string };

/** Lifetime of a session in milliseconds: without use, and in total. */
const LIMITS = {
  child: { idle: 60 * 60_000, all: 6 * 60 * 60_000 },
  teacher: { idle: 30 * 60_000, all: 8 * 60 * 60_000 },
  /** A child whom Moodle brought, perhaps on a computer of many: it brings her again with one touch. */
  moodle: { idle: 15 * 60_000, all: 2 * 60 * 60_000 },
} as const;
/** Concurrent sessions of one laptop or teacher, and of the school. */
const MAX_EACH = 8;
const MAX_ALL = 5000;
/** 32 bytes in base64url. */
const TOKEN = /^[\w-]{43}$/;

interface Session {
  visitor: Visitor;
  /** Begun over HTTPS: its token is worth nothing in clear, and the other way round. */
  secure: boolean;
  begun: number;
  used: number;
}

export class Sessions {
  readonly #clock: Clock;
  readonly #sessions = new Map<string, Session>();
  /** Key of form tokens; new at each start. */
  readonly #secret = randomBytes(32);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins a session and returns the token for the cookie. */
  begin(visitor: Visitor, secure: boolean): string {
    this.#makeRoom(visitor);
    const token = newToken();
    const now = this.#clock.monotonicMs();
    this.#sessions.set(tokenHash(token), { visitor, secure, begun: now, used: now });
    return token;
  }

  /**
   * Undefined for a forged, ended or expired token, and for one that comes another way than it went.
   * Finding a session counts as use.
   */
  find(token: string | undefined, secure: boolean): Visitor | undefined {
    if (token === undefined || !TOKEN.test(token)) return undefined;
    const session = this.#sessions.get(tokenHash(token));
    if (session?.secure !== secure) return undefined;
    const now = this.#clock.monotonicMs();
    if (isOver(session, now)) {
      this.#sessions.delete(tokenHash(token));
      return undefined;
    }
    session.used = now;
    return session.visitor;
  }

  end(token: string | undefined): void {
    if (token !== undefined) this.#sessions.delete(tokenHash(token));
  }

  /** Ends all sessions of this teacher or laptop. */
  endAll(visitor: Visitor): void {
    for (const [hash, session] of this.#sessions) {
      if (nameOf(session.visitor) === nameOf(visitor)) this.#sessions.delete(hash);
    }
  }

  /** Ends those of laptops of which `isOver` holds. */
  endChildren(isOver: (serial: Serial) => boolean): void {
    for (const [hash, { visitor }] of this.#sessions) {
      if (visitor.role === 'child' && isOver(visitor.serial)) this.#sessions.delete(hash);
    }
  }

  /** The token that this browser's forms carry: bound to its cookie, unknown to other sites. */
  formToken(cookie: string): string {
    return createHmac('sha256', this.#secret).update(cookie).digest('base64url');
  }

  isFormToken(cookie: string | undefined, token: unknown): boolean {
    if (cookie === undefined || typeof token !== 'string') return false;
    const [given, right] = [Buffer.from(token), Buffer.from(this.formToken(cookie))];
    return given.length === right.length && timingSafeEqual(given, right);
  }

  #makeRoom(visitor: Visitor): void {
    const now = this.#clock.monotonicMs();
    for (const [hash, session] of this.#sessions) {
      if (isOver(session, now)) this.#sessions.delete(hash);
    }
    // A map keeps insertion order: the oldest come first.
    const own = [...this.#sessions].filter(([, one]) => nameOf(one.visitor) === nameOf(visitor));
    for (const [hash] of own.slice(0, Math.max(0, own.length - MAX_EACH + 1))) {
      this.#sessions.delete(hash);
    }
    for (const [hash] of this.#sessions) {
      if (this.#sessions.size < MAX_ALL) break;
      this.#sessions.delete(hash);
    }
  }
}

function isOver({ visitor, begun, used }: Session, now: number): boolean {
  const isBrought = visitor.role === 'child' && visitor.moodle !== undefined;
  const { idle, all } = LIMITS[isBrought ? 'moodle' : visitor.role];
  return now - used > idle || now - begun > all;
}

function nameOf(visitor: Visitor): string {
  return visitor.role === 'child' ? `child ${visitor.serial}` : `teacher ${visitor.name}`;
}
