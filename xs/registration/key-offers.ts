/**
 * What happens to a key that a laptop offers: accepted, or kept for a teacher, and on the disk before it is
 * answered. `key-decision.ts` says which; keys that nobody knows yet are limited by address.
 */
import type { Clock } from '../../shared/clock.ts';
import { DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import type { Log } from '../../shared/log.ts';
import type { Codes } from '../../shared/protocol/introduction.ts';
import type { Write, Writing } from '../../shared/system/writing.ts';
import type { Audit } from './audit.ts';
import { judgeKey, type KeyDecision, type OfferedBy, type OfferedKey } from './key-decision.ts';
import { checkInUse, type Laptop, plainUuid } from './laptop-record.ts';
import { Pace } from './pace.ts';
import { fingerprintOf, isSame, withPending } from './pending-keys.ts';

/** New pending keys from one address: more are refused before anything is written. */
const NEW_PENDING = { perHour: 30, free: 30, pauseSeconds: 0 };

/** The records of laptops, as an offer needs them. */
export interface OfferRecords {
  /** Throws `not-registered`. */
  known(serial: Serial): Laptop;
  writing(serial: Serial, laptop: Laptop): Write;
  /** Throws `key-taken`. */
  checkOwner(serial: Serial, key: string): void;
  holdsData(serial: Serial): boolean;
  keysChanged(): void;
}

export interface OfferContext {
  clock: Clock;
  log: Log;
  audit: Audit;
}

export class KeyOffers {
  readonly #context: OfferContext;
  readonly #records: OfferRecords;
  readonly #newPending: Pace;

  constructor(context: OfferContext, records: OfferRecords) {
    this.#context = context;
    this.#records = records;
    this.#newPending = new Pace(context.clock, NEW_PENDING);
  }

  /** Throws `server-refused` for a laptop out of use, `key-taken`, and `server-busy` for too many new keys. */
  *offer(serial: Serial, offered: OfferedKey, by: OfferedBy): Writing<KeyDecision> {
    const { kind, line } = offered;
    const laptop = this.#records.known(serial);
    checkInUse(laptop);
    if (kind === 'own') this.#records.checkOwner(serial, line);
    const verdict = judgeKey(laptop, offered, this.#records.holdsData(serial));
    switch (verdict) {
      case 'known':
        if (by.codes) yield this.#introduced(serial, by.codes);
        return 'accepted';
      case 'rejected':
      case 'unneeded':
        return 'pending';
      case 'already-pending':
        // The laptop was interrupted and shows other digits now; its key has signed for them.
        if (by.codes) yield this.#addPending(serial, laptop, offered, by);
        return 'pending';
      case 'accept':
        yield* this.#accept(serial, laptop, offered, by);
        return 'accepted';
      case 'add-to-pending':
        yield* this.#ask(serial, laptop, offered, by);
        return 'pending';
      default:
        return verdict satisfies never;
    }
  }

  *#accept(serial: Serial, laptop: Laptop, offered: OfferedKey, by: OfferedBy): Writing<void> {
    const { kind, line, fingerprint } = offered;
    const { log, audit } = this.#context;
    yield this.#records.writing(serial, {
      ...laptop,
      keys: { ...laptop.keys, [kind]: line },
      introduction: by.codes ? { ...by.codes, confirmed: null } : laptop.introduction,
    });
    log.info('key-accepted', { serial, kind, fingerprint });
    yield audit.admitting('key-accepted', serial, { kind, fingerprint, address: by.address });
    this.#records.keysChanged();
  }

  /** A teacher will be asked. */
  *#ask(serial: Serial, laptop: Laptop, offered: OfferedKey, by: OfferedBy): Writing<void> {
    const { kind, fingerprint } = offered;
    const { log, audit } = this.#context;
    const wait = this.#newPending.waitSeconds(by.address);
    if (wait > 0) {
      const message = `too many keys from one address; try again in ${wait} seconds`;
      throw new DsError('server-busy', message, { retry: true, retryAfterSeconds: wait });
    }
    yield this.#addPending(serial, laptop, offered, by);
    this.#newPending.count(by.address);
    log.warn('key-waits-for-approval', { serial, kind, fingerprint });
    yield audit.asking('waiting', serial, { kind, fingerprint, address: by.address });
  }

  #addPending(serial: Serial, laptop: Laptop, offered: OfferedKey, by: OfferedBy): Write {
    const { kind, line, uuid } = offered;
    const { code = null, answer = null } = by.codes ?? {};
    const since = this.#context.clock.now().toISOString();
    const added = { kind, key: line, uuid: plainUuid(uuid), since, code, answer };
    const next = withPending(laptop, { ...added, from: by.address });
    const gone = laptop.pending.find((one) => !next.pending.some((other) => isSame(one, other)));
    if (gone) {
      const fingerprint = fingerprintOf(gone.key);
      this.#context.log.warn('key-made-place', { serial, fingerprint, address: gone.from ?? '' });
    }
    return this.#records.writing(serial, next);
  }

  /** The accepted key was introduced again, by a laptop that shows these codes now. */
  #introduced(serial: Serial, codes: Codes): Write {
    const laptop = this.#records.known(serial);
    const confirmed = laptop.introduction?.confirmed ?? null;
    return this.#records.writing(serial, { ...laptop, introduction: { ...codes, confirmed } });
  }
}
