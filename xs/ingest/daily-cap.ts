/**
 * Limits the backups of a laptop within 24 hours: enough for any child, too few for a faulty program
 * to push history out. Those since the machine was started are counted by the timeline. Those before are
 * counted by their dates, and for half of the limit at most: a server whose clock stands still while it
 * is off, or starts on the same date every day, must go on taking backups. Runs that came to nothing
 * count as well, four as one: reading what they sent is work, too. Where two laptops answer to one name, what the
 * second did is not the first one's.
 */

import { type Clock, DAY_MS } from '../../shared/clock.ts';
import { DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import type { Manifest } from '../../shared/protocol/messages.ts';
import type { Timeline } from '../retention/timeline.ts';

type Dated = Pick<Manifest, 'created' | 'clock'>;
/** So many failed runs count as one backup. A laptop on a bad network needs a few. */
const FAILED_AS_ONE = 4;

interface Run {
  /** On the monotonic clock, in milliseconds. */
  at: number;
  /** Which agent made it, as far as it says so. */
  by: string | undefined;
}

export class DailyCap {
  readonly #clock: Clock;
  readonly #perDay: number;
  readonly #timeline: Pick<Timeline, 'now'>;
  readonly #made = new Map<Serial, Run[]>();
  readonly #failed = new Map<Serial, Run[]>();

  constructor(clock: Clock, perDay: number, timeline: Pick<Timeline, 'now'>) {
    this.#clock = clock;
    this.#perDay = perDay;
    this.#timeline = timeline;
  }

  /** Whether a laptop may make another backup now. Runs of the agents `but` are another laptop's. */
  admits(serial: Serial, snapshots: readonly Dated[], but: readonly string[] = []): boolean {
    const { sure, earlier } = this.#count(snapshots);
    const count = (runs: ReadonlyMap<Serial, Run[]>) =>
      this.#recent(runs, serial).filter(({ by }) => by === undefined || !but.includes(by)).length;
    const made = Math.max(sure, count(this.#made));
    const seen = made + Math.min(earlier, Math.floor(this.#perDay / 2));
    return seen + Math.floor(count(this.#failed) / FAILED_AS_ONE) < this.#perDay;
  }

  /** Whether a snapshot is of the last 24 hours, as `admits` counts them. */
  isRecent(snapshot: Dated): boolean {
    const { sure, earlier } = this.#count([snapshot]);
    return sure + earlier > 0;
  }

  /** Throws `server-refused` when a laptop has made its backups of the last 24 hours. */
  check(serial: Serial, snapshots: readonly Dated[], but: readonly string[] = []): void {
    if (this.admits(serial, snapshots, but)) return;
    throw new DsError(
      'server-refused',
      `the limit of ${this.#perDay} backups within 24 hours is reached`,
      {
        hint: 'the next one is taken tomorrow; what was safe stays safe',
      },
    );
  }

  /** A backup was made, by this agent. */
  note(serial: Serial, by?: string): void {
    this.#add(this.#made, serial, by);
  }

  /** A run of this agent came to nothing, whatever the reason. */
  noteFailure(serial: Serial, by?: string): void {
    this.#add(this.#failed, serial, by);
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

  #add(runs: Map<Serial, Run[]>, serial: Serial, by: string | undefined): void {
    runs.set(serial, [...this.#recent(runs, serial), { at: this.#clock.monotonicMs(), by }]);
  }

  #recent(runs: ReadonlyMap<Serial, Run[]>, serial: Serial): Run[] {
    const now = this.#clock.monotonicMs();
    return (runs.get(serial) ?? []).filter(({ at }) => now - at < DAY_MS);
  }
}
