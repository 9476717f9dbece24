/**
 * Limits the backups of a laptop within 24 hours: enough for any child, too few for a faulty program
 * to push history out. Counted by the dates of the snapshots while the clock is trusted, else by
 * what this process has seen: a server that starts on the same date every day must go on taking
 * backups. Runs that came to nothing count as well, four as one: reading what they sent is work, too.
 */
import type { Clock } from '../../shared/clock.ts';
import { DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import type { Manifest } from '../../shared/protocol/messages.ts';

const DAY_MS = 86_400_000;
/** So many failed runs count as one backup. A laptop on a bad network needs a few. */
const FAILED_AS_ONE = 4;

export class DailyCap {
  readonly #clock: Clock;
  readonly #perDay: number;
  readonly #trusted: () => boolean;
  readonly #made = new Map<Serial, number[]>();
  readonly #failed = new Map<Serial, number[]>();

  constructor(clock: Clock, perDay: number, trusted: () => boolean) {
    this.#clock = clock;
    this.#perDay = perDay;
    this.#trusted = trusted;
  }

  /** Whether a laptop may make another backup now. */
  admits(serial: Serial, snapshots: readonly Pick<Manifest, 'created'>[]): boolean {
    const seen = this.#trusted()
      ? this.#byDate(snapshots)
      : this.#recent(this.#made, serial).length;
    const failed = this.#recent(this.#failed, serial).length;
    return seen + Math.floor(failed / FAILED_AS_ONE) < this.#perDay;
  }

  /** Whether a snapshot is of the last 24 hours, as `admits` counts them; of the newest one only. */
  isRecent(serial: Serial, newest: Pick<Manifest, 'created'>): boolean {
    return this.#trusted()
      ? this.#byDate([newest]) > 0
      : this.#recent(this.#made, serial).length > 0;
  }

  /** Throws `server-refused` when a laptop has made its backups of the last 24 hours. */
  check(serial: Serial, snapshots: readonly Pick<Manifest, 'created'>[]): void {
    if (this.admits(serial, snapshots)) return;
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
    this.#add(this.#made, serial);
  }

  /** A run came to nothing, whatever the reason. */
  noteFailure(serial: Serial): void {
    this.#add(this.#failed, serial);
  }

  #byDate(snapshots: readonly Pick<Manifest, 'created'>[]): number {
    const now = this.#clock.now().getTime();
    return snapshots.filter(({ created }) => Math.abs(now - Date.parse(created)) < DAY_MS).length;
  }

  #add(times: Map<Serial, number[]>, serial: Serial): void {
    times.set(serial, [...this.#recent(times, serial), this.#clock.monotonicMs()]);
  }

  #recent(times: ReadonlyMap<Serial, number[]>, serial: Serial): number[] {
    const now = this.#clock.monotonicMs();
    return (times.get(serial) ?? []).filter((time) => now - time < DAY_MS);
  }
}
