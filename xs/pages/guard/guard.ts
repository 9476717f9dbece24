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
import { stampOf, stillAnswers, teachersNow } from '../../admin/teachers.ts';
import { newToken } from '../../api/tokens.ts';
import type { Library } from '../../library.ts';
import { clearCookie, type Door, Entrance, isSecure, readCookie, setCookie } from './entrance.ts';
import { noLaptop, noPage } from './missing.ts';
import { isOurHost, isSameOrigin } from './origin.ts';
import { Sessions, type Visitor } from './sessions.ts';

export const SIGN_IN = '/ds-restore/sign-in';
/** Cookies: of a session, and what forms are bound to while nobody is signed in. */
const SESSION = 'ds-session';
const BROWSER = 'ds-browser';
const TOKEN = /^[\w-]{43}$/;

/** Requests from one address. A page with its pictures is some 30 requests. */
const PER_MINUTE = 1200;

export interface GuardOptions {
  library: Pick<
    Library,
    'paths' | 'registrations' | 'moodle' | 'clock' | 'log' | 'config' | 'listening'
  >;
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
    /** A form of another site is expected; whoever serves it believes nothing else of it. */
    crossSite?: boolean;
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
  readonly #entrance: Entrance;
  readonly #signedOut: ((request: FastifyRequest) => void)[] = [];

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#sessions = new Sessions(options.library.clock);
    this.#entrance = new Entrance(options.library);
    const { registrations } = options.library;
    registrations.whenOwnerChanges((serial) => {
      this.#sessions.endAll({ role: 'child', serial });
    });
    // At once, or they would live again when the laptop is taken back into use.
    registrations.whenKeysChange(() => {
      this.#sessions.endChildren((serial) => !registrations.isActive(serial));
    });
  }

  /** Throws `WrongHost`. */
  checkHost(request: FastifyRequest): void {
    if (!isOurHost(request.headers.host, this.#options.hosts)) throw new WrongHost();
  }

  /** Whether a teacher may sign in and be served here; `path` is where she wants to go. */
  door(request: FastifyRequest, path = request.url): Door {
    return this.#entrance.door(request, path);
  }

  /**
   * Who is signed in; undefined for nobody, for a removed teacher or retired laptop, and for a teacher
   * where none is served.
   */
  visitor(request: FastifyRequest): Visitor | undefined {
    const visitor = this.#sessions.find(readCookie(request, SESSION), isSecure(request));
    if (!visitor) return undefined;
    if (visitor.role === 'teacher' && this.door(request).type !== 'open') return undefined;
    if (this.#stays(visitor)) return visitor;
    // An account that was ended, of a Moodle or of who gave a code, ends its own session, not that of the
    // laptop's link.
    if (visitor.role === 'child' && (visitor.moodle !== undefined || visitor.code)) {
      this.#sessions.end(readCookie(request, SESSION));
    } else this.#sessions.endAll(visitor);
    return undefined;
  }

  #stays(visitor: Visitor): boolean {
    const { paths, registrations, moodle } = this.#options.library;
    if (visitor.role === 'teacher') {
      return teachersNow(paths).some(
        (one) => one.name === visitor.name && stampOf(one) === visitor.stamp,
      );
    }
    const { serial, moodle: account, code } = visitor;
    if (code?.by && !stillAnswers(paths, code.by)) return false;
    if (account !== undefined && moodle.binding(account)?.serial !== serial) return false;
    return registrations.isActive(serial);
  }

  /** The teacher's name. Throws `SignInNeeded`; `not-found` for a child. */
  teacher(request: FastifyRequest): string {
    const visitor = this.visitor(request);
    if (!visitor) throw new SignInNeeded();
    if (visitor.role === 'teacher') return visitor.name;
    throw noPage();
  }

  /** Whether a keeper of the server is signed in, as things are now. */
  isKeeper(request: FastifyRequest): boolean {
    const visitor = this.visitor(request);
    if (visitor?.role !== 'teacher') return false;
    const found = teachersNow(this.#options.library.paths).find(
      ({ name }) => name === visitor.name,
    );
    return found?.role === 'keeper';
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
    this.#sessions.end(readCookie(request, SESSION));
    // Links of our own plain pages lead over to HTTPS; to browsers those are another site, and `Strict` would
    // show a teacher the sign-in page each time. Forms are protected by their tokens.
    const sameSite = visitor.role === 'teacher' && !isSecure(request) ? 'strict' : 'lax';
    const token = this.#sessions.begin(visitor, isSecure(request));
    setCookie(request, reply, SESSION, token, { sameSite });
  }

  /** Calls `listener` for a browser that signs out. */
  whenSignedOut(listener: (request: FastifyRequest) => void): void {
    this.#signedOut.push(listener);
  }

  end(request: FastifyRequest, reply: FastifyReply): void {
    for (const listener of this.#signedOut) listener(request);
    this.#sessions.end(readCookie(request, SESSION));
    clearCookie(request, reply, SESSION);
  }

  /** The value of the hidden field `form` in every form of a page. */
  formToken(request: FastifyRequest, reply: FastifyReply): string {
    const bound = this.#boundTo(request);
    if (bound !== undefined) return this.#sessions.formToken(bound);
    const fresh = newToken();
    setCookie(request, reply, BROWSER, fresh, { sameSite: 'strict' });
    return this.#sessions.formToken(fresh);
  }

  /** Throws `server-refused` for a form that was not sent from one of our own pages. */
  checkForm(request: FastifyRequest): void {
    const { form } = (request.body ?? {}) as { form?: unknown };
    const ours = isSameOrigin(request.headers, isSecure(request));
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
    if (this.visitor(request)) return readCookie(request, SESSION);
    const browser = readCookie(request, BROWSER);
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
    const { method, routeOptions } = request;
    if (method === 'GET' || method === 'HEAD' || routeOptions.config.crossSite) return;
    guard.checkForm(request);
  });
  return guard;
}

const NONE = ["'none'"];
const SELF = ["'self'"];

/**
 * No scripts; styles and pictures from this server only. No HSTS: browsers would let nobody accept the
 * certificate that the server made, and ask for children's pages over HTTPS as well.
 */
const HEADERS = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      ...{ defaultSrc: NONE, styleSrc: SELF, imgSrc: SELF, formAction: SELF },
      ...{ baseUri: NONE, frameAncestors: NONE },
    },
  },
  strictTransportSecurity: false,
  crossOriginOpenerPolicy: false, // browsers complain about it over plain HTTP
  originAgentCluster: false,
  xFrameOptions: { action: 'deny' as const },
  // Within the site only; nothing to other sites.
  referrerPolicy: { policy: 'same-origin' as const },
};
