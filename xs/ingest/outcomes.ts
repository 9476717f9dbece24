/** What became of each laptop's last run, and who waits to hear it. In memory only. */
import type { RunId, Serial } from '../../shared/ids.ts';
import type { Outcome } from '../../shared/protocol/messages.ts';

export class Outcomes {
  readonly #last = new Map<Serial, { run: RunId; outcome: Outcome }>();
  readonly #listeners = new Map<Serial, Set<() => void>>();
  readonly #onOutcome: (serial: Serial, outcome: Outcome) => void;
  #closed = false;

  constructor(onOutcome: (serial: Serial, outcome: Outcome) => void = () => {}) {
    this.#onOutcome = onOutcome;
  }

  /** The outcome of this run; undefined when another run, or none, was the last. */
  get(serial: Serial, run: RunId): Outcome | undefined {
    const last = this.#last.get(serial);
    return last?.run === run ? last.outcome : undefined;
  }

  set(serial: Serial, run: RunId, outcome: Outcome): void {
    this.#last.set(serial, { run, outcome });
    this.#onOutcome(serial, outcome);
    this.notify(serial);
  }

  /** Resolves when `isFinal` holds (asked now and after each change), after `ms`, or at the end. */
  async wait(serial: Serial, isFinal: () => boolean, ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const listeners = this.#listeners.get(serial) ?? new Set();
      this.#listeners.set(serial, listeners);
      const finish = () => {
        listeners.delete(check);
        if (listeners.size === 0) this.#listeners.delete(serial);
        clearTimeout(timer);
        resolve();
      };
      const check = () => {
        if (isFinal() || this.#closed) finish();
      };
      const timer = setTimeout(finish, ms);
      listeners.add(check);
      check();
    });
  }

  /** Something changed that may make an outcome final. */
  notify(serial: Serial): void {
    for (const listener of [...(this.#listeners.get(serial) ?? [])]) listener();
  }

  /** Nobody waits any longer. */
  close(): void {
    this.#closed = true;
    for (const serial of [...this.#listeners.keys()]) this.notify(serial);
  }
}
