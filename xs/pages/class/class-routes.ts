/** The class page: a list of what a teacher said yes to, and each thing by itself with its file. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { readThing } from '../../published/class-thing.ts';
import type { TrailLink } from '../frame/frame.tsx';
import { paginate, readPage } from '../frame/paging.ts';
import { CLASS, homePath } from '../frame/paths.ts';
import { PLACES } from '../frame/teacher-frame.tsx';
import { noPage } from '../guard/missing.ts';
import { ClassPage, ThingPage } from './class-page.tsx';
import {
  admitToClass,
  type ClassSite,
  type OnThing,
  offerOf,
  sendFile,
  sendPicture,
} from './class-site.ts';

export const THINGS_PER_PAGE = 50;

/** HEAD would read the whole file and discard it. */
const NO_HEAD = { exposeHeadRoute: false };

/** On the part behind the guard. */
export function addClassPage(part: FastifyInstance, site: ClassSite): void {
  const { paths } = site.library;

  part.get(CLASS.slice(0, -1), async (request, reply) => {
    admitToClass(site, request);
    return reply.redirect(CLASS, 303);
  });

  part.get<{ Querystring: { page?: unknown } }>(CLASS, async (request, reply) => {
    admitToClass(site, request);
    const wanted = readPage(request.query.page);
    const paged = paginate(site.offers.list('approved'), wanted, THINGS_PER_PAGE);
    const things = paged.shown.flatMap((offer) => readThing(paths, offer) ?? []);
    const page = site.page(request, reply);
    const trail = wayBack(
      site,
      request,
      page.words._('My days'),
      page.words._('Pages for teachers'),
    );
    return site.send(reply, ClassPage({ page, trail, things, paged }));
  });

  part.get(`${CLASS}:id`, async (request: OnThing, reply) => {
    admitToClass(site, request);
    const { id } = offerOf(site, request, true);
    return reply.redirect(`${CLASS}${id}/`, 303);
  });

  part.get(`${CLASS}:id/`, async (request: OnThing, reply) => {
    admitToClass(site, request);
    const offer = offerOf(site, request, true);
    const thing = readThing(paths, offer);
    if (!thing) throw noPage();
    const file = await site.files.find(offer);
    const page = site.page(request, reply);
    return site.send(reply, ThingPage({ page, thing, file }));
  });

  part.get(`${CLASS}:id/picture`, async (request: OnThing, reply) => {
    admitToClass(site, request);
    return sendPicture(site, offerOf(site, request, true), reply);
  });

  part.get(`${CLASS}:id/file`, NO_HEAD, async (request: OnThing, reply) => {
    admitToClass(site, request);
    return sendFile(site, offerOf(site, request, true), reply);
  });
}

function wayBack(
  { guard }: ClassSite,
  request: FastifyRequest,
  days: string,
  desk: string,
): TrailLink[] {
  const visitor = guard.visitor(request);
  if (visitor?.role === 'child') return [{ name: days, href: homePath(visitor.serial) }];
  return [{ name: desk, href: PLACES.offers }];
}
