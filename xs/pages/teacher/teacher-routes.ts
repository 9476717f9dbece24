/**
 * The teachers' pages at `/xs-backup`, behind one check that a teacher is signed in; to a child they do
 * not exist.
 */

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DsError } from '../../../shared/errors.ts';
import { parseSerial, type Serial, tryParse } from '../../../shared/ids.ts';
import { laptopRows } from '../../admin/laptop-list.ts';
import { readStatus } from '../../admin/status.ts';
import { proposalsOf } from '../../commands/aliases.ts';
import { runCommand } from '../../commands/service-socket.ts';
import { httpsWayIn } from '../../https/way-in.ts';
import { toolFields } from '../../moodle/tool-fields.ts';
import { readAudit } from '../../registration/audit.ts';
import { readDays, readWho } from '../../retention/day-log.ts';
import { releaseIfFull } from '../../storage/reserve.ts';
import { listTrash } from '../../storage/trash.ts';
import { listArrivals } from '../../transfer/arrivals.ts';
import type { ClassSite } from '../class/class-site.ts';
import { secondsOf } from '../frame/day-name.ts';
import { paginate, readPage } from '../frame/paging.ts';
import { DAYS_PATH, MOODLE_PATH, PAPER_PATH, PLACES } from '../frame/teacher-frame.tsx';
import { isSecure } from '../guard/entrance.ts';
import { noLaptop } from '../guard/missing.ts';
import type { Site } from '../guard/site-context.ts';
import { addActRoutes, type Sent } from './acts/act-routes.ts';
import { frameProps } from './acts/frame-props.ts';
import { addOfferRoutes } from './class/offer-routes.ts';
import { addDiskRoutes } from './disk/disk-routes.ts';
import { TrashPage, trashView } from './disk/trash-page.tsx';
import { ClassPage } from './laptops/class-page.tsx';
import { countStates, findLaptops, readClassSearch } from './laptops/class-search.ts';
import { HeldPage } from './laptops/held-page.tsx';
import { heldLaptops } from './laptops/held-view.ts';
import { addLaptopRoutes } from './laptops/laptop-routes.ts';
import { WaitingPage, waitingView } from './laptops/waiting-page.tsx';
import { AuditPage } from './school/audit-page.tsx';
import { actorsIn, findAudit, readAuditSearch } from './school/audit-search.ts';
import { DayPage, DaysPage, MONTHS_EACH } from './school/days-page.tsx';
import { monthsOf } from './school/days-view.ts';
import { MoodlePage } from './school/moodle-page.tsx';
import { PaperPage } from './school/paper-page.tsx';
import { StatusPage } from './school/status-page.tsx';
import { statusView } from './school/status-view.ts';
import { cardsOf } from './shown/laptop-card.ts';

type Asked = FastifyRequest<{ Querystring: Sent }>;

/** Adds the teachers' pages to the part behind the guard. */
export function addTeacherPages(part: FastifyInstance, site: ClassSite): void {
  void part.register(async (teachers) => {
    teachers.addHook('preHandler', async (request, reply) => {
      const door = site.guard.door(request);
      const href = request.method !== 'POST' && door.type === 'secure' ? door.href : null;
      if (href !== null) return reply.redirect(href, 303);
      site.guard.teacher(request);
      if (request.method === 'POST') releaseIfFull(site.library.paths);
    });
    addOverview(teachers, site);
    addDays(teachers, site);
    addMoodlePage(teachers, site);
    addWaiting(teachers, site);
    addKept(teachers, site);
    addLaptopRoutes(teachers, site);
    addDiskRoutes(teachers, site);
    addOfferRoutes(teachers, site);
    addActRoutes(teachers, site);
  });
}

function addOverview(part: FastifyInstance, site: Site): void {
  const { library } = site;

  for (const path of ['/xs-backup', '/xs-backup/']) {
    part.get(path, async (request: Asked, reply) => {
      const { page } = frameProps(site, request, reply);
      const view = statusView(page.words, await readStatus(library));
      const moodle = library.config.moodle.enabled;
      return site.send(reply, StatusPage({ page, view, moodle }));
    });
  }

  part.get('/xs-backup/class', async (request: Asked, reply) => {
    const rows = await laptopRows(library, library.registrations.all());
    const cards = cardsOf(rows);
    const search = readClassSearch(request.query);
    const node = ClassPage({
      ...frameProps(site, request, reply),
      ...{ counts: countStates(cards), total: cards.length },
      ...{ search, found: findLaptops(cards, search) },
    });
    return site.send(reply, node);
  });

  part.get('/xs-backup/diag.txt', async (_request, reply) => {
    let text = '';
    const print = (more: string) => {
      text += more;
    };
    const request = { command: 'diag', args: [], flags: {} };
    await runCommand(library, request, print, new AbortController().signal);
    const name = `ds-backup-diag-${library.clock.now().toISOString().slice(0, 10)}.txt`;
    return reply
      .type('text/plain; charset=utf-8')
      .header('content-disposition', `attachment; filename="${name}"`)
      .send(text);
  });
}

