/**
 * One SSH session for several questions: a child who looks at pictures asks for many, and a handshake
 * takes as long as thirty of them. Given up when nobody asks for a while.
 */
import { asDsError } from '../../shared/errors.ts';
import type { Context } from '../context.ts';
import { prepareProfile } from '../profile.ts';
import { openLookaround, type Session } from './session.ts';

/** Without a question, in milliseconds. */
const QUIET_MS = 30_000;

export class Lookaround implements AsyncDisposable {
  readonly #context: Context;
  #session: Promise<Session> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Asks with the session there is, or a new one; once more when the old one turns out dead. */
  async ask<T>(question: (session: Session) => Promise<T>): Promise<T> {
    clearTimeout(this.#timer);
    const isOld = this.#session !== undefined;
    try {
      return await question(await this.#open());
    } catch (error) {
      const isGone = asDsError(error).code === 'server-unreachable';
      if (isGone) await this.#close();
      if (!isGone || !isOld || this.#context.signal.aborted) throw error;
      return await question(await this.#open());
    } finally {
      this.#timer = setTimeout(() => void this.#close(), QUIET_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    await this.#close();
  }

  #open(): Promise<Session> {
    if (this.#session) return this.#session;
    prepareProfile(this.#context);
    const opening = openLookaround(this.#context);
    this.#session = opening;
    opening.catch(() => {
      if (this.#session === opening) this.#session = undefined;
    });
    return opening;
  }

  async #close(): Promise<void> {
    const session = await this.#session?.catch(() => undefined);
    this.#session = undefined;
    await session?.[Symbol.asyncDispose]();
  }
}
