/**
 * How many control channels a laptop may have open at once: its agent, the activity and a terminal need one
 * each. Whoever has a key could otherwise use up the descriptors and processes of all.
 */
import type { Socket } from 'node:net';
import type { Serial } from '../../shared/ids.ts';

const MAX_CHANNELS = 12;

export class ChannelLimit {
  readonly #open = new Map<Serial, number>();

  /** Counts this channel until it closes; false where the laptop has enough already. */
  admit(serial: Serial, socket: Socket): boolean {
    const count = this.#open.get(serial) ?? 0;
    if (count >= MAX_CHANNELS) return false;
    this.#open.set(serial, count + 1);
    socket.once('close', () => {
      const left = (this.#open.get(serial) ?? 1) - 1;
      if (left > 0) this.#open.set(serial, left);
      else this.#open.delete(serial);
    });
    return true;
  }
}
