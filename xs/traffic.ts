/**
 * Who may transfer now (X1): leases for a few at once, appointments for the rest.
 *
 * The decision is one pure function over values; the class below only keeps the leases. All times
 * are milliseconds of the monotonic clock: the server's wall clock may jump (E2).
 */
import type { Clock } from '../shared/clock.ts';
import type { Serial } from '../shared/ids.ts';
import type { DiskFacts } from './disk.ts';

export type Purpose = 'backup' | 'restore';

export interface Lease {
  purpose: Purpose;
  expires: number;
}

/** A laptop that was told when to come again; its place is held until `until`. */
export interface Appointment {
  at: number;
  until: number;
}

export interface TrafficRules {
  slots: number;
  restoreSlots: number;
  leaseSeconds: number;
  minFreePercent: number;
}

export interface TrafficState {
  leases: ReadonlyMap<Serial, Lease>;
  appointments: ReadonlyMap<Serial, Appointment>;
}

export type Admission =
  | { admit: true; reason: 'has-lease' | 'free-slot' }
  | {
      admit: false;
      reason: 'all-slots-taken' | 'others-first' | 'disk-full';
      retryAfterSeconds: number;
    };

/** What one transfer takes until statistics know better (FACTS.md simulates 40 s), in seconds. */
const TYPICAL_TRANSFER_SECONDS = 40;
/** A laptop is late when it misses its appointment by more than this, in milliseconds. */
const GRACE_MS = 30_000;
/** A full disk does not become empty within minutes. */
const DISK_FULL_RETRY_SECONDS = 3600;

/** Whether a laptop may begin; expired leases and missed appointments count for nothing. */
export function admit(
  serial: Serial,
  purpose: Purpose,
  state: TrafficState,
  disk: DiskFacts,
  rules: TrafficRules,
  now: number,
): Admission {
  const live = [...state.leases].filter(([, lease]) => lease.expires > now);
  if (live.some(([holder]) => holder === serial)) return { admit: true, reason: 'has-lease' };
  const busy = live.filter(([, lease]) => lease.purpose === purpose).length;
  if (purpose === 'restore') {
    if (busy < rules.restoreSlots) return { admit: true, reason: 'free-slot' };
    const retryAfterSeconds = TYPICAL_TRANSFER_SECONDS;
    return { admit: false, reason: 'all-slots-taken', retryAfterSeconds };
  }
  if (Math.min(disk.freeBlocks, disk.freeInodes) * 100 < rules.minFreePercent) {
    return { admit: false, reason: 'disk-full', retryAfterSeconds: DISK_FULL_RETRY_SECONDS };
  }
  const free = rules.slots - busy;
  const ahead = placesAhead(serial, state.appointments, now);
  if (free > ahead) return { admit: true, reason: 'free-slot' };
  const rounds = Math.floor((ahead - Math.max(0, free)) / rules.slots) + 1;
  return {
    admit: false,
    reason: free > 0 ? 'others-first' : 'all-slots-taken',
    retryAfterSeconds: rounds * TYPICAL_TRANSFER_SECONDS,
  };
}

/** How many were told an earlier time than this laptop and may still come. */
function placesAhead(
  serial: Serial,
  appointments: ReadonlyMap<Serial, Appointment>,
  now: number,
): number {
  const own = appointments.get(serial)?.at ?? Number.POSITIVE_INFINITY;
  let ahead = 0;
  for (const [other, { at, until }] of appointments) {
    if (other !== serial && until > now && at < own) ahead += 1;
  }
  return ahead;
}

export class Traffic {
  readonly #leases = new Map<Serial, Lease>();
  readonly #appointments = new Map<Serial, Appointment>();
  readonly #sessions = new Map<Serial, number>();
  readonly #clock: Clock;
  readonly #rules: TrafficRules;

  constructor(clock: Clock, rules: TrafficRules) {
    this.#clock = clock;
    this.#rules = rules;
  }

  /** Asks for a lease and takes it, or an appointment and notes it. */
  ask(serial: Serial, purpose: Purpose, disk: DiskFacts): Admission {
    const now = this.#clock.monotonicMs();
    this.#forgetThePast(now);
    const state = { leases: this.#leases, appointments: this.#appointments };
    const answer = admit(serial, purpose, state, disk, this.#rules, now);
    if (answer.admit) {
      const old = this.#leases.get(serial)?.purpose;
      this.#leases.set(serial, { purpose: old ?? purpose, expires: this.#nextExpiry(now) });
      this.#appointments.delete(serial);
    } else if (answer.reason !== 'disk-full' && purpose === 'backup') {
      const at = this.#appointments.get(serial)?.at ?? now + answer.retryAfterSeconds * 1000;
      const until = now + answer.retryAfterSeconds * 1000 + GRACE_MS;
      this.#appointments.set(serial, { at, until });
    }
    return answer;
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
    this.#leases.delete(serial);
  }

  /** A laptop without a control channel (the original client) was seen transferring. */
  renew(serial: Serial): void {
    const lease = this.#leases.get(serial);
    if (lease) lease.expires = this.#nextExpiry(this.#clock.monotonicMs());
  }

  release(serial: Serial): void {
    if (!this.#sessions.has(serial)) this.#leases.delete(serial);
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

  #nextExpiry(now: number): number {
    return now + this.#rules.leaseSeconds * 1000;
  }

  #forgetThePast(now: number): void {
    for (const serial of this.#sessions.keys()) {
      const lease = this.#leases.get(serial);
      if (lease) lease.expires = this.#nextExpiry(now);
    }
    for (const [serial, lease] of this.#leases) {
      if (lease.expires <= now) this.#leases.delete(serial);
    }
    for (const [serial, { until }] of this.#appointments) {
      if (until <= now) this.#appointments.delete(serial);
    }
  }
}
