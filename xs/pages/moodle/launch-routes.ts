/**
 * The steps of a launch: Moodle's form leads to `login`, from there to Moodle and, with what it signed, to
 * `launch`; then `arrived`, on a page of ours. Only there does the browser show its cookie again, for Moodle's
 * forms come from another site. Where Moodle shows us in a frame, one page leads out of it.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as v from 'valibot';
import { newToken, tokenHash } from '../../api/tokens.ts';
import { LaunchRefused, verifyLaunch } from '../../moodle/launch.ts';
import type { Platform } from '../../moodle/platform.ts';
import { MOODLE_LAUNCH, MOODLE_LOGIN } from '../../moodle/tool-fields.ts';
import { land } from './account-routes.ts';
import { LeadOutPage, MoodleProblemPage } from './moodle-pages.tsx';
import { browserOf, logRefusal, type MoodleSite, markBrowser } from './moodle-site.ts';

const ARRIVED = '/ds-restore/moodle/arrived';
/** From one address, which may be that of a whole class, each minute. */
const LOGINS = { max: 300, timeWindow: 60_000 };
const LAUNCHES = { max: 120, timeWindow: 60_000 };
/** In the order of the steps: not marked yet, marked and looked at again, led out of a frame. */
const STEPS = ['first', 'again', 'out'] as const;

const loginSchema = v.object({
  iss: v.pipe(v.string(), v.maxLength(300)),
  client_id: v.pipe(v.string(), v.maxLength(255)),
  login_hint: v.pipe(v.string(), v.maxLength(500)),
  lti_message_hint: v.optional(v.pipe(v.string(), v.maxLength(2000)), ''),
  step: v.optional(v.picklist(STEPS), 'first'),
});
type Login = v.InferOutput<typeof loginSchema>;

export function addLaunch(part: FastifyInstance, site: MoodleSite): void {
  // Moodle posts it from another site, without any cookie of ours; the same by GET is a page of ours.
  const crossSite = { config: { rateLimit: LOGINS, crossSite: true } };
  part.post(MOODLE_LOGIN, crossSite, async (request, reply) =>
    orExplain(site, { request, reply }, async () => {
      const { login } = begun(site, request, request.body);
      return reply.redirect(loginPath({ ...login, step: 'first' }), 303);
    }),
  );

  part.get(MOODLE_LOGIN, { config: { rateLimit: LOGINS } }, async (request, reply) =>
    orExplain(site, { request, reply }, async () => {
      const { login, platform } = begun(site, request, request.query);
      const out = loginPath({ ...login, step: 'out' });
      if (isFramed(request)) return leadOut(site, request, reply, platform, out);
      const browser = browserOf(request);
      if (browser === undefined && login.step !== 'out') {
        // In a frame of another site no cookie is kept: it is not there the second time either.
        if (login.step === 'again') return leadOut(site, request, reply, platform, out);
        markBrowser(request, reply);
        return reply.redirect(loginPath({ ...login, step: 'again' }), 303);
      }
      const bound = browser ?? markBrowser(request, reply);
      return reply.redirect(askMoodle(site, request, { login, platform, browser: bound }), 303);
    }),
  );

  const launch = { config: { rateLimit: LAUNCHES, crossSite: true } };
  part.post(MOODLE_LAUNCH, launch, async (request, reply) =>
    orExplain(site, { request, reply }, async () => {
      const { ticket, platform, framed } = await accept(site, request.body);
      const next = `${ARRIVED}?t=${ticket}`;
      if (framed || isFramed(request)) return leadOut(site, request, reply, platform, next);
      return reply.redirect(next, 303);
    }),
  );

  /** Not for HEAD: looking must not use it up. */
  const once = { exposeHeadRoute: false, config: { rateLimit: LOGINS } };
  part.get<{ Querystring: { t?: unknown } }>(ARRIVED, once, async (request, reply) =>
    orExplain(site, { request, reply }, async () => {
      const { t } = request.query;
      const found = typeof t === 'string' ? site.tickets.take(tokenHash(t)) : undefined;
      const browser = browserOf(request);
      if (!found || browser === undefined || found.browser !== browser) {
        throw new LaunchRefused('state', 'used, too late, or begun in another browser');
      }
      const { browser: _, ...account } = found;
      return land(site, request, reply, { account, browser });
    }),
  );
}

