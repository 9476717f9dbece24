/**
 * Traffic control: leases for laptops that transfer and places for laptops that wait. `admit.ts` decides;
 * this class holds the state, in memory.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Serial } from '../../shared/ids.ts';
import type { DiskFacts } from '../storage/disk.ts';
import {
  type Admission,
  admit,
  freePercent,
  type Lease,
  serves,
  type TrafficRules,
} from './admit.ts';
import { type Pressure, slotsFor } from './pressure.ts';
import { type Asker, NEVER, nextPlace, type Purpose, type Waiter } from './queue.ts';

export interface Question {
  serial: Serial;
  purpose: Purpose;
  /** From `subnetOf`. */
  subnet?: string | undefined;
  /** The address it came from, for a question by plain HTTP: anybody may ask in any laptop's name. */
  unproved?: string | undefined;
}

export interface Load {
  disk: DiskFacts;
  pressure: Pressure;
}

/** Assumed duration of a backup until some were measured, in milliseconds: as in `test/sim`. */
const FIRST_USUAL = 40_000;
/** Weight of the newest transfer in the moving average: about fifty of them count … */
const NEWEST_WEIGHT = 0.02;
/** … and the assumption counts as this many. */
const ASSUMED_WEIGHT = 5;
/** How long a laptop counts as a newcomer, in milliseconds. */
const NEWCOMER_MS = 60_000;
/**
 * How long a lease without a session lasts after its laptop was seen transferring, in milliseconds: with
 * the 64 s in which sshd detects a vanished laptop, its lease ends within 120 s.
 */
const SEEN_MS = 35_000;
/** How long a slot waits for the SSH session of a laptop that was told to come, in milliseconds. */
const UNPROVED_MS = 15_000;
/** So many slots wait for laptops that asked from one address. */
const UNPROVED_PER_ADDRESS = 4;
/** How often missed appointments are removed, in milliseconds: the queue may be long. */
const SWEEP_MS = 1000;

export class Traffic {
  readonly #leases = new Map<Serial, Lease>();
  readonly #queue = new Map<Serial, Waiter>();
  readonly #sessions = new Map<Serial, number>();
  /** Leases that have had no control channel yet: the end of an older channel does not end them. */
  readonly #expected = new Set<Serial>();
  readonly #lastSuccessOf: (serial: Serial) => number | undefined;
  readonly #clock: Clock;
  readonly #rules: TrafficRules;
  #usual = FIRST_USUAL;
  #transfers = ASSUMED_WEIGHT;
  #sweptAt = 0;
  /** Times at which laptops asked that had neither a lease nor a place. */
  readonly #newcomers: number[] = [];

  readonly #onUpload: (serial: Serial, may: boolean) => void;

  /**
   * `lastSuccessOf` says when a Journal was last safe, in milliseconds by the wall clock, from memory.
   * `onUpload` is called when a laptop gets a lease for a backup, and when that lease ends.
   */
  constructor(
    clock: Clock,
    rules: TrafficRules,
    onUpload: (serial: Serial, may: boolean) => void = () => {},
    lastSuccessOf: (serial: Serial) => number | undefined = () => undefined,
  ) {
    this.#clock = clock;
    this.#rules = rules;
    this.#lastSuccessOf = lastSuccessOf;
    this.#onUpload = onUpload;
  }

