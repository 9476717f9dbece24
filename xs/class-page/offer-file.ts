/**
 * A laptop's offers on the disk: `.class-page.json` in its folder (PROTOCOL.md). Every change is durable
 * when it returns. A file that cannot be read offers nothing, and is replaced by the next change.
 */
import { readFileSync, rmSync, statSync } from 'node:fs';
import * as v from 'valibot';
import { DsError, isErrno } from '../../shared/errors.ts';
import { idSchema } from '../../shared/id-schema.ts';
import { type Digest, parseDigest, parseUid, type Serial, type Uid } from '../../shared/ids.ts';
import { OFFER_STATES } from '../../shared/protocol/offer-states.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { fsyncFolder, writeFileDurably } from '../../shared/system/files.ts';
import { inLaptop, type Paths } from '../storage/paths.ts';
import { withReserve } from '../storage/reserve.ts';
import { isOf, MAX_OFFERS, OFFER_ID, type Offer, withWord } from './offer.ts';

const fileSchema = v.object({
  version: v.literal(1),
  offers: v.pipe(
    v.array(
      v.object({
        id: v.pipe(v.string(), v.regex(OFFER_ID)),
        uid: idSchema(parseUid),
        digest: idSchema(parseDigest),
        snapshot: v.string(),
        nick: v.string(),
        colours: v.nullable(v.string()),
        offered: v.string(),
        state: v.picklist(OFFER_STATES),
        decided: v.nullable(v.string()),
      }),
    ),
    v.maxLength(MAX_OFFERS),
  ),
});

/** Larger than any such file can be, in bytes. */
const MAX_BYTES = 64 * 1024;

export interface LaptopOffers {
  offers: readonly Offer[];
  /** There is a file, and it cannot be read. */
  damaged: boolean;
}

const NONE: LaptopOffers = { offers: [], damaged: false };

export function readOffers(paths: Paths, serial: Serial): LaptopOffers {
  const path = inLaptop(paths, serial).classPage;
  try {
    if (statSync(path).size > MAX_BYTES) return { ...NONE, damaged: true };
    const { offers } = v.parse(fileSchema, JSON.parse(readFileSync(path, 'utf8')));
    return { offers, damaged: false };
  } catch (error) {
    return isErrno(error, 'ENOENT', 'ENOTDIR') ? NONE : { ...NONE, damaged: true };
  }
}

/** Replaces them all. Throws `server-full`. */
export function writeOffers(paths: Paths, serial: Serial, offers: readonly Offer[]): void {
  try {
    replaceOffers(paths, serial, offers);
  } catch (cause) {
    if (!isErrno(cause, 'ENOSPC', 'EDQUOT')) throw cause;
    throw new DsError('server-full', 'the disk of the school server is full', { cause });
  }
}

/** Records a teacher's word. Throws `not-found`, `server-full`. */
export function decide(
  paths: Paths,
  serial: Serial,
  id: string,
  said: 'approved' | 'refused',
  now: Date,
): void {
  writeOffers(paths, serial, withWord(readOffers(paths, serial).offers, id, said, now));
}

/** Ends the offers of an entry, or that of one version; returns those that there were. */
export function withdraw(paths: Paths, serial: Serial, uid: Uid, version?: Digest): Offer[] {
  return withdrawThose(paths, serial, (one) => isOf(one, uid, version));
}

/** Ends all offers of a laptop that are like this, also on a full disk. What cannot be read is ended too. */
export function withdrawThose(
  paths: Paths,
  serial: Serial,
  isMeant: (offer: Offer) => boolean,
): Offer[] {
  const { offers, damaged } = readOffers(paths, serial);
  const ended = offers.filter(isMeant);
  if (ended.length === 0 && !damaged) return [];
  const others = offers.filter((one) => !isMeant(one));
  withReserve(paths, () => replaceOffers(paths, serial, others));
  return ended;
}

/** How often any offers were replaced in this process: what was read before may be old then. */
export function offersWritten(): number {
  return written;
}

let written = 0;

function replaceOffers(paths: Paths, serial: Serial, offers: readonly Offer[]): void {
  const { home, classPage } = inLaptop(paths, serial);
  written += 1;
  if (offers.length > 0) {
    writeFileDurably(classPage, `${JSON.stringify({ version: 1, offers })}\n`, 0o640);
  } else {
    rmSync(classPage, { recursive: true, force: true });
    fsyncFolder(home);
  }
  failpoint('class.written');
}
