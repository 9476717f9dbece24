/**
 * The session of a backup, opened as early as it is known to be needed: SSH shakes hands while the rest
 * of the Journal is scanned. Whatever was begun is closed at the end.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../context.ts';
import { openSession, type Session } from '../school/session.ts';

/** How long an ssh may take to end after an rsync over it has failed. */
const LOOKS = 20;
const BETWEEN_LOOKS_MS = 100;

export class OpeningSession implements AsyncDisposable {
  readonly #open: () => Promise<Session>;
  #session: Promise<Session> | undefined;

  /** `wait`: whether to wait for admission, or to give up with `server-busy`. */
  constructor(
    context: Context,
    wait: boolean,
    open = () => openSession(context, { purpose: 'backup', wait }),
  ) {
    this.#open = open;
  }

  get hasBegun(): boolean {
    return this.#session !== undefined;
  }

  /** Begins once; resolves when the session is open, for everybody who asks. */
  begin(): Promise<Session> {
    this.#session ??= this.#open();
    this.#session.catch(() => {}); // thrown to whoever awaits it; a failed scan comes first
    return this.#session;
  }

  /** Whether it was open, and its connection is gone, or about to end: rsync may notice that before ssh does. */
  async isLost(): Promise<boolean> {
    const session = await this.#session?.catch(() => undefined);
    for (let look = 0; session && look < LOOKS; look += 1) {
      if ((await session.connection.failure()) !== undefined) return true;
      await sleep(BETWEEN_LOOKS_MS);
    }
    return false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const session = await this.#session?.catch(() => undefined);
    await session?.[Symbol.asyncDispose]();
  }
}
