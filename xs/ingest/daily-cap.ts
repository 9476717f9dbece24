/**
 * Limits the backups of a laptop within 24 hours: enough for any child, too few for a faulty program
 * to push history out. Counted by the dates of the snapshots while the clock is trusted, else by
 * what this process has seen: a server that starts on the same date every day must go on taking
 * backups.
 */
import type { Clock } from '../../shared/clock.ts';
import { DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import type { Manifest } from '../../shared/protocol/messages.ts';

const DAY_MS = 86_400_000;

export class DailyCap {
  readonly #clock: Clock;
  readonly #perDay: number;
  readonly #trusted: () => boolean;
  readonly #made = new Map<Serial, number[]>();

  constructor(clock: Clock, perDay: number, trusted: () => boolean) {
    this.#clock = clock;
    this.#perDay = perDay;
    this.#trusted = trusted;
  }

  /** Throws `server-refused` when a laptop has made its backups of the last 24 hours. */
  check(serial: Serial, snapshots: readonly Pick<Manifest, 'created'>[]): void {
    const seen = this.#trusted() ? this.#byDate(snapshots) : this.#byUptime(serial);
    if (seen < this.#perDay) return;
    throw new DsError(
      'server-refused',
      `the limit of ${this.#perDay} backups within 24 hours is reached`,
      {
        hint: 'the next one is taken tomorrow; what was safe stays safe',
      },
    );
  }

  /** A backup was made. */
  note(serial: Serial): void {
    this.#made.set(serial, [...this.#recent(serial), this.#clock.monotonicMs()]);
  }

  #byDate(snapshots: readonly Pick<Manifest, 'created'>[]): number {
    const now = this.#clock.now().getTime();
    return snapshots.filter(({ created }) => Math.abs(now - Date.parse(created)) < DAY_MS).length;
  }

  #byUptime(serial: Serial): number {
    return this.#recent(serial).length;
  }

  #recent(serial: Serial): number[] {
    const now = this.#clock.monotonicMs();
    return (this.#made.get(serial) ?? []).filter((time) => now - time < DAY_MS);
  }
}
