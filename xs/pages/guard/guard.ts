/**
 * Protects every page: host names, rate limits, security headers, cookies, form tokens, and who may see
 * what. Registered on a part of the app of its own, so that laptops' requests are not affected.
 */
import cookies from '@fastify/cookie';
import forms from '@fastify/formbody';
import helmet from '@fastify/helmet';
import limits from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DsError } from '../../../shared/errors.ts';
import type { Serial } from '../../../shared/ids.ts';
import { readTeachers, stampOf } from '../../admin/teachers.ts';
import { newToken } from '../../api/tokens.ts';
import type { Library } from '../../library.ts';
import { noLaptop, noPage } from './missing.ts';
import { isOurHost, isSameOrigin } from './origin.ts';
import { Sessions, type Visitor } from './sessions.ts';

export const SIGN_IN = '/ds-restore/sign-in';
const SESSION = 'ds-session';
/** Cookie that forms are bound to while nobody is signed in. */
const BROWSER = 'ds-browser';
const TOKEN = /^[\w-]{43}$/;

/** Requests from one address. A page with its pictures is some 30 requests. */
const PER_MINUTE = 1200;

export interface GuardOptions {
  library: Pick<Library, 'paths' | 'registrations' | 'clock' | 'log' | 'config'>;
  /** Host names of this server; addresses are always accepted. */
  hosts: readonly string[];
}

/** The request came under a name that is not one of this server. */
export class WrongHost extends DsError {
  constructor() {
    super('bad-input', 'this host name is not one of this server', {
      hint: 'add the name to "pages.hosts" in /etc/xs-backup/config.toml',
    });
  }
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Served under any host name, because it is the same for everybody. */
    anyHost?: boolean;
  }
}

/** Nobody is signed in, where somebody must be. */
export class SignInNeeded extends DsError {
  constructor() {
    super('server-refused', 'nobody is signed in', {
      hint: 'open the Backup activity, or sign in as a teacher',
    });
  }
}

export class Guard {
  readonly #sessions: Sessions;
  readonly #options: GuardOptions;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#sessions = new Sessions(options.library.clock);
  }

  /** Throws `WrongHost`. */
  checkHost(request: FastifyRequest): void {
    if (!isOurHost(request.headers.host, this.#options.hosts)) throw new WrongHost();
  }

  /** Who is signed in; undefined for nobody, and for a removed teacher or retired laptop. */
  visitor(request: FastifyRequest): Visitor | undefined {
    const visitor = this.#sessions.find(request.cookies[SESSION]);
    if (!visitor) return undefined;
    const { paths, registrations } = this.#options.library;
    const stays =
      visitor.role === 'child'
        ? registrations.isActive(visitor.serial)
        : readTeachers(paths).some(
            (one) => one.name === visitor.name && stampOf(one) === visitor.stamp,
          );
    if (stays) return visitor;
    this.#sessions.endAll(visitor);
    return undefined;
  }

  /** The teacher's name. Throws `SignInNeeded`; `not-found` for a child. */
  teacher(request: FastifyRequest): string {
    const visitor = this.visitor(request);
    if (!visitor) throw new SignInNeeded();
    if (visitor.role === 'teacher') return visitor.name;
    throw noPage();
  }

  /**
   * A visitor who may read what this laptop may: its child, or a teacher. Throws `SignInNeeded`, and
   * `not-found` to other children, whether the laptop exists or not.
   */
  reader(request: FastifyRequest, of: Serial): Visitor {
    const visitor = this.visitor(request);
    if (!visitor) throw new SignInNeeded();
    const known = this.#options.library.registrations.get(of) !== undefined;
    if (known && (visitor.role === 'teacher' || visitor.serial === of)) return visitor;
    throw visitor.role === 'teacher' ? noLaptop() : noPage();
  }

  /** Signs in with a new session, so that a session planted before is useless. */
  begin(request: FastifyRequest, reply: FastifyReply, visitor: Visitor): void {
    this.#sessions.end(request.cookies[SESSION]);
    const sameSite = visitor.role === 'teacher' ? 'strict' : 'lax';
    void reply.setCookie(SESSION, this.#sessions.begin(visitor), cookieOptions(sameSite));
  }

  end(request: FastifyRequest, reply: FastifyReply): void {
    this.#sessions.end(request.cookies[SESSION]);
    void reply.clearCookie(SESSION, cookieOptions('lax'));
  }

  /** The value of the hidden field `form` in every form of a page. */
  formToken(request: FastifyRequest, reply: FastifyReply): string {
    const bound = this.#boundTo(request);
    if (bound !== undefined) return this.#sessions.formToken(bound);
    const fresh = newToken();
    void reply.setCookie(BROWSER, fresh, cookieOptions('strict'));
    return this.#sessions.formToken(fresh);
  }

  /** Throws `server-refused` for a form that was not sent from one of our own pages. */
  checkForm(request: FastifyRequest): void {
    const { form } = (request.body ?? {}) as { form?: unknown };
    const ours = isSameOrigin(request.headers);
    if (ours && this.#sessions.isFormToken(this.#boundTo(request), form)) return;
    throw new DsError(
      'server-refused',
      'this form was not sent from a page of this server, or is too old',
      {
        hint: 'go back, load the page again and send it once more',
      },
    );
  }

  #boundTo(request: FastifyRequest): string | undefined {
    const { [SESSION]: session, [BROWSER]: browser } = request.cookies;
    if (this.visitor(request)) return session;
    return browser !== undefined && TOKEN.test(browser) ? browser : undefined;
  }
}

/** Installs the guard on this part of the app, before the routes that are registered later. */
export async function installGuard(app: FastifyInstance, options: GuardOptions): Promise<Guard> {
  const guard = new Guard(options);
  await app.register(limits, { max: PER_MINUTE, timeWindow: 60_000, cache: 5000 });
  await app.register(helmet, HEADERS);
  app.addHook('onRequest', async (request) => {
    if (!request.routeOptions.config.anyHost) guard.checkHost(request);
  });
  await app.register(cookies);
  await app.register(forms, { bodyLimit: 16 * 1024 });
  app.addHook('onRequest', async (_request, reply) => {
    // Children share browsers and proxies: pages must not be cached for the next child.
    void reply.header('cache-control', 'no-store');
  });
  app.addHook('preHandler', async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') guard.checkForm(request);
  });
  return guard;
}

const NONE = ["'none'"];
const SELF = ["'self'"];

/** No scripts; styles and pictures from this server only. Schools have no TLS, so no HSTS. */
const HEADERS = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      ...{ defaultSrc: NONE, styleSrc: SELF, imgSrc: SELF, formAction: SELF },
      ...{ baseUri: NONE, frameAncestors: NONE },
    },
  },
  strictTransportSecurity: false,
  crossOriginOpenerPolicy: false, // browsers complain about it without TLS
  originAgentCluster: false,
  xFrameOptions: { action: 'deny' as const },
  // Within the site only; nothing to other sites.
  referrerPolicy: { policy: 'same-origin' as const },
};

function cookieOptions(sameSite: 'strict' | 'lax') {
  return { path: '/', httpOnly: true, sameSite } as const;
}
