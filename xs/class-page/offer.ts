/**
 * An offer: one version of one entry that a child shows her class once a teacher has said yes. A yes holds
 * for exactly that version, with the name and colours that the teacher saw: nothing in an offer changes but
 * the teacher's word. Pure.
 */
import { DsError } from '../../shared/errors.ts';
import type { Digest, Uid } from '../../shared/ids.ts';
import type { OfferState } from '../../shared/protocol/offer-states.ts';

export interface Offer {
  /** 32 random hexadecimal digits: its address on the class page. */
  id: string;
  uid: Uid;
  digest: Digest;
  /** The snapshot it was chosen from, whether or not that still exists. */
  snapshot: string;
  /** Whose it is, as shown. */
  nick: string;
  /** `#RRGGBB,#RRGGBB`, or null where unknown. */
  colours: string | null;
  /** ISO 8601. */
  offered: string;
  state: OfferState;
  /** When a teacher said it; null until then. ISO 8601. */
  decided: string | null;
}

export const OFFER_ID = /^[0-9a-f]{32}$/;

/** All offers of one laptop together, whatever was said of them. */
export const MAX_OFFERS = 50;

/** With one more. Throws `over-quota`. */
export function withOffer(offers: readonly Offer[], offer: Offer): Offer[] {
  if (offers.length < MAX_OFFERS) return [...offers, offer];
  throw new DsError('over-quota', `${MAX_OFFERS} things are on the class page or wait for it`, {
    hint: 'take another one back first',
  });
}

/** With a teacher's word, which she may change at any time. Throws `not-found`. */
export function withWord(
  offers: readonly Offer[],
  id: string,
  said: 'approved' | 'refused',
  now: Date,
): Offer[] {
  if (!offers.some((one) => one.id === id)) throw noOffer();
  const decided = now.toISOString();
  return offers.map((one) => (one.id === id ? { ...one, state: said, decided } : one));
}

/** Of this entry, and this version of it where one is given. */
export function isOf({ uid, digest }: Pick<Offer, 'uid' | 'digest'>, of: Uid, version?: Digest) {
  return uid === of && (version === undefined || digest === version);
}

/** For a laptop for which nobody at school has vouched: anybody may have made up its name and its colours. */
export class NotVouched extends DsError {
  /** Its own program shows digits; one with the original client has none to show. */
  readonly hasDigits: boolean;

  constructor({ hasDigits = true } = {}) {
    super('server-refused', 'nobody at school has compared the digits of this laptop', {
      hint: hasDigits
        ? "your teacher has to type this laptop's six digits first"
        : 'ask your teacher for a code, and sign in with it',
    });
    this.hasDigits = hasDigits;
  }
}

export function noOffer(): DsError {
  return new DsError('not-found', 'nobody offers that to the class any more');
}