function addDays(part: FastifyInstance, site: Site): void {
  const { paths, registrations, config } = site.library;
  const named = (serials: readonly string[]) =>
    serials.flatMap((text) => {
      const serial = tryParse(parseSerial, text);
      return serial ? [{ serial, nick: registrations.nickOf(serial) }] : [];
    });

  part.get(DAYS_PATH, async (request: Asked, reply) => {
    const { page } = frameProps(site, request, reply);
    const wanted = readPage((request.query as Record<string, unknown>).page);
    const found = paginate(monthsOf(readDays(paths)), wanted, MONTHS_EACH);
    return site.send(
      reply,
      DaysPage({ page, found, trusted: site.library.timeline.now().trusted }),
    );
  });

  part.get<{ Params: { date: string }; Querystring: Sent }>(
    `${DAYS_PATH}/:date`,
    async (request, reply) => {
      const { date } = request.params;
      if (!readDays(paths).some((day) => day.date === date)) throw noSuchDay();
      const { page } = frameProps(site, request, reply);
      const who = readWho(paths, date);
      const node = DayPage({ page, date, came: named(who.came), failed: named(who.failed) });
      return site.send(reply, node);
    },
  );

  part.get(PAPER_PATH, async (request: Asked, reply) => {
    const { page } = frameProps(site, request, reply);
    const scheme = isSecure(request) ? 'https' : 'http';
    // As "teacher add" tells it, not as somebody happened to come here.
    const address =
      httpsWayIn(site.library)?.address ??
      `${scheme}://${request.headers.host ?? config.http.name}${PLACES.status}`;
    const fingerprint = site.library.listening.https?.fingerprint ?? null;
    const now = Math.floor(site.library.clock.now().getTime() / 1000);
    const facts = { library: paths.library, name: config.http.name, now };
    return site.send(reply, PaperPage({ page, address, fingerprint, ...facts }));
  });
}

function addMoodlePage(part: FastifyInstance, site: Site): void {
  const { config, moodle, listening } = site.library;
  part.get(MOODLE_PATH, async (request: Asked, reply) => {
    const known = moodle.platforms().map(({ id, issuer, added }) => ({
      ...{ issuer, added: secondsOf(added) },
      accounts: moodle.bindings().filter(({ platform }) => platform === id).length,
    }));
    const node = MoodlePage({
      ...frameProps(site, request, reply),
      ...{ isOn: config.moodle.enabled, known },
      fields: toolFields(config, listening.http?.port),
    });
    return site.send(reply, node);
  });
}

function noSuchDay(): DsError {
  return new DsError('not-found', 'nothing is known of such a day');
}

function addWaiting(part: FastifyInstance, site: Site): void {
  const { library } = site;
  const { registrations, newcomers } = library;

  part.get('/xs-backup/waiting', async (request: Asked, reply) => {
    const asking = registrations.all().filter(([, { pending }]) => pending.length > 0);
    const seconds = (iso: string) => Math.floor(Date.parse(iso) / 1000);
    const colorsOf = (serial: Serial) => registrations.get(serial)?.colors ?? null;
    const proposals = (await proposalsOf(library)).map((one) => ({
      ...{ newer: one.newer, older: one.older, nick: one.nick },
      ...{ newerColors: colorsOf(one.newer), olderColors: colorsOf(one.older) },
      ...{ registered: seconds(one.registered), lastSeen: seconds(one.lastSeen) },
    }));
    const node = WaitingPage({
      ...frameProps(site, request, reply),
      ...{ laptops: waitingView(await laptopRows(library, asking)), proposals },
      ...{ registration: newcomers.window(), arrivals: listArrivals(library.paths) },
    });
    return site.send(reply, node);
  });
}

function addKept(part: FastifyInstance, site: Site): void {
  const { library } = site;
  const { paths, registrations } = library;
  const nickOf = (serial: string) => registrations.nickOf(serial);

  part.get('/xs-backup/held', async (request: Asked, reply) => {
    const laptops = await heldLaptops(library);
    return site.send(reply, HeldPage({ ...frameProps(site, request, reply), laptops }));
  });

  part.get('/xs-backup/trash', async (request: Asked, reply) => {
    const lines = trashView(listTrash(paths, onlyAbout(request.query)), nickOf);
    return site.send(reply, TrashPage({ ...frameProps(site, request, reply), lines }));
  });

  part.get('/xs-backup/audit', async (request: Asked, reply) => {
    onlyAbout(request.query); // an invalid serial number is not a search that finds nothing
    const all = readAudit(paths);
    const search = readAuditSearch(request.query);
    const { page } = frameProps(site, request, reply);
    const found = findAudit(all, search, nickOf);
    return site.send(reply, AuditPage({ page, search, found, actors: actorsIn(all), nickOf }));
  });
}

/** The laptop a page is limited to; undefined for all. Throws `not-found` for an invalid one. */
function onlyAbout({ serial, act }: Sent): Serial | undefined {
  // Here `serial` belongs to the act that led to the page, which is about all laptops.
  if (serial === undefined || act !== undefined) return undefined;
  const known = tryParse(parseSerial, serial);
  if (!known) throw noLaptop();
  return known;
}
