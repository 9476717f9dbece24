/**
 * Sign-in of teachers, and sign-out. Attempts are counted before the password is checked.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { checkTeacher, stampOf, teachersNow } from '../../admin/teachers.ts';
import { SIGN_IN } from '../guard/guard.ts';
import { safeReturn } from '../guard/safe-return.ts';
import type { Site } from '../guard/site-context.ts';
import { Failures } from './failures.ts';
import { SignInPage, type SignInProblem, type SignInProps } from './sign-in-page.tsx';

/** Attempts from one address; each costs a tenth of a second of processor time. */
const TRIES_PER_MINUTE = 20;
/** Where a teacher goes who did not ask for a page before. */
export const TEACHERS_START = '/xs-backup';

interface SignIn {
  name?: unknown;
  password?: unknown;
  back?: unknown;
}

export function addSignIn(part: FastifyInstance, site: Site): void {
  const { guard } = site;
  const failures = new Failures();
  part.get<{ Querystring: { back?: unknown } }>(SIGN_IN, async (request, reply) => {
    const back = safeReturn(request.query.back, TEACHERS_START);
    return site.send(reply, SignInPage(propsOf(site, request, reply, { back, problem: null })));
  });

  const rateLimit = { max: TRIES_PER_MINUTE, timeWindow: 60_000 };
  part.post<{ Body: SignIn }>(SIGN_IN, { config: { rateLimit } }, async (request, reply) => {
    const back = safeReturn(request.body?.back, TEACHERS_START);
    const outcome = await tryToSignIn(site, failures, request);
    if (typeof outcome === 'object') {
      guard.begin(request, reply, { role: 'teacher', ...outcome });
      return reply.redirect(back, 303);
    }
    void reply.status(outcome === 'wait' ? 429 : 403);
    return site.send(reply, SignInPage(propsOf(site, request, reply, { back, problem: outcome })));
  });

  part.post('/ds-restore/sign-out', async (request, reply) => {
    guard.end(request, reply);
    return reply.redirect(SIGN_IN, 303);
  });
}

/** What the page needs; `way` is where a teacher is led on HTTPS: to the same page there, if nothing else is said. */
export function propsOf(
  site: Site,
  request: FastifyRequest,
  reply: FastifyReply,
  { back, problem, way }: Pick<SignInProps, 'back' | 'problem'> & { way?: string },
): SignInProps {
  return {
    ...{ page: site.page(request, reply), back, problem },
    teachers: teachersNow(site.library.paths).length > 0,
    door: site.guard.door(request, way ?? `${SIGN_IN}?back=${encodeURIComponent(back)}`),
  };
}

/** The teacher, or why not. */
async function tryToSignIn(
  { library, guard }: Site,
  failures: Failures,
  request: FastifyRequest<{ Body: SignIn }>,
): Promise<{ name: string; stamp: string } | NonNullable<SignInProblem>> {
  const { name, password } = request.body ?? {};
  const { audit, clock, log, paths } = library;
  // What was sent in clear has been heard already; it is not looked at, so nobody learns whether it was right.
  if (guard.door(request).type !== 'open') return 'here';
  if (failures.wait(request.ip, clock.monotonicMs()) > 0) return 'wait';
  if (typeof name !== 'string' || typeof password !== 'string') return 'wrong';
  failures.note(request.ip, clock.monotonicMs());
  const teacher = await checkTeacher(paths, name.slice(0, 100), password);
  if (!teacher) {
    log.warn('sign-in-failed', { address: request.ip });
    return 'wrong';
  }
  failures.forget(request.ip);
  log.info('teacher-signed-in', { name: teacher.name, address: request.ip });
  audit.inNameOf(teacher.name, () => audit.decided('signed-in', null, { address: request.ip }));
  return { name: teacher.name, stamp: stampOf(teacher) };
}
