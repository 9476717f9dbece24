/**
 * What a teacher or admin decides about the keys of laptops: lets in the one whose digits were typed, or
 * whose fingerprint an admin has read, and rejects one. Guessed digits are slowed down.
 */
import type { Clock } from '../../shared/clock.ts';
import { DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import type { AuditDetails, AuditEvent } from './audit.ts';
import type { KeyKind, Laptop, PendingKey } from './laptop-record.ts';
import { Pace } from './pace.ts';
import { fingerprintOf, isSame, keyWithCode, pendingKey, withoutCode } from './pending-keys.ts';

const MAX_REJECTED = 32;
/** Codes that are typed wrong for one laptop. */
const WRONG_CODES = { perHour: 20, free: 5, pauseSeconds: 5 };

/** The records of laptops, as a decision needs them. */
export interface Records {
  /** Throws `not-registered`. */
  known(serial: Serial): Laptop;
  write(serial: Serial, laptop: Laptop): void;
  /** Throws `key-taken`. */
  checkOwner(serial: Serial, key: string): void;
  decided(event: AuditEvent, serial: Serial, details: AuditDetails): void;
  keysChanged(): void;
  /** Another own key takes the place of this laptop's; before it is written, and once it is. */
  ownerLeaves(serial: Serial): void;
  ownerChanged(serial: Serial): void;
  /** The laptop comes over SSH next, and learns there what was decided. */
  endQuietDays(serial: Serial): void;
}

/** A pending key was let in, or the one that was let in already is confirmed. */
export interface Approved {
  done: 'approved' | 'confirmed';
  /** The digits that a laptop may have to be told. */
  answer: string | null;
  /** Another key of its kind was let in before, and opens nothing any more. */
  another: boolean;
}

export class Approvals {
  readonly #clock: Clock;
  readonly #records: Records;
  readonly #wrongCodes: Pace;

  constructor(clock: Clock, records: Records) {
    this.#clock = clock;
    this.#records = records;
    this.#wrongCodes = new Pace(clock, WRONG_CODES);
  }

  /**
   * Lets in the key whose introduction has these six digits, or confirms the accepted one. Throws
   * `not-found` where no key has them, `server-busy` after too many wrong ones, and `bad-input` where two
   * have: those that wait are forgotten, so that their laptops show new digits.
   */
  byCode(serial: Serial, code: string): Approved {
    const laptop = this.#records.known(serial);
    const wait = this.#wrongCodes.waitSeconds(serial);
    if (wait > 0) {
      throw new DsError('server-busy', `too many wrong codes; try again in ${wait} seconds`);
    }
    let found: ReturnType<typeof keyWithCode>;
    try {
      found = keyWithCode(laptop, code);
    } catch (error) {
      this.#wrongCodes.count(serial);
      // Two have these digits, so that they choose nothing: the next ones will differ.
      if (error instanceof DsError && error.code === 'bad-input') {
        this.#records.write(serial, withoutCode(laptop, code));
      }
      throw error;
    }
    if (found === 'accepted') return this.#confirm(serial);
    const another = this.#accept(serial, found);
    return { done: 'approved', answer: found.answer, another };
  }

  /**
   * Approves the pending key with this fingerprint, which an administrator has read on the laptop. A
   * rejected key is only allowed to become pending again. Throws `not-found` and `key-taken`.
   */
  byFingerprint(serial: Serial, kind: KeyKind, fingerprint: string): Approved | 'unrejected' {
    const laptop = this.#records.known(serial);
    if (laptop.rejected.includes(fingerprint)) {
      const rejected = laptop.rejected.filter((one) => one !== fingerprint);
      this.#records.write(serial, { ...laptop, rejected });
      this.#records.decided('unrejected', serial, { fingerprint });
      return 'unrejected';
    }
    if (kind === 'own' && isKey(laptop.keys.own, fingerprint)) {
      return this.#confirm(serial);
    }
    if (
      kind === 'sugar' &&
      laptop.imported !== undefined &&
      isKey(laptop.keys.sugar, fingerprint)
    ) {
      return this.#letRead(serial, fingerprint);
    }
    const found = pendingKey(laptop, fingerprint, kind);
    const another = this.#accept(serial, found);
    return { done: 'approved', answer: found.answer, another };
  }

  /**
   * Lets in a key of Sugar's that nobody has compared: it may back up and read nothing, like one of the old
   * server's. Valid once `announceKeys` was called.
   */
  letBackUp(serial: Serial, { key }: PendingKey): void {
    const laptop = this.#records.known(serial);
    this.#records.write(serial, {
      ...laptop,
      keys: { ...laptop.keys, sugar: key },
      pending: laptop.pending.filter((one) => one.kind !== 'sugar' || one.key !== key),
      imported: this.#clock.now().toISOString(),
    });
    const details = { kind: 'sugar', fingerprint: fingerprintOf(key), reads: 'no' };
    this.#records.decided('approved', serial, details);
  }

  /** A key that could only back up so far. */
  #letRead(serial: Serial, fingerprint: string): Approved {
    const { imported: _, ...laptop } = this.#records.known(serial);
    this.#records.write(serial, laptop);
    this.#records.decided('approved', serial, { kind: 'sugar', fingerprint });
    this.#records.keysChanged();
    return { done: 'approved', answer: null, another: false };
  }

  /** Whether another key of its kind leaves for it. */
  #accept(serial: Serial, pending: PendingKey): boolean {
    const { imported, ...laptop } = this.#records.known(serial);
    const { kind, key, uuid, code, answer } = pending;
    if (kind === 'own') this.#records.checkOwner(serial, key);
    const another = laptop.keys[kind] !== null && laptop.keys[kind] !== key;
    const isOther = kind === 'own' && another;
    if (isOther) this.#records.ownerLeaves(serial);
    const confirmed = this.#clock.now().toISOString();
    const introduction =
      code !== null && answer !== null ? { code, answer, confirmed } : laptop.introduction;
    this.#records.write(serial, {
      ...laptop,
      ...(kind === 'own' && imported !== undefined && { imported }),
      uuid,
      keys: { ...laptop.keys, [kind]: key },
      introduction,
      // With a key of its own, a laptop has no need of Sugar's.
      pending: kind === 'own' ? [] : laptop.pending.filter((one) => one.kind !== kind),
    });
    this.#records.decided('approved', serial, { kind, fingerprint: fingerprintOf(key) });
    if (kind === 'own') this.#records.endQuietDays(serial);
    this.#records.keysChanged();
    if (isOther) this.#records.ownerChanged(serial);
    return another;
  }

  #confirm(serial: Serial): Approved {
    const laptop = this.#records.known(serial);
    const { introduction } = laptop;
    const fingerprint = fingerprintOf(laptop.keys.own ?? '');
    if (introduction && introduction.confirmed === null) {
      const confirmed = this.#clock.now().toISOString();
      this.#records.write(serial, { ...laptop, introduction: { ...introduction, confirmed } });
      this.#records.decided('approved', serial, { kind: 'own', fingerprint });
      this.#records.endQuietDays(serial);
    }
    return { done: 'confirmed', answer: introduction?.answer ?? null, another: false };
  }

  /** Rejects the pending key with this code or fingerprint; returns its fingerprint. Throws `not-found`. */
  reject(serial: Serial, which: string): string {
    const laptop = this.#records.known(serial);
    const refused = pendingKey(laptop, which);
    const fingerprint = fingerprintOf(refused.key);
    this.#records.write(serial, {
      ...laptop,
      pending: laptop.pending.filter((one) => !isSame(one, refused)),
      rejected: [...new Set([...laptop.rejected, fingerprint])].slice(-MAX_REJECTED),
    });
    this.#records.decided('rejected', serial, { kind: refused.kind, fingerprint });
    return fingerprint;
  }

  /** Rejects the pending keys of Sugar's menu: no agent's. Returns fingerprints. Throws `not-found`. */
  rejectSugar(serial: Serial): string[] {
    const offered = this.#records.known(serial).pending.filter(({ kind }) => kind === 'sugar');
    if (offered.length === 0)
      throw new DsError('not-found', `no Sugar key of ${serial} is pending`);
    return offered.map(({ key }) => this.reject(serial, fingerprintOf(key)));
  }
}

function isKey(key: string | null, fingerprint: string): boolean {
  return key !== null && fingerprintOf(key) === fingerprint;
}
