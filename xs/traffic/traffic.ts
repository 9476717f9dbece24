/**
 * Traffic control: leases for laptops that transfer and places for laptops that wait. `admit.ts` decides;
 * this class holds the state, in memory.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Serial } from '../../shared/ids.ts';
import type { DiskFacts } from '../storage/disk.ts';
import { Addresses } from './addresses.ts';
import {
  type Admission,
  admit,
  freePercent,
  type Lease,
  serves,
  type TrafficRules,
  UNPROVED_MS,
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
/** The longest lease, in milliseconds. What runs then goes on, and its laptop asks again. */
const LONGEST_MS = { known: 2 * 3_600_000, other: 15 * 60_000 };
/** How long a lease lasts by a channel alone, without a transfer, in milliseconds: a slow laptop reads its Journal. */
const PREPARING_MS = 600_000;
/** How often missed appointments are removed, in milliseconds: the queue may be long. */
const SWEEP_MS = 1000;

export class Traffic {
  readonly #leases = new Map<Serial, Lease>();
  readonly #queue = new Map<Serial, Waiter>();
  readonly #sessions = new Map<Serial, number>();
  /** Leases that have had no control channel yet: the end of an older channel does not end them. */
  readonly #expected = new Set<Serial>();
  readonly #addresses = new Addresses();
  readonly #lastSuccessOf: (serial: Serial) => number | undefined;
  readonly #isApproved: (serial: Serial) => boolean;
  readonly #clock: Clock;
  readonly #rules: TrafficRules;
  #usual = FIRST_USUAL;
  #transfers = ASSUMED_WEIGHT;
  /** A known laptop has been here. */
  #hasKnown = false;
  #sweptAt = 0;
  /** Times at which laptops asked that had neither a lease nor a place. */
  readonly #newcomers: number[] = [];

  readonly #onUpload: (serial: Serial, may: boolean) => void;

  /**
   * `lastSuccessOf` says when a Journal was last safe, from memory: the later, the larger.
   * `onUpload` is called when a laptop gets a lease for a backup, and when that lease ends. `isApproved` says
   * whether a teacher knows the laptop.
   */
  constructor(
    clock: Clock,
    rules: TrafficRules,
    onUpload: (serial: Serial, may: boolean) => void = () => {},
    lastSuccessOf: (serial: Serial) => number | undefined = () => undefined,
    isApproved: (serial: Serial) => boolean = () => false,
  ) {
    this.#isApproved = isApproved;
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
    const lastSuccess = this.#lastSuccessOf(serial) ?? NEVER;
    const known = this.#isKnown(serial) && !this.#isDoubtful(unproved, now);
    const asker: Asker = { purpose, subnet, known, lastSuccess, address: unproved };
    const capacity = { disk, slots: slotsFor(this.#rules, pressure, freePercent(disk)) };
    if (!this.#queue.has(serial) && !this.#leases.has(serial)) this.#newcomers.push(now);
    const queued = { leases: this.#leases, queue: this.#queue };
    const state = { ...queued, usual: this.#usual, newcomers: this.#newcomers.length };
    const answer = admit(serial, asker, state, capacity, this.#rules, now);
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
      // Anybody may ask in the name of a laptop that transfers: its lease ends with its channel all the same.
      if (!kept || unproved === undefined) this.#expected.add(serial);
    } else if ('place' in answer) {
      const at = now + answer.retryAfterSeconds * 1000;
      const old = this.#queue.get(serial);
      // Nobody loses a place to somebody who only uses its name.
      if (known || !old?.known) this.#queue.set(serial, nextPlace(old, asker, at, now));
    }
    return answer;
  }

  /** A control channel was opened; the lease lasts while something moves, and ends with the channel. */
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

  /** A laptop was seen transferring. */
  renew(serial: Serial): void {
    const now = this.#clock.monotonicMs();
    const lease = this.#leases.get(serial);
    if (lease) lease.moved = now;
    this.#lengthen(serial, now + SEEN_MS);
  }

  /** Something came over its control channel. One that is only open keeps no slot. */
  active(serial: Serial): void {
    const lease = this.#leases.get(serial);
    if (!lease) return;
    // Whoever may be made up has to transfer something.
    const most = this.#isKnown(serial) ? PREPARING_MS : this.#rules.leaseSeconds * 1000;
    const next = this.#nextExpiry(this.#clock.monotonicMs());
    this.#lengthen(serial, Math.min(next, (lease.moved ?? lease.started) + most));
  }

  #lengthen(serial: Serial, expires: number): void {
    const lease = this.#leases.get(serial);
    if (!lease || lease.unproved !== undefined) return;
    const most = this.#isKnown(serial) ? LONGEST_MS.known : LONGEST_MS.other;
    lease.expires = Math.max(lease.expires, Math.min(expires, lease.started + most));
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

  get holders(): Serial[] {
    this.#expire(this.#clock.monotonicMs());
    return [...this.#leases.keys()];
  }

  get liveLeases(): number {
    this.#expire(this.#clock.monotonicMs());
    return this.#leases.size;
  }

  /** Measured duration of a backup, in milliseconds; includes slots taken by vanished laptops. */
  get usual(): number {
    return this.#usual;
  }

  #nextExpiry(now: number): number {
    return now + this.#rules.leaseSeconds * 1000;
  }

  /** Not made up: it has a history here, or a teacher approved it. */
  #isKnown(serial: Serial): boolean {
    return this.#lastSuccessOf(serial) !== undefined || this.#isApproved(serial);
  }

  #isDoubtful(address: string | undefined, now: number): boolean {
    if (address === undefined) return false;
    let places = 0;
    this.#queue.forEach((other) => {
      if (other.known && other.address === address) places += 1;
    });
    return this.#addresses.isDoubtful(address, places, now);
  }

  /** It came by SSH, with its key: from now on it has its lease for as long as it needs it. */
  #prove(serial: Serial, now: number): void {
    const lease = this.#leases.get(serial);
    if (!lease) return;
    if (lease.unproved === undefined) {
      this.active(serial);
      return;
    }
    lease.expires = this.#nextExpiry(now);
    if (this.#isKnown(serial)) this.#addresses.noteProof(lease.unproved, now);
    lease.unproved = undefined;
    if (lease.purpose === 'backup') this.#onUpload(serial, true);
  }

  #giveBack(serial: Serial, now: number): void {
    const lease = this.#end(serial);
    if (lease?.purpose !== 'backup' || lease.unproved !== undefined) return;
    // Where all are new, they are the school. Otherwise whoever may be made up says nothing about it.
    if (!this.#isKnown(serial) && this.#hasKnown) return;
    this.#hasKnown ||= this.#isKnown(serial);
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
    for (const [serial, { expires, unproved }] of this.#leases) {
      if (expires > now) continue;
      if (unproved !== undefined) this.#addresses.noteLapse(unproved, expires);
      this.#giveBack(serial, expires);
    }
    if (now - this.#sweptAt >= SWEEP_MS) this.#sweep(now);
    while ((this.#newcomers[0] ?? now) <= now - NEWCOMER_MS) this.#newcomers.shift();
  }

  /** Removes missed appointments, which are ignored already. */
  #sweep(now: number): void {
    this.#sweptAt = now;
    this.#addresses.sweep(now);
    for (const [serial, { until, address, known }] of this.#queue) {
      if (until > now) continue;
      this.#queue.delete(serial);
      if (known && address !== undefined) this.#addresses.noteLapse(address, until);
    }
  }
}
