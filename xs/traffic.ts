/**
 * Leases for those who transfer and places for those who wait (X1). `admit.ts` decides; this class
 * keeps what it decides about: in memory, for after a restart of the server nobody transfers.
 */
import type { Clock } from '../shared/clock.ts';
import type { Serial } from '../shared/ids.ts';
import { type Admission, admit, freePercent, type Lease, type TrafficRules } from './admit.ts';
import type { DiskFacts } from './disk.ts';
import type { Pace } from './forecast.ts';
import { type Pressure, slotsFor } from './pressure.ts';
import { type Asker, NEVER, nextPlace, type Purpose, type Waiter } from './queue.ts';

export interface Question {
  serial: Serial;
  purpose: Purpose;
  /** As `subnetOf` names it. */
  subnet?: string | undefined;
}

export interface Load {
  disk: DiskFacts;
  pressure: Pressure;
}

/** Until this server has seen some backups, in milliseconds: 40 s each, and 8 s as in `test/sim`. */
const FIRST_PACE: Pace = { transfer: 40_000, gap: 8000 };
/** The weight of the newest transfer in the moving average: some ten of them count. */
const NEWEST_WEIGHT = 0.1;

export class Traffic {
  readonly #leases = new Map<Serial, Lease>();
  readonly #queue = new Map<Serial, Waiter>();
  readonly #sessions = new Map<Serial, number>();
  readonly #successes = new Map<Serial, number>();
  readonly #clock: Clock;
  readonly #rules: TrafficRules;
  #pace: Pace = FIRST_PACE;
  /** When slots became free for which somebody waits. */
  #freed: number[] = [];

  constructor(clock: Clock, rules: TrafficRules) {
    this.#clock = clock;
    this.#rules = rules;
  }

  /** Asks for a lease and takes it, or a time to come again and notes it. */
  ask({ serial, purpose, subnet }: Question, { disk, pressure }: Load): Admission {
    const now = this.#clock.monotonicMs();
    this.#forgetThePast(now);
    const asker: Asker = { purpose, subnet, lastSuccess: this.#successes.get(serial) ?? NEVER };
    const capacity = { disk, slots: slotsFor(this.#rules, pressure, freePercent(disk)) };
    const state = { leases: this.#leases, queue: this.#queue, pace: this.#pace };
    const answer = admit(serial, asker, state, capacity, this.#rules, now);
    if (answer.admit) {
      const old = this.#leases.get(serial);
      const lease = old ?? { purpose, subnet, started: now, expires: 0 };
      const freed = old || purpose === 'restore' ? undefined : this.#freed.shift();
      if (freed !== undefined) this.#notePace({ gap: now - freed });
      this.#leases.set(serial, { ...lease, expires: this.#nextExpiry(now) });
      this.#queue.delete(serial);
    } else if (answer.reason !== 'disk-full') {
      const at = now + answer.retryAfterSeconds * 1000;
      this.#queue.set(serial, nextPlace(this.#queue.get(serial), asker, at, now));
    }
    return answer;
  }

  /** A Journal is known to be safe since `time`, by the wall clock. */
  noteSuccess(serial: Serial, time: Date): void {
    this.#successes.set(serial, time.getTime());
  }

  /** A laptop's control channel opened; its lease lives as long as one is open. */
  sessionOpened(serial: Serial): void {
    this.#sessions.set(serial, (this.#sessions.get(serial) ?? 0) + 1);
  }

  /** The last channel's end gives the lease back at once. */
  sessionClosed(serial: Serial): void {
    const open = (this.#sessions.get(serial) ?? 1) - 1;
    if (open > 0) {
      this.#sessions.set(serial, open);
      return;
    }
    this.#sessions.delete(serial);
    this.#giveBack(serial, this.#clock.monotonicMs());
  }

  /** A laptop without a control channel (the original client) was seen transferring. */
  renew(serial: Serial): void {
    const lease = this.#leases.get(serial);
    if (lease) lease.expires = this.#nextExpiry(this.#clock.monotonicMs());
  }

  release(serial: Serial): void {
    if (!this.#sessions.has(serial)) this.#giveBack(serial, this.#clock.monotonicMs());
  }

  /** Holders of live leases that have no control channel open. */
  leasesWithoutSession(): Serial[] {
    this.#forgetThePast(this.#clock.monotonicMs());
    return [...this.#leases.keys()].filter((serial) => !this.#sessions.has(serial));
  }

  get liveLeases(): number {
    this.#forgetThePast(this.#clock.monotonicMs());
    return this.#leases.size;
  }

  /** As measured: vanished laptops hold their slots as well. */
  get pace(): Pace {
    return this.#pace;
  }

  #nextExpiry(now: number): number {
    return now + this.#rules.leaseSeconds * 1000;
  }

  #giveBack(serial: Serial, now: number): void {
    const lease = this.#leases.get(serial);
    if (!this.#leases.delete(serial) || lease?.purpose !== 'backup') return;
    this.#notePace({ transfer: now - lease.started });
    if (this.#queue.size > 0) this.#freed.push(now);
    else this.#freed = [];
  }

  #notePace(newest: Partial<Pace>): void {
    const { transfer, gap } = this.#pace;
    this.#pace = {
      transfer: transfer + ((newest.transfer ?? transfer) - transfer) * NEWEST_WEIGHT,
      gap: gap + ((newest.gap ?? gap) - gap) * NEWEST_WEIGHT,
    };
  }

  #forgetThePast(now: number): void {
    for (const serial of this.#sessions.keys()) {
      const lease = this.#leases.get(serial);
      if (lease) lease.expires = this.#nextExpiry(now);
    }
    for (const [serial, { expires }] of this.#leases) {
      if (expires <= now) this.#giveBack(serial, expires);
    }
    for (const [serial, { until }] of this.#queue) {
      if (until <= now) this.#queue.delete(serial);
    }
  }
}
