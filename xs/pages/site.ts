/**
 * Assembles the pages: one part of the public app behind the guard, with style sheet, icon, language
 * choice and errors as pages. The routes of the rooms are registered in it.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { asDsError, type ErrorCode } from '../../shared/errors.ts';
import { answerTo } from '../api/error-answer.ts';
import { NotVouched } from '../class-page/offer.ts';
import { hostNames } from '../https/certificate.ts';
import type { Library } from '../library.ts';
import { ICON, type Page, render } from './frame/frame.tsx';
import { Translations } from './frame/language-choice.ts';
import { type Problem, ProblemPage } from './frame/problem-page.tsx';
import { StartPage } from './frame/start-page.tsx';
import { WrongHostPage } from './frame/wrong-host-page.tsx';
import { XoIcon } from './frame/xo-icon.tsx';
import { isSecure, readCookie, setCookie } from './guard/entrance.ts';
import { type Guard, installGuard, SIGN_IN, SignInNeeded, WrongHost } from './guard/guard.ts';
import { Missing, noPage } from './guard/missing.ts';
import { safeReturn } from './guard/safe-return.ts';
import type { Site } from './guard/site-context.ts';

export interface PageFiles {
  /** Files, delivered as one sheet. */
  styleSheets: readonly string[];
  /** `<language>/LC_MESSAGES/ds-backup.mo` */
  locale: string;
}

const LANGUAGE = 'ds-language';
const YEAR_SECONDS = 365 * 86_400;

/** `addRoutes` registers the routes behind the guard. */
export function addSite(
  app: FastifyInstance,
  library: Library,
  files: PageFiles,
  addRoutes: (part: FastifyInstance, site: Site) => void,
): void {
  const style = Buffer.concat(files.styleSheets.map((file) => readFileSync(file)));
  const digest = createHash('sha256').update(style).digest('hex').slice(0, 16);
  const styleHref = `/ds-restore/style-${digest}.css`;
  const translations = new Translations(files.locale);
  const hosts = hostNames(library.config);

  void app.register(async (part) => {
    const guard = await installGuard(part, { library, hosts });
    const page = (request: FastifyRequest, reply: FastifyReply): Page => ({
      ...translations.for(readCookie(request, LANGUAGE), request.headers['accept-language']),
      who: whoIs(library, guard, request),
      formToken: guard.formToken(request, reply),
      here: request.url,
      style: styleHref,
    });
    const send = (reply: FastifyReply, node: VNode) =>
      reply.type('text/html; charset=utf-8').send(render(node));
    const site: Site = { library, guard, page, send };
    part.setErrorHandler((error: FastifyError, request, reply) =>
      error instanceof WrongHost
        ? answerWrongHost(site, { translations, styleHref }, request, reply)
        : answerError(site, error, request, reply),
    );
    part.get(styleHref, { config: { anyHost: true } }, async (_request, reply) =>
      reply
        .type('text/css; charset=utf-8')
        .header('cache-control', `public, max-age=${YEAR_SECONDS}, immutable`)
        .send(style),
    );
    const icon = renderToString(XoIcon({ colors: null, size: 64 }));
    part.get(ICON, { config: { anyHost: true } }, async (_request, reply) =>
      reply.type('image/svg+xml').header('cache-control', 'public, max-age=86400').send(icon),
    );
    addLanguage(part);
    addStart(part, site);
    addRoutes(part, site);
    for (const place of ['/ds-restore/*', '/xs-backup/*']) {
      part.get(place, async () => {
        throw noPage();
      });
    }
  });
}

function whoIs(library: Library, guard: Guard, request: FastifyRequest): Page['who'] {
  const visitor = guard.visitor(request);
  if (!visitor) return null;
  if (visitor.role === 'teacher') {
    const keeper = guard.isKeeper(request);
    return { name: visitor.name, colors: null, teacher: true, keeper };
  }
  const laptop = library.registrations.get(visitor.serial);
  const name = laptop?.nick || visitor.serial;
  return { name, colors: laptop?.colors ?? null, teacher: false, keeper: false };
}

/** Errors as pages. Details go to the log only. */
function answerError(
  site: Site,
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): unknown {
  if (error instanceof SignInNeeded) {
    if (request.method === 'POST') return reply.redirect(SIGN_IN, 303);
    return reply.redirect(`${SIGN_IN}?back=${encodeURIComponent(request.url)}`, 303);
  }
  const { status, body, fault } = answerTo(error);
  if (fault) site.library.log.warn('page-failed', { reason: asDsError(error).message });
  void reply.status(status);
  // The guard refused the request before it read cookies: neither language nor visitor are known.
  if (!request.cookies) return reply.type('text/plain; charset=utf-8').send(`${body.message}\n`);
  const problem = problemOf(error, status, body.code);
  return site.send(reply, ProblemPage({ page: site.page(request, reply), problem }));
}

function problemOf(error: FastifyError, status: number, code: ErrorCode): Problem {
  if (error instanceof Missing) {
    const { thing } = error;
    if (thing.type === 'day') return { type: 'day', way: thing.home };
    if (thing.type === 'entry') return { type: 'entry', way: thing.day };
    return { type: thing.type };
  }
  if (error instanceof NotVouched) return { type: error.hasDigits ? 'digits' : 'code' };
  return { type: problemTypeOf(status, code) };
}

/** The kind of page for an error that is none of a page's own. */
export function problemTypeOf(
  status: number,
  code: ErrorCode,
): 'busy' | 'form' | 'page' | 'address' | 'broken' {
  // Waiting does not help against a bad disk.
  if (code === 'server-trouble') return 'broken';
  if (status === 429 || status === 503) return 'busy';
  if (status === 403) return 'form';
  if (status === 404) return 'page';
  return status === 400 ? 'address' : 'broken';
}

/** Before cookies are read: the browser holds none for this name. */
function answerWrongHost(
  { library, send }: Site,
  { translations, styleHref }: { translations: Translations; styleHref: string },
  request: FastifyRequest,
  reply: FastifyReply,
): unknown {
  const { host = '', 'accept-language': accepted } = request.headers;
  const [, name, port = ''] = /^([\w.-]+)(:\d{1,5})?$/.exec(host) ?? [];
  const page: Page = {
    ...translations.for(undefined, accepted),
    ...{ who: null, formToken: '', here: '/', style: styleHref, languages: false },
  };
  const right = `${isSecure(request) ? 'https' : 'http'}://${library.config.http.name}${port}${request.url}`;
  return send(reply.status(400), WrongHostPage({ page, host: name ?? null, right }));
}

/** Programs that ask for `/` get the answer that they always got; it was never a page for them. */
function addStart(part: FastifyInstance, site: Site): void {
  part.get('/', { config: { anyHost: true } }, async (request, reply) => {
    if (!/\btext\/html\b/.test(request.headers.accept ?? '')) {
      return reply.status(404).send({ code: 'not-found', message: 'there is no such page' });
    }
    site.guard.checkHost(request);
    return site.send(reply, StartPage({ page: site.page(request, reply) }));
  });
}

/** A link rather than a form: one touch, and GET is harmless because only the language changes. */
function addLanguage(part: FastifyInstance): void {
  part.get<{ Querystring: { to?: unknown; back?: unknown } }>(
    '/ds-restore/language',
    async (request, reply) => {
      const { to, back } = request.query;
      if (typeof to === 'string' && /^[a-z]{2,3}$/.test(to)) {
        setCookie(request, reply, LANGUAGE, to, { sameSite: 'lax', maxAge: YEAR_SECONDS });
      }
      return reply.redirect(safeReturn(back, '/ds-restore/'), 303);
    },
  );
}
