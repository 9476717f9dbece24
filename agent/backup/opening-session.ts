/**
 * The session of a backup, opened as early as it is known to be needed: SSH shakes hands while the rest
 * of the Journal is scanned. Whatever was begun is closed at the end.
 */
import type { Context } from '../context.ts';
import { openSession, type Session } from '../school/session.ts';

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

  /** Whether it was open, and its connection is gone. */
  async isLost(): Promise<boolean> {
    const session = await this.#session?.catch(() => undefined);
    return (await session?.connection.failure()) !== undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const session = await this.#session?.catch(() => undefined);
    await session?.[Symbol.asyncDispose]();
  }
}
