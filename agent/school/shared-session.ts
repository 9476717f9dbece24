/**
 * One SSH session for many requests: a child who looks at pictures asks for many, and an SSH handshake
 * takes as long as thirty of them. Closed when nobody has asked for a while.
 */
import { asDsError } from '../../shared/errors.ts';
import type { Context } from '../context.ts';
import { prepareProfile } from '../profile.ts';
import { openControlSession, type Session } from './session.ts';

/** An idle session is closed after this, in milliseconds. */
const IDLE_MS = 30_000;

export interface SharedSessionOptions {
  idleMs?: number;
  open?: (context: Context) => Promise<Session>;
}

export class SharedSession implements AsyncDisposable {
  readonly #context: Context;
  readonly #idleMs: number;
  readonly #openSession: (context: Context) => Promise<Session>;
  #session: Promise<Session> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    context: Context,
    { idleMs = IDLE_MS, open = openControlSession }: SharedSessionOptions = {},
  ) {
    this.#context = context;
    this.#idleMs = idleMs;
    this.#openSession = open;
  }

  /**
   * Makes a request over the open session, or a new one. When a session that was open before turns out
   * to be dead, the request is repeated once over a new one.
   */
  async ask<T>(request: (session: Session) => Promise<T>): Promise<T> {
    clearTimeout(this.#timer);
    const wasOpen = this.#session !== undefined;
    try {
      return await request(await this.#open());
    } catch (error) {
      const isDead = asDsError(error).code === 'server-unreachable';
      if (isDead) await this.#close();
      if (!isDead || !wasOpen || this.#context.signal.aborted) throw error;
      return await request(await this.#open());
    } finally {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.#close(), this.#idleMs);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    await this.#close();
  }

  #open(): Promise<Session> {
    if (this.#session) return this.#session;
    prepareProfile(this.#context);
    const opening = this.#openSession(this.#context);
    this.#session = opening;
    opening.catch(() => {
      if (this.#session === opening) this.#session = undefined;
    });
    return opening;
  }

  async #close(): Promise<void> {
    const closing = this.#session;
    this.#session = undefined; // whoever asks from now on opens a new one
    const session = await closing?.catch(() => undefined); // a failed opening has nothing to close
    await session?.[Symbol.asyncDispose]();
  }
}
