/**
 * Whether Sugar's shell stands still: its main loop is asked ten times a second, and the longest wait for an
 * answer is what a child sees as a frozen screen.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '../../shared/system/bus.ts';
import { waitFor } from '../runner/patience.ts';

const SHELL = {
  ...{ name: 'org.laptop.Shell', path: '/org/laptop/Shell' },
  iface: 'org.freedesktop.DBus.Peer',
};
const EVERY_MS = 100;

export class ShellPulse implements AsyncDisposable {
  readonly #bus: Bus;
  /** When the asked ones were asked, by the clock of `performance`. */
  readonly #asked = new Set<number>();
  #longestMs = 0;
  #isOver = false;
  readonly #asking: Promise<void>;

  constructor(bus: Bus) {
    this.#bus = bus;
    this.#asking = this.#ask();
  }

  /** The longest wait since the last call, in milliseconds, also one that is not over. */
  longest(): number {
    const now = performance.now();
    const longest = Math.max(this.#longestMs, ...[...this.#asked].map((at) => now - at));
    this.#longestMs = 0;
    return Math.round(longest);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#asking;
    await waitFor('the last answers of the shell', async () => this.#asked.size === 0);
  }

  async #ask(): Promise<void> {
    while (!this.#isOver) {
      const at = performance.now();
      this.#asked.add(at);
      void this.#bus.call(SHELL, 'Ping', '', []).finally(() => {
        this.#asked.delete(at);
        this.#longestMs = Math.max(this.#longestMs, performance.now() - at);
      });
      await sleep(EVERY_MS);
    }
  }
}
