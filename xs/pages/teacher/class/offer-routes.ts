/** The desk at which a teacher decides what the class sees. On a part that only teachers reach. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Serial } from '../../../../shared/ids.ts';
import { OFFER_STATES as STATES } from '../../../../shared/protocol/offer-states.ts';
import { isOn } from '../../../class-page/switch.ts';
import { readThing } from '../../../published/class-thing.ts';
import { THINGS_PER_PAGE } from '../../class/class-routes.ts';
import {
  type ClassSite,
  fileOf,
  type OnThing,
  offerOf,
  sendFile,
  sendPicture,
} from '../../class/class-site.ts';
import { paginate, readPage } from '../../frame/paging.ts';
import { PLACES } from '../../frame/teacher-frame.tsx';
import { noPage } from '../../guard/missing.ts';
import type { Sent } from '../acts/act-routes.ts';
import { frameProps } from '../acts/frame-props.ts';
import { OfferPage, OffersPage } from './offers-page.tsx';

type Asked = FastifyRequest<{ Querystring: Sent }>;

export function addOfferRoutes(part: FastifyInstance, site: ClassSite): void {
  const { offers, library } = site;
  const { paths, registrations } = library;

  part.get(PLACES.offers, async (request: Asked, reply) => {
    const { only } = request.query;
    const state = STATES.find((one) => one === only) ?? 'offered';
    const lists = Object.fromEntries(STATES.map((one) => [one, offers.list(one)] as const));
    const counts = { offered: 0, approved: 0, refused: 0 };
    for (const one of STATES) counts[one] = lists[one]?.length ?? 0;
    const paged = paginate(lists[state] ?? [], readPage(request.query.page), THINGS_PER_PAGE);
    const named = (serial: Serial) => ({ serial, name: registrations.nameOf(serial) });
    // In the order of their offers, also what cannot be read: it is counted, and asks for a word.
    const things = paged.shown.map((offer) => {
      return readThing(paths, offer) ?? { id: offer.id, of: named(offer.serial) };
    });
    const damaged = offers.damaged().map(named);
    const { page, done } = frameProps(site, request, reply);
    const shown = { page, done, on: isOn(paths), state, counts, things, paged, damaged };
    return site.send(reply, OffersPage(shown));
  });

  part.get(`${PLACES.offers}/:id/`, async (request: OnThing, reply) => {
    const offer = offerOf(site, request, false);
    const thing = readThing(paths, offer);
    if (!thing) throw noPage();
    const file = await fileOf(site, offer);
    const page = site.page(request, reply);
    const { serial, state } = offer;
    const of = { serial, name: registrations.nameOf(serial) };
    return site.send(reply, OfferPage({ page, thing, state, of, file }));
  });

  part.get(`${PLACES.offers}/:id/picture`, async (request: OnThing, reply) =>
    sendPicture(site, offerOf(site, request, false), reply),
  );

  const options = { exposeHeadRoute: false };
  part.get(`${PLACES.offers}/:id/file`, options, async (request: OnThing, reply) =>
    sendFile(site, offerOf(site, request, false), reply),
  );
}
