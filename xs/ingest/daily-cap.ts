/**
 * Limits the backups of a laptop within 24 hours: enough for any child, too few for a faulty program
 * to push history out. Those since the machine was started are counted by the timeline. Those before are
 * counted by their dates, and for half of the limit at most: a server whose clock stands still while it
 * is off, or starts on the same date every day, must go on taking backups. Runs that came to nothing
 * count as well, four as one: reading what they sent is work, too.
 */

import { type Clock, DAY_MS } from '../../shared/clock.ts';
import { DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import type { Manifest } from '../../shared/protocol/messages.ts';
import type { Timeline } from '../retention/timeline.ts';

type Dated = Pick<Manifest, 'created' | 'clock'>;
/** So many failed runs count as one backup. A laptop on a bad network needs a few. */
const FAILED_AS_ONE = 4;

export class DailyCap {
  readonly #clock: Clock;
  readonly #perDay: number;
  readonly #timeline: Pick<Timeline, 'now'>;
  readonly #made = new Map<Serial, number[]>();
  readonly #failed = new Map<Serial, number[]>();

  constructor(clock: Clock, perDay: number, timeline: Pick<Timeline, 'now'>) {
    this.#clock = clock;
    this.#perDay = perDay;
    this.#timeline = timeline;
  }

  /** Whether a laptop may make another backup now. */
  admits(serial: Serial, snapshots: readonly Dated[]): boolean {
    const { sure, earlier } = this.#count(snapshots);
    const made = Math.max(sure, this.#recent(this.#made, serial).length);
    const seen = made + Math.min(earlier, Math.floor(this.#perDay / 2));
    const failed = this.#recent(this.#failed, serial).length;
    return seen + Math.floor(failed / FAILED_AS_ONE) < this.#perDay;
  }

  /** Whether a snapshot is of the last 24 hours, as `admits` counts them. */
  isRecent(snapshot: Dated): boolean {
    const { sure, earlier } = this.#count([snapshot]);
    return sure + earlier > 0;
  }

  /** Throws `server-refused` when a laptop has made its backups of the last 24 hours. */
  check(serial: Serial, snapshots: readonly Dated[]): void {
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

  /** `sure`: since the machine was started. `earlier`: before, if the dates are right. */
  #count(snapshots: readonly Dated[]): { sure: number; earlier: number } {
    const now = this.#timeline.now();
    const isRecent = ({ created }: Dated) =>
      Math.abs(now.time.getTime() - Date.parse(created)) < DAY_MS;
    const since = snapshots.filter(({ clock }) => clock?.boot === now.boot);
    const before = snapshots.filter(({ clock }) => clock?.boot !== now.boot && !clock?.doubted);
    return {
      sure: since.filter(({ clock }) => now.at - (clock?.at ?? 0) < DAY_MS).length,
      earlier: now.trusted ? before.filter(isRecent).length : 0,
    };
  }

  #add(times: Map<Serial, number[]>, serial: Serial): void {
    times.set(serial, [...this.#recent(times, serial), this.#clock.monotonicMs()]);
  }

  #recent(times: ReadonlyMap<Serial, number[]>, serial: Serial): number[] {
    const now = this.#clock.monotonicMs();
    return (times.get(serial) ?? []).filter((time) => now - time < DAY_MS);
  }
}
