/**
 * The offers of the whole school, for the class page and the teacher who decides. Each laptop's file is read
 * again only after it changed, and looked at again after anything was written here, or two seconds: a class
 * that opens the page at once costs one look at each of them.
 */
import { statSync } from 'node:fs';
import type { Serial } from '../../shared/ids.ts';
import type { OfferState } from '../../shared/protocol/offer-states.ts';
import { inEntry, inLaptop, type Paths } from '../storage/paths.ts';
import { noOffer, type Offer } from './offer.ts';
import { type LaptopOffers, offersWritten, readOffers } from './offer-file.ts';

export interface SchoolOffer extends Offer {
  serial: Serial;
}

export interface SchoolOffersOptions {
  paths: Paths;
  /** Laptops that are not in use offer nothing. */
  registrations: {
    all(): readonly (readonly [Serial, unknown])[];
    isActive(serial: Serial): boolean;
  };
}

/** What somebody else changed on the disk is seen after this, in milliseconds. */
const FRESH_MS = 2000;

export class SchoolOffers {
  readonly #options: SchoolOffersOptions;
  readonly #known = new Map<Serial, { stamp: string; read: LaptopOffers }>();
  #last: { written: number; atMs: number; all: readonly SchoolOffer[] } | undefined;

  constructor(options: SchoolOffersOptions) {
    this.#options = options;
  }

  /** Those in this state, the newest first: by the teacher's word, else as offered. */
  list(state: OfferState): SchoolOffer[] {
    const found = this.#all().filter((one) => one.state === state);
    const at = ({ decided, offered }: Offer) => decided ?? offered;
    return found.sort((a, b) => (at(a) < at(b) ? 1 : at(a) > at(b) ? -1 : a.id < b.id ? 1 : -1));
  }

  /** Throws `not-found`. */
  find(id: string): SchoolOffer {
    const found = this.#all().find((one) => one.id === id && this.#isHere(one));
    if (found) return found;
    throw noOffer();
  }

  /** Laptops whose offers cannot be read. */
  damaged(): Serial[] {
    return this.#serials().filter((serial) => this.#read(serial).damaged);
  }

  #all(): readonly SchoolOffer[] {
    const [written, atMs] = [offersWritten(), performance.now()];
    const { registrations } = this.#options;
    if (this.#last?.written === written && atMs - this.#last.atMs < FRESH_MS) {
      return this.#last.all.filter(({ serial }) => registrations.isActive(serial));
    }
    const all = this.#serials().flatMap((serial) =>
      this.#read(serial).offers.map((one) => ({ ...one, serial })),
    );
    this.#last = { written, atMs, all };
    return all;
  }

  #serials(): Serial[] {
    const { registrations } = this.#options;
    return registrations.all().flatMap(([one]) => (registrations.isActive(one) ? [one] : []));
  }

  /** Every way to lose a pin withdraws its offer first; and if one did not, nothing would be shown. */
  #isHere({ serial, uid, digest }: SchoolOffer): boolean {
    const { pin } = inLaptop(this.#options.paths, serial);
    const { metadata } = inEntry(pin(uid, digest), uid);
    return statSync(metadata, { throwIfNoEntry: false })?.isFile() ?? false;
  }

  #read(serial: Serial): LaptopOffers {
    const { paths } = this.#options;
    const path = inLaptop(paths, serial).classPage;
    const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
    const stamp = stat ? `${stat.ino} ${stat.mtimeNs} ${stat.ctimeNs}` : '';
    const known = this.#known.get(serial);
    if (known?.stamp === stamp) return known.read;
    const read = readOffers(paths, serial);
    this.#known.set(serial, { stamp, read });
    return read;
  }
}
