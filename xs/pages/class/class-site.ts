/**
 * Who may see what of the class page, decided first by every route of it. While there is none, its addresses
 * are answered like any that does not exist; whoever is signed in reads that there is none.
 */

import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DsError } from '../../../shared/errors.ts';
import { NotVouched, OFFER_ID } from '../../class-page/offer.ts';
import { type SchoolOffer, SchoolOffers } from '../../class-page/offers.ts';
import { isOn } from '../../class-page/switch.ts';
import { ClassFiles, pictureOf } from '../../published/class-thing.ts';
import { contentDisposition } from '../../takeaway/download-name.ts';
import { SignInNeeded } from '../guard/guard.ts';
import { harmless } from '../guard/harmless.ts';
import { Missing, noPage } from '../guard/missing.ts';
import type { Visitor } from '../guard/sessions.ts';
import type { Site } from '../guard/site-context.ts';

/** What the routes of the class page, and those of the teacher who decides, are given. */
export interface ClassSite extends Site {
  offers: SchoolOffers;
  files: ClassFiles;
}

type Child = Extract<Visitor, { role: 'child' }>;
export type OnThing = FastifyRequest<{ Params: { id: string } }>;

export function makeClassSite(site: Site): ClassSite {
  const { library } = site;
  return { ...site, offers: new SchoolOffers(library), files: new ClassFiles(library.paths) };
}

/**
 * Throws `not-found` while there is no class page, `SignInNeeded`, and `NotVouched` for the child of a laptop that
 * anybody may have made up.
 */
export function admitToClass({ guard, library }: Site, request: FastifyRequest): void {
  const visitor = guard.visitor(request);
  if (!isOn(library.paths)) throw visitor ? new Missing({ type: 'class-page' }) : noPage();
  if (!visitor) throw new SignInNeeded();
  if (visitor.role === 'teacher' || isVouchedFor(library, visitor)) return;
  const hasDigits = library.registrations.get(visitor.serial)?.keys.own != null;
  throw new NotVouched({ hasDigits });
}

/**
 * A teacher compared the laptop's digits; or it is one of the original program, which shows none, and a teacher's
 * code or an account of Moodle brought the child. A link alone may be that of a key which nobody has seen.
 */
function isVouchedFor(
  { registrations }: Site['library'],
  { serial, code, moodle }: Child,
): boolean {
  if (registrations.isConfirmed(serial)) return true;
  const isBrought = code !== undefined || moodle !== undefined;
  return isBrought && registrations.get(serial)?.keys.own === null;
}

/** Throws `not-found` for what is not there, or not in this state. */
export function offerOf(
  { offers }: ClassSite,
  { params: { id } }: OnThing,
  onlyApproved: boolean,
): SchoolOffer {
  const found = OFFER_ID.test(id) ? orNothing(() => offers.find(id)) : undefined;
  if (!found || (onlyApproved && found.state !== 'approved')) throw noPage();
  return found;
}

function orNothing<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch (error) {
    if (error instanceof DsError && error.code === 'not-found') return undefined;
    throw error;
  }
}

/** The file of an offer, for its page: `damaged` where it cannot be read. Throws `server-busy`. */
export async function fileOf({ files }: ClassSite, offer: SchoolOffer) {
  return files.find(offer).catch((error: unknown) => {
    if (error instanceof DsError && error.code === 'damaged') return 'damaged' as const;
    throw error;
  });
}

/** The picture of how it looked. Not kept by the browser: it may be taken back at any time. */
export function sendPicture(
  { library }: ClassSite,
  offer: SchoolOffer,
  reply: FastifyReply,
): FastifyReply {
  const picture = pictureOf(library.paths, offer);
  if (!picture) throw noPage();
  return harmless(reply).type('image/png').send(picture);
}

/** The file as a download. Throws `not-found` where there is none that is given out. */
export async function sendFile(
  { files }: ClassSite,
  offer: SchoolOffer,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const file = await files.find(offer);
  if (file === null || file === 'unclean') throw noPage();
  const stream: Readable = await file.open();
  return harmless(reply)
    .header('content-disposition', contentDisposition(file.name))
    .header('content-length', file.size)
    .type(file.type)
    .send(stream);
}
