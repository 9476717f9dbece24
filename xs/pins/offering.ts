/**
 * Offering a version to the class, and taking it back. The pin comes first and goes last: whatever is cut off
 * between leaves a pin that the child sees and can end, never something on the page that is not kept.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DsError } from '../../shared/errors.ts';
import type { Digest, Serial, Uid } from '../../shared/ids.ts';
import { decodeEntry, propertyText } from '../../shared/journal/entry.ts';
import { keptMarkOf } from '../../shared/journal/kept.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { isOf, type Offer, withOffer } from '../class-page/offer.ts';
import { readOffers, writeOffers } from '../class-page/offer-file.ts';
import { inEntry, type Paths } from '../storage/paths.ts';
import { readVersions, type Snapshot } from '../storage/snapshots.ts';
import { readPinNote, writePinNote } from './pin-note.ts';
import { type PinContext, pinEntry, tidyPins, unpinEntry } from './pinning.ts';
import { listPins, type Pin } from './pins.ts';

/** A whole entry with its tags and comments inside. */
const BUNDLE_TYPE = 'application/vnd.olpc-journal-entry';

export interface Offering {
  snapshot: Snapshot;
  uid: Uid;
  nick: string;
  colors: string | null;
  /** What all pins may take, in bytes. */
  limit: number;
}

/**
 * Offers the version of an entry that a snapshot has. Offering it again changes nothing, whatever was said of
 * it. Throws `not-found`, `over-quota`, `server-full`, and `bad-input` for what no class can be shown.
 */
export function offerVersion(context: PinContext, serial: Serial, offering: Offering): Offer {
  const { paths, clock } = context;
  const { snapshot, uid, nick, colors, limit } = offering;
  const digest = readVersions(snapshot).get(uid);
  if (!digest) throw new DsError('not-found', `${snapshot.name} holds no entry ${uid}`);
  const known = knownOffer(paths, serial, uid, digest);
  if (known) return known;
  checkShowable(snapshot, uid);
  const offer: Offer = {
    ...{ id: randomBytes(16).toString('hex'), uid, digest, snapshot: snapshot.name },
    ...{
      nick,
      colours: colors,
      offered: clock.now().toISOString(),
      state: 'offered',
      decided: null,
    },
  };
  const offers = withOffer(readOffers(paths, serial).offers, offer);
  pinEntry(context, serial, snapshot, uid, { limit, forClass: true });
  failpoint('class.pinned');
  writeOffers(paths, serial, offers);
  return offer;
}

/** Whether this version was offered before; it costs nothing to ask. */
export function knownOffer(
  paths: Paths,
  serial: Serial,
  uid: Uid,
  digest: Digest | undefined,
): Offer | undefined {
  return readOffers(paths, serial).offers.find((one) => digest && isOf(one, uid, digest));
}

/**
 * Ends the pins that were made for offers which have ended: of an entry, or of one version. Also those of a
 * withdrawal that was cut off. Returns how many there were.
 */
export function unpinWithdrawn(
  context: PinContext,
  serial: Serial,
  uid: Uid,
  version?: Digest,
): number {
  const { paths } = context;
  const offered = readOffers(paths, serial).offers;
  const pins = listPins(paths, serial).filter(
    (pin) =>
      pin.forClass &&
      isOf(pin, uid, version) &&
      !offered.some((one) => isOf(one, pin.uid, pin.digest)),
  );
  for (const pin of pins) {
    unpinForClass(context, serial, pin);
    failpoint('class.unpinned');
  }
  tidyPins(paths, serial, uid);
  return pins.length;
}

function unpinForClass(context: PinContext, serial: Serial, { uid, digest, folder }: Pin): void {
  try {
    unpinEntry(context, serial, uid, { digest, own: true });
  } catch (error) {
    if (!(error instanceof DsError && error.code === 'only-copy')) throw error;
    const { forClass: _over, ...note } = readPinNote(folder); // something else needs it now
    writePinNote(folder, note);
  }
}

function checkShowable({ folder }: Snapshot, uid: Uid): void {
  const entry = decodeEntry(readFileSync(inEntry(folder, uid).metadata));
  if (keptMarkOf(entry)) {
    throw new DsError('bad-input', 'the content of this version is not in it, but kept apart', {
      hint: 'fetch it back to the laptop first ("ds-backup fetch"), and let that back up',
    });
  }
  if (propertyText(entry, 'mime_type')?.trim().toLowerCase().startsWith(BUNDLE_TYPE)) {
    throw new DsError('bad-input', 'a bundle of a Journal holds more than the class may see', {
      hint: 'open it in the Journal, and offer what was in it after the next backup',
    });
  }
}
