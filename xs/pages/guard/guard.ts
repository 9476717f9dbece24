/**
 * What stands between the network and every page: host names, limits, headers, cookies, forms, and who
 * may see what. Registered on a part of the app of its own, so that laptops' requests know none of it.
 */
import cookies from '@fastify/cookie';
import forms from '@fastify/formbody';
import helmet from '@fastify/helmet';
import limits from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DsError } from '../../../shared/errors.ts';
import type { Serial } from '../../../shared/ids.ts';
import { readTeachers, stampOf } from '../../admin/teachers.ts';
import type { Library } from '../../library.ts';
import { isOurHost, isSameOrigin } from './origin.ts';
import { newToken, Sessions, type Visitor } from './sessions.ts';

export const SIGN_IN = '/ds-restore/sign-in';
const SESSION = 'ds-session';
/** Of a browser that nobody has signed on: what its forms are bound to. */
const BROWSER = 'ds-browser';
const TOKEN = /^[\w-]{43}$/;

/** With their pictures, pages are some 30 requests each. */
const PER_MINUTE = 1200;

export interface GuardOptions {
  library: Pick<Library, 'paths' | 'registrations' | 'clock' | 'log' | 'config'>;
  /** The host names, besides addresses, that this server goes by. */
  hosts: readonly string[];
}

/** The way out is to sign on. */
export class SignInNeeded extends DsError {
  constructor() {
    super('server-refused', 'nobody has signed on here', {
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

  /** Who is signed on; undefined is nobody, or somebody who has no business here any more. */
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

  /** The teacher's name. Throws what leads to the sign-in page; `not-found` for a child. */
  teacher(request: FastifyRequest): string {
    const visitor = this.visitor(request);
    if (!visitor) throw new SignInNeeded();
    if (visitor.role === 'teacher') return visitor.name;
    throw new DsError('not-found', 'there is no such page');
  }

  /**
   * Whoever may read what this laptop may: its child, and teachers. Throws `not-found` to other
   * children, as for a laptop that does not exist.
   */
  reader(request: FastifyRequest, of: Serial): Visitor {
    const visitor = this.visitor(request);
    if (!visitor) throw new SignInNeeded();
    const known = this.#options.library.registrations.get(of) !== undefined;
    if (known && (visitor.role === 'teacher' || visitor.serial === of)) return visitor;
    throw new DsError('not-found', 'there is no such page');
  }

  /** Signs on, in a session that is new: one that was there before is not taken over. */
  begin(request: FastifyRequest, reply: FastifyReply, visitor: Visitor): void {
    this.#sessions.end(request.cookies[SESSION]);
    const sameSite = visitor.role === 'teacher' ? 'strict' : 'lax';
    void reply.setCookie(SESSION, this.#sessions.begin(visitor), cookieOptions(sameSite));
  }

  end(request: FastifyRequest, reply: FastifyReply): void {
    this.#sessions.end(request.cookies[SESSION]);
    void reply.clearCookie(SESSION, cookieOptions('lax'));
  }

  /** For the hidden field `form` of each form on a page that answers this request. */
  formToken(request: FastifyRequest, reply: FastifyReply): string {
    const bound = this.#boundTo(request);
    if (bound !== undefined) return this.#sessions.formToken(bound);
    const fresh = newToken();
    void reply.setCookie(BROWSER, fresh, cookieOptions('strict'));
    return this.#sessions.formToken(fresh);
  }

  /** Throws `server-refused` when a form does not come from one of our own pages. */
  checkForm(request: FastifyRequest): void {
    const { form } = (request.body ?? {}) as { form?: unknown };
    const ours = isSameOrigin(request.headers);
    if (ours && this.#sessions.isFormToken(this.#boundTo(request), form)) return;
    throw new DsError('server-refused', 'this form is not from here, or too old', {
      hint: 'go back, load the page again and send it once more',
    });
  }

  #boundTo(request: FastifyRequest): string | undefined {
    const { [SESSION]: session, [BROWSER]: browser } = request.cookies;
    if (this.visitor(request)) return session;
    return browser !== undefined && TOKEN.test(browser) ? browser : undefined;
  }
}

/** Puts the guard before all routes that are registered on this part of the app afterwards. */
export async function installGuard(app: FastifyInstance, options: GuardOptions): Promise<Guard> {
  const guard = new Guard(options);
  await app.register(limits, { max: PER_MINUTE, timeWindow: 60_000, cache: 5000 });
  await app.register(helmet, HEADERS);
  app.addHook('onRequest', async (request) => {
    if (isOurHost(request.headers.host, options.hosts)) return;
    throw new DsError('bad-input', 'this server does not go by that name', {
      hint: 'a name that is right is added to "pages.hosts" of /etc/xs-backup/config.toml',
    });
  });
  await app.register(cookies);
  await app.register(forms, { bodyLimit: 16 * 1024 });
  app.addHook('onRequest', async (_request, reply) => {
    // Two children share a browser, or a proxy: nothing of one is kept for the other.
    void reply.header('cache-control', 'no-store');
  });
  app.addHook('preHandler', async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') guard.checkForm(request);
  });
  return guard;
}

const NONE = ["'none'"];
const SELF = ["'self'"];

/** No script at all; styles and pictures from here. The school has no TLS, so nothing asks for it. */
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
  // "Back to where you were" after a form; and nothing to other sites.
  referrerPolicy: { policy: 'same-origin' as const },
};

function cookieOptions(sameSite: 'strict' | 'lax') {
  return { path: '/', httpOnly: true, sameSite } as const;
}