/** What was sent to begin with, and the platform that begins. Throws `LaunchRefused`. */
function begun(
  { library }: MoodleSite,
  { ip }: FastifyRequest,
  sent: unknown,
): { login: Login; platform: Platform } {
  const login = v.safeParse(loginSchema, sent);
  if (!login.success) throw new LaunchRefused('moodle', 'the first step is incomplete');
  const { iss, client_id: client } = login.output;
  const platform = library.moodle.find(iss, client);
  if (!platform) throw new LaunchRefused('key', `no Moodle of ${ip} was added so`);
  return { login: login.output, platform };
}

/** Browsers say so where we are HTTPS or this machine; elsewhere the cookie or Moodle does. */
function isFramed({ headers }: FastifyRequest): boolean {
  return /^(iframe|frame|embed|object)$/.test(String(headers['sec-fetch-dest'] ?? ''));
}

function loginPath(login: Login): string {
  return `${MOODLE_LOGIN}?${new URLSearchParams(login)}`;
}

/** Where Moodle says who is signed in there: an address that an admin gave, whatever the browser sent. */
function askMoodle(
  { states }: MoodleSite,
  request: FastifyRequest,
  { login, platform, browser }: { login: Login; platform: Platform; browser: string },
): string {
  const { state, nonce } = states.make({
    platform: platform.id,
    browser,
    out: login.step === 'out',
  });
  const query = new URLSearchParams({
    ...{ scope: 'openid', response_type: 'id_token', response_mode: 'form_post', prompt: 'none' },
    ...{ client_id: platform.client, state, nonce },
    // The name that Moodle led to; it compares it with what an admin entered there.
    redirect_uri: `${request.protocol}://${request.headers.host}${MOODLE_LAUNCH}`,
    ...{ login_hint: login.login_hint, lti_message_hint: login.lti_message_hint },
  });
  return `${platform.auth}?${query}`;
}

/** What Moodle signed, checked and used up; the way on is good for this browser only. Throws `LaunchRefused`. */
async function accept(
  site: MoodleSite,
  body: unknown,
): Promise<{ ticket: string; platform: Platform; framed: boolean }> {
  const { states, accepted, tickets, library } = site;
  const { state, id_token: token, error } = (body ?? {}) as Record<string, unknown>;
  const begun = states.read(state);
  if (!begun) throw new LaunchRefused('state', 'the state is not ours, or too old');
  if (error !== undefined) throw new LaunchRefused('moodle', 'Moodle refused');
  const platform = library.moodle.platform(begun.platform);
  if (!platform) throw new LaunchRefused('key', 'this Moodle was forgotten since');
  const { framed, ...who } = await verifyLaunch(token, platform, begun);
  // Nothing waits from here on: of two that come at once, one is the first.
  accepted.accept(begun.nonce, `${platform.id} ${who.sub}`);
  const ticket = newToken();
  tickets.put(tokenHash(ticket), { ...who, platform: platform.id, browser: begun.browser });
  return { ticket, platform, framed: framed && !begun.out };
}

/** One page that may be shown in a frame of this Moodle, with nothing on it but the way out. */
function leadOut(
  site: MoodleSite,
  request: FastifyRequest,
  reply: FastifyReply,
  { issuer }: Platform,
  href: string,
): FastifyReply {
  const { style, words, language, here } = site.page(request, reply);
  const page = { ...{ style, words, language, here }, who: null, formToken: '', languages: false };
  void reply.removeHeader('x-frame-options');
  void reply.header(
    'content-security-policy',
    `default-src 'none';style-src 'self';img-src 'self';base-uri 'none';form-action 'none';frame-ancestors ${new URL(issuer).origin}`,
  );
  return site.send(reply, LeadOutPage({ page, href }));
}

/** A launch that is refused is a page with the way back, and a line in the log. */
async function orExplain(
  site: MoodleSite,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  work: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof LaunchRefused)) throw error;
    logRefusal(site, request, `${error.why}: ${error.message}`);
    const problem = error.why === 'key' ? 'stranger' : 'again';
    void reply.status(403);
    return site.send(reply, MoodleProblemPage({ page: site.page(request, reply), problem }));
  }
}
