/**
 * Leases for those who transfer and places for those who wait (X1). `admit.ts` decides; this class
 * keeps what it decides about: in memory, for after a restart of the server nobody transfers.
 */
import type { Clock } from '../shared/clock.ts';
import type { Serial } from '../shared/ids.ts';
import { type Admission, admit, freePercent, type Lease, type TrafficRules } from './admit.ts';
import type { DiskFacts } from './disk.ts';
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

/** What a backup takes, until this server has seen some, in milliseconds: as in `test/sim`. */
const FIRST_USUAL = 40_000;
/** The weight of the newest transfer in the moving average: some fifty of them count … */
const NEWEST_WEIGHT = 0.02;
/** … and what was assumed at first counts as so many. */
const ASSUMED_WEIGHT = 5;
/** For how long one that asks counts as a newcomer, in milliseconds. */
const NEWCOMER_MS = 60_000;
/** How often the queue is swept, in milliseconds: it is long when many ask. */
const SWEEP_MS = 1000;

export class Traffic {
  readonly #leases = new Map<Serial, Lease>();
  readonly #queue = new Map<Serial, Waiter>();
  readonly #sessions = new Map<Serial, number>();
  readonly #successes = new Map<Serial, number>();
  readonly #clock: Clock;
  readonly #rules: TrafficRules;
  #usual = FIRST_USUAL;
  #transfers = ASSUMED_WEIGHT;
  #sweptAt = 0;
  /** When laptops asked that neither had a lease nor a place. */
  readonly #newcomers: number[] = [];

  constructor(clock: Clock, rules: TrafficRules) {
    this.#clock = clock;
    this.#rules = rules;
  }

  /** Asks for a lease and takes it, or a time to come again and notes it. */
  ask({ serial, purpose, subnet }: Question, { disk, pressure }: Load): Admission {
    const now = this.#clock.monotonicMs();
    this.#forgetThePast(now);
    if ((this.#queue.get(serial)?.until ?? now) <= now) this.#queue.delete(serial);
    const asker: Asker = { purpose, subnet, lastSuccess: this.#successes.get(serial) ?? NEVER };
    const capacity = { disk, slots: slotsFor(this.#rules, pressure, freePercent(disk)) };
    if (!this.#queue.has(serial) && !this.#leases.has(serial)) this.#newcomers.push(now);
    const queued = { leases: this.#leases, queue: this.#queue };
    const state = { ...queued, usual: this.#usual, newcomers: this.#newcomers.length };
    const answer = admit(serial, asker, state, capacity, this.#rules, now);
    if (answer.admit) {
      const old = this.#leases.get(serial);
      const lease = old ?? { purpose, subnet, started: now, expires: 0 };
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

  /** What a backup takes, in ms, as measured: vanished laptops hold their slots as well. */
  get usual(): number {
    return this.#usual;
  }

  #nextExpiry(now: number): number {
    return now + this.#rules.leaseSeconds * 1000;
  }

  #giveBack(serial: Serial, now: number): void {
    const lease = this.#leases.get(serial);
    if (!this.#leases.delete(serial) || lease?.purpose !== 'backup') return;
    this.#transfers += 1;
    const weight = Math.max(NEWEST_WEIGHT, 1 / this.#transfers);
    this.#usual += (now - lease.started - this.#usual) * weight;
  }

  #forgetThePast(now: number): void {
    for (const serial of this.#sessions.keys()) {
      const lease = this.#leases.get(serial);
      if (lease) lease.expires = this.#nextExpiry(now);
    }
    for (const [serial, { expires }] of this.#leases) {
      if (expires <= now) this.#giveBack(serial, expires);
    }
    if (now - this.#sweptAt >= SWEEP_MS) this.#sweep(now);
    while ((this.#newcomers[0] ?? now) <= now - NEWCOMER_MS) this.#newcomers.shift();
  }

  /** Missed appointments; they count for nothing before they are swept, too. */
  #sweep(now: number): void {
    this.#sweptAt = now;
    for (const [serial, { until }] of this.#queue) {
      if (until <= now) this.#queue.delete(serial);
    }
  }
}
