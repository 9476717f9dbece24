/**
 * Sign-on of children: with a one-time link or, where the school has enabled it, with the cookie that
 * Sugar's Browse sends to the server it is registered with.
 */
import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import * as v from 'valibot';
import type { Serial } from '../../../shared/ids.ts';
import type { WebLinks } from '../../api/web-links.ts';
import { seldom } from '../../ground/seldom.ts';
import type { Laptop } from '../../registration/laptop-record.ts';
import type { Site } from '../guard/site-context.ts';
import { SignInPage } from './sign-in-page.tsx';
import { propsOf, TEACHERS_START } from './sign-in-routes.ts';

const homeOf = (serial: Serial): string => `/ds-restore/${serial}/`;

/** Where a browser goes that a laptop or a teacher has just signed on, if not to the Journal. */
export type AfterProof = (request: FastifyRequest, serial: Serial) => string | undefined;

export function addSignOn(
  part: FastifyInstance,
  site: Site,
  links: WebLinks,
  afterLink: AfterProof = () => undefined,
): void {
  const { guard, library } = site;
  const noteRefusal = seldom(library, 'web-link-refused');
  library.registrations.whenOwnerChanges((serial) => links.end(serial));

  /** Not for HEAD: checking a link must not use it up. */
  part.get<{ Params: { token: string } }>(
    '/ds-restore/in/:token',
    { exposeHeadRoute: false },
    async (request, reply) => {
      const serial = links.use(request.params.token);
      if (serial && library.registrations.isActive(serial)) {
        guard.begin(request, reply, { role: 'child', serial });
        return reply.redirect(afterLink(request, serial) ?? homeOf(serial), 303);
      }
      noteRefusal({ address: request.ip });
      void reply.status(403);
      const shown = { back: TEACHERS_START, problem: 'link', way: TEACHERS_START } as const;
      return site.send(reply, SignInPage(propsOf(site, request, reply, shown)));
    },
  );

  part.get('/ds-restore', async (_request, reply) => reply.redirect('/ds-restore/', 303));

  part.get('/ds-restore/', async (request, reply) => {
    const visitor = guard.visitor(request);
    if (visitor?.role === 'child') return reply.redirect(homeOf(visitor.serial), 303);
    if (visitor) return reply.redirect('/xs-backup', 303);
    const known = library.config.pages.xoid ? childOfCookie(site, request) : undefined;
    if (!known) return reply.redirect('/ds-restore/sign-in', 303);
    guard.begin(request, reply, { role: 'child', serial: known });
    return reply.redirect(homeOf(known), 303);
  });
}

function childOfCookie({ library }: Site, request: FastifyRequest): Serial | undefined {
  const serial = whoseXoid(request.cookies.xoid, library.registrations.bySerial());
  return serial && library.registrations.isActive(serial) ? serial : undefined;
}

const xoidSchema = v.object({ pkey_hash: v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/)) });

/**
 * The laptop whose key Sugar's Browse names: the SHA-1 of the base64 of `owner.key.pub`. Nobody when
 * two laptops have that key. It proves nothing: the key is public and the cookie never changes.
 */
export function whoseXoid(
  cookie: string | undefined,
  laptops: ReadonlyMap<Serial, Pick<Laptop, 'keys' | 'imported'>>,
): Serial | undefined {
  const shown = v.safeParse(xoidSchema, parseJson(cookie));
  if (!shown.success) return undefined;
  const fitting = [...laptops].filter(([, { keys, imported }]) => {
    // A key of the old server's database does not open what is stored.
    const base64 = imported === undefined ? keys.sugar?.split(' ')[1] : undefined;
    return base64 !== undefined && sha1(base64) === shown.output.pkey_hash;
  });
  return fitting.length === 1 ? fitting[0]?.[0] : undefined;
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
