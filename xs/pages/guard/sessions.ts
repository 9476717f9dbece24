/**
 * Who is signed on to the pages. A browser holds a random number of 256 bits in a cookie; here only its
 * hash is kept, in memory: a restart signs everybody off, and nothing on the disk is worth stealing.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../shared/clock.ts';
import type { Serial } from '../../../shared/ids.ts';

/** A child is known by her laptop. A teacher's `stamp` changes with the password. */
export type Visitor =
  | { role: 'child'; serial: Serial }
  | { role: 'teacher'; name: string; stamp: string };

/** How long a session lives, in milliseconds: without being used, and at all. */
const LIMITS = {
  child: { idle: 60 * 60_000, all: 6 * 60 * 60_000 },
  teacher: { idle: 30 * 60_000, all: 8 * 60 * 60_000 },
} as const;
/** At once; a laptop or a teacher has so many browsers, and a school so many of either. */
const MAX_EACH = 8;
const MAX_ALL = 5000;
/** What a cookie of ours looks like: 32 bytes in base64url. */
const TOKEN = /^[\w-]{43}$/;

interface Session {
  visitor: Visitor;
  begun: number;
  used: number;
}

export class Sessions {
  readonly #clock: Clock;
  readonly #sessions = new Map<string, Session>();
  /** Signs what forms carry; made anew at each start. */
  readonly #secret = randomBytes(32);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A new session; the token for the cookie. */
  begin(visitor: Visitor): string {
    this.#makeRoom(visitor);
    const token = newToken();
    const now = this.#clock.monotonicMs();
    this.#sessions.set(hashOf(token), { visitor, begun: now, used: now });
    return token;
  }

  /** Undefined for what is forged, has ended or has expired. Looking counts as use. */
  find(token: string | undefined): Visitor | undefined {
    if (token === undefined || !TOKEN.test(token)) return undefined;
    const session = this.#sessions.get(hashOf(token));
    if (!session) return undefined;
    const now = this.#clock.monotonicMs();
    if (isOver(session, now)) {
      this.#sessions.delete(hashOf(token));
      return undefined;
    }
    session.used = now;
    return session.visitor;
  }

  end(token: string | undefined): void {
    if (token !== undefined) this.#sessions.delete(hashOf(token));
  }

  /** Ends all of a teacher's, or of a laptop's. */
  endAll(visitor: Visitor): void {
    for (const [hash, session] of this.#sessions) {
      if (nameOf(session.visitor) === nameOf(visitor)) this.#sessions.delete(hash);
    }
  }

  /** What a form of this browser has to carry: bound to its cookie, so that no other site knows it. */
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
    // A map keeps the order in which they began.
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

/** 256 bits of chance, for a cookie or a link. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

function isOver({ visitor, begun, used }: Session, now: number): boolean {
  const { idle, all } = LIMITS[visitor.role];
  return now - used > idle || now - begun > all;
}

function nameOf(visitor: Visitor): string {
  return visitor.role === 'child' ? `child ${visitor.serial}` : `teacher ${visitor.name}`;
}