  /**
   * Grants a lease, or gives an appointment and keeps a place for it. Without proof a slot is only kept for
   * some seconds, not longer by asking again: the lease begins with an SSH session.
   */
  ask({ serial, purpose, subnet, unproved }: Question, { disk, pressure }: Load): Admission {
    const now = this.#clock.monotonicMs();
    this.#expire(now);
    if ((this.#queue.get(serial)?.until ?? now) <= now) this.#queue.delete(serial);
    const asker: Asker = { purpose, subnet, lastSuccess: this.#lastSuccessOf(serial) ?? NEVER };
    const capacity = { disk, slots: slotsFor(this.#rules, pressure, freePercent(disk)) };
    if (!this.#queue.has(serial) && !this.#leases.has(serial)) this.#newcomers.push(now);
    const queued = { leases: this.#leases, queue: this.#queue };
    const state = { ...queued, usual: this.#usual, newcomers: this.#newcomers.length };
    let answer = admit(serial, asker, state, capacity, this.#rules, now);
    if (answer.reason === 'free-slot' && unproved !== undefined && this.#waitsFor(unproved)) {
      const retryAfterSeconds = UNPROVED_MS / 1000;
      answer = { admit: false, reason: 'access-point-busy', place: 1, retryAfterSeconds };
    }
    if (answer.admit) {
      const old = this.#leases.get(serial);
      const kept = old && serves(old, purpose) ? old : undefined;
      if (!kept) {
        if (old) this.#end(serial);
        this.#leases.set(serial, {
          purpose,
          subnet,
          started: now,
          expires: now + UNPROVED_MS,
          unproved,
        });
        if (unproved === undefined && purpose === 'backup') this.#onUpload(serial, true);
      }
      if (unproved === undefined) this.#prove(serial, now);
      this.#queue.delete(serial);
      this.#expected.add(serial);
    } else if (answer.reason !== 'disk-full') {
      const at = now + answer.retryAfterSeconds * 1000;
      this.#queue.set(serial, nextPlace(this.#queue.get(serial), asker, at, now));
    }
    return answer;
  }

  /** A control channel was opened; the lease lasts while one is open. */
  sessionOpened(serial: Serial): void {
    this.#expected.delete(serial);
    this.#prove(serial, this.#clock.monotonicMs());
    this.#sessions.set(serial, (this.#sessions.get(serial) ?? 0) + 1);
  }

  /** The end of the last channel ends the lease at once. */
  sessionClosed(serial: Serial): void {
    const open = (this.#sessions.get(serial) ?? 1) - 1;
    if (open > 0) {
      this.#sessions.set(serial, open);
      return;
    }
    this.#sessions.delete(serial);
    if (!this.#expected.has(serial)) this.#giveBack(serial, this.#clock.monotonicMs());
  }

  /** A laptop without a control channel (the original client) was seen transferring. */
  renew(serial: Serial): void {
    const lease = this.#leases.get(serial);
    const expires = this.#clock.monotonicMs() + SEEN_MS;
    if (lease && lease.unproved === undefined) lease.expires = Math.max(lease.expires, expires);
  }

  /** It was seen transferring with a lease of the previous service. */
  adopt(serial: Serial): void {
    if (this.#leases.has(serial)) return;
    const now = this.#clock.monotonicMs();
    const [purpose, subnet] = ['backup', undefined] as const;
    this.#leases.set(serial, { purpose, subnet, started: now, expires: now + SEEN_MS });
    this.#onUpload(serial, true);
  }

  /** It was taken out of use: removes its lease and its place, whatever it has open. */
  revoke(serial: Serial): void {
    this.#queue.delete(serial);
    this.#end(serial);
  }

  /** Its backup is complete; browsing afterwards needs no lease. */
  release(serial: Serial): void {
    this.#giveBack(serial, this.#clock.monotonicMs());
  }

  /** Holders of live leases that have no control channel open. */
  leasesWithoutSession(): Serial[] {
    return this.holders.filter((serial) => !this.#sessions.has(serial));
  }

  get holders(): Serial[] {
    this.#expire(this.#clock.monotonicMs());
    return [...this.#leases.keys()];
  }

  get liveLeases(): number {
    this.#expire(this.#clock.monotonicMs());
    return this.#leases.size;
  }

  /** Measured duration of a backup, in milliseconds; includes slots held by vanished laptops. */
  get usual(): number {
    return this.#usual;
  }

  #nextExpiry(now: number): number {
    return now + this.#rules.leaseSeconds * 1000;
  }

  /** Whether enough slots wait for laptops that asked from this address. */
  #waitsFor(address: string): boolean {
    const leases = [...this.#leases.values()];
    return leases.filter(({ unproved }) => unproved === address).length >= UNPROVED_PER_ADDRESS;
  }

  /** It came by SSH, with its key: from now on it has its lease for as long as it needs it. */
  #prove(serial: Serial, now: number): void {
    const lease = this.#leases.get(serial);
    if (!lease) return;
    lease.expires = this.#nextExpiry(now);
    if (lease.unproved === undefined) return;
    lease.unproved = undefined;
    if (lease.purpose === 'backup') this.#onUpload(serial, true);
  }

  #giveBack(serial: Serial, now: number): void {
    const lease = this.#end(serial);
    if (lease?.purpose !== 'backup' || lease.unproved !== undefined) return;
    this.#transfers += 1;
    const weight = Math.max(NEWEST_WEIGHT, 1 / this.#transfers);
    this.#usual += (now - lease.started - this.#usual) * weight;
  }

  #end(serial: Serial): Lease | undefined {
    const lease = this.#leases.get(serial);
    this.#leases.delete(serial);
    this.#expected.delete(serial);
    if (lease?.purpose === 'backup' && lease.unproved === undefined) this.#onUpload(serial, false);
    return lease;
  }

  #expire(now: number): void {
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

  /** Removes missed appointments, which are ignored already. */
  #sweep(now: number): void {
    this.#sweptAt = now;
    for (const [serial, { until }] of this.#queue) {
      if (until <= now) this.#queue.delete(serial);
    }
  }
}
