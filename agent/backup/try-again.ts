/**
 * A link that is cut for a moment, as Wi-Fi is, does not end a run: it is tried again while the server keeps
 * the laptop's place.
 */
import { asDsError } from '../../shared/errors.ts';
import type { Context } from '../context.ts';

/** A place at school is kept for so long after a connection was lost, in milliseconds. */
const LEASE_MS = 120_000;
/** Pauses before the first and any further attempt, in milliseconds: a cut is over soon, or takes its time. */
const FIRST_PAUSE_MS = 2000;
const PAUSE_MS = 15_000;
/** So many connections are lost in one run before it is left to the next one. */
const MAX_LOST = 4;

/** Called by an attempt when it has lost a connection that it had. */
export type OnLost = () => void;

/**
 * Runs `attempt`, again when the server is lost in it. What was transferred is kept, so each attempt goes on
 * where the last one stopped. Throws what the last attempt threw.
 */
export async function whileLeaseLives<T>(
  { clock, signal, warn }: Pick<Context, 'clock' | 'signal' | 'warn'>,
  attempt: (onLost: OnLost) => Promise<T>,
): Promise<T> {
  let lost = 0;
  let lostMs = Number.NEGATIVE_INFINITY;
  for (;;) {
    let pauseMs = PAUSE_MS;
    try {
      return await attempt(() => {
        lost += 1;
        lostMs = clock.monotonicMs();
        pauseMs = FIRST_PAUSE_MS;
      });
    } catch (error) {
      const { code, retry, message } = asDsError(error);
      const isLost = retry && (code === 'transfer' || code === 'server-unreachable');
      const isOver = lost >= MAX_LOST || clock.monotonicMs() - lostMs + pauseMs > LEASE_MS;
      if (signal.aborted || !isLost || isOver) throw error;
      warn(`${message}; trying again`);
      await clock.sleep(pauseMs, signal);
    }
  }
}
