/**
 * One SSH session for many requests: a child who looks at pictures asks for many, and an SSH handshake
 * takes as long as thirty of them. Closed when nobody has asked for a while.
 */
import { asDsError } from '../../shared/errors.ts';
import type { Context } from '../context.ts';
import { openWorkplace } from '../workplace.ts';
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
  /** Requests that have no answer yet. */
  #running = 0;

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
    this.#running += 1;
    const wasOpen = this.#session !== undefined;
    const used = this.#open();
    try {
      return await request(await used);
    } catch (error) {
      const isDead = asDsError(error).code === 'server-unreachable';
      if (isDead) await this.#close(used);
      if (!isDead || !wasOpen || this.#context.signal.aborted) throw error;
      return await request(await this.#open());
    } finally {
      this.#running -= 1;
      clearTimeout(this.#timer);
      if (this.#running === 0) this.#timer = setTimeout(() => this.#rest(), this.#idleMs);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#session) await this.#close(this.#session);
  }

  #rest(): void {
    // What is idle has nothing left to lose.
    if (this.#session) this.#close(this.#session).catch(() => {});
  }

  #open(): Promise<Session> {
    if (this.#session) return this.#session;
    const opening = this.#prepareAndOpen();
    this.#session = opening;
    opening.catch(() => {
      if (this.#session === opening) this.#session = undefined;
    });
    return opening;
  }

  async #prepareAndOpen(): Promise<Session> {
    using _workplace = openWorkplace(this.#context);
    return await this.#openSession(this.#context);
  }

  async #close(closing: Promise<Session>): Promise<void> {
    // Whoever asks from now on opens a new one.
    if (this.#session === closing) this.#session = undefined;
    const session = await closing?.catch(() => undefined); // a failed opening has nothing to close
    await session?.[Symbol.asyncDispose]();
  }
}
