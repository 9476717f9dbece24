/**
 * Leases for those who transfer and places for those who wait (X1). `admit.ts` decides; this class
 * keeps what it decides about: in memory, for after a restart of the server nobody transfers.
 */
import type { Clock } from '../shared/clock.ts';
import type { Serial } from '../shared/ids.ts';
import {
  type Admission,
  type Asker,
  admit,
  freePercent,
  GRACE_MS,
  type Lease,
  NEVER,
  type Purpose,
  type TrafficRules,
  type Waiter,
} from './admit.ts';
import type { DiskFacts } from './disk.ts';
import { type Pressure, slotsFor } from './pressure.ts';

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

/** What a backup takes until this server has seen some, in milliseconds (FACTS.md: 40 s). */
const FIRST_TRANSFER_MS = 40_000;
/** The weight of the newest transfer in the moving average: some ten of them count. */
const NEWEST_WEIGHT = 0.1;

export class Traffic {
  readonly #leases = new Map<Serial, Lease>();
  readonly #queue = new Map<Serial, Waiter>();
  readonly #sessions = new Map<Serial, number>();
  readonly #successes = new Map<Serial, number>();
  readonly #clock: Clock;
  readonly #rules: TrafficRules;
  #transferMs = FIRST_TRANSFER_MS;

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
    const state = { leases: this.#leases, queue: this.#queue, transferMs: this.#transferMs };
    const answer = admit(serial, asker, state, capacity, this.#rules, now);
    if (answer.admit) {
      const old = this.#leases.get(serial);
      const lease = old ?? { purpose, subnet, started: now, expires: 0 };
      this.#leases.set(serial, { ...lease, expires: this.#nextExpiry(now) });
      this.#queue.delete(serial);
    } else if (answer.reason !== 'disk-full') {
      const at = now + answer.retryAfterSeconds * 1000;
      const since = this.#queue.get(serial)?.since ?? now;
      this.#queue.set(serial, { ...asker, since, at, until: at + GRACE_MS });
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

  /** What a backup takes at present, in milliseconds: vanished laptops hold their slots as well. */
  get transferMs(): number {
    return this.#transferMs;
  }

  #nextExpiry(now: number): number {
    return now + this.#rules.leaseSeconds * 1000;
  }

  #giveBack(serial: Serial, now: number): void {
    const lease = this.#leases.get(serial);
    if (!this.#leases.delete(serial) || lease?.purpose !== 'backup') return;
    this.#transferMs += (now - lease.started - this.#transferMs) * NEWEST_WEIGHT;
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
