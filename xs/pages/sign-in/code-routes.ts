/**
 * Sign-on of a child with the code that her teacher handed her, for laptops without the Backup activity. How often
 * a wrong one may be typed is counted before anything is looked up.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Serial } from '../../../shared/ids.ts';
import { giverNow } from '../../admin/teachers.ts';
import { readCode } from '../../codes/code-text.ts';
import { useCode } from '../../codes/codes.ts';
import { homePath } from '../frame/paths.ts';
import { SIGN_IN } from '../guard/guard.ts';
import type { Site } from '../guard/site-context.ts';
import { Guesses } from './guesses.ts';
import { CODE_SIGN_IN, SignInPage } from './sign-in-page.tsx';
import { propsOf, TEACHERS_START } from './sign-in-routes.ts';
import type { AfterProof } from './sign-on.ts';

/** Forms from one address, whatever is in them. */
const PER_MINUTE = 30;

type Typed = FastifyRequest<{ Body: { code?: unknown } }>;

/** `afterCode` is where a code leads to, if not to the Journal. */
export function addCodeSignIn(
  part: FastifyInstance,
  site: Site,
  afterCode: AfterProof = () => undefined,
): void {
  const guesses = new Guesses();
  const rateLimit = { max: PER_MINUTE, timeWindow: 60_000 };

  // A page that was refused is loaded again.
  part.get(CODE_SIGN_IN, async (_request, reply) => reply.redirect(SIGN_IN, 303));

  part.post(CODE_SIGN_IN, { config: { rateLimit } }, async (request: Typed, reply) => {
    const outcome = tryCode(site, guesses, request);
    if ('serial' in outcome) {
      const { serial, by } = outcome;
      const code = { by: by === null ? null : giverNow(site.library.paths, by) };
      site.guard.begin(request, reply, { role: 'child', serial, code });
      const after = afterCode(request, outcome.serial);
      return reply.redirect(after ?? homePath(outcome.serial), 303);
    }
    const { problem } = outcome;
    void reply.status(problem === 'code-wait' ? 429 : 403);
    const shown = { back: TEACHERS_START, problem, way: TEACHERS_START };
    return site.send(reply, SignInPage(propsOf(site, request, reply, shown)));
  });
}

type Outcome =
  | { serial: Serial; by: string | null }
  | { problem: 'code' | 'code-form' | 'code-wait' };

/** Nothing in here waits: no two tries can be made at once. */
function tryCode({ library }: Site, guesses: Guesses, { body, ip }: Typed): Outcome {
  const typed = body?.code;
  const code = typeof typed === 'string' ? readCode(typed) : undefined;
  // It can be none: nothing is learned from that.
  if (code === undefined) return { problem: 'code-form' };
  const now = library.clock.monotonicMs();
  if (guesses.wait(ip, now) > 0) return { problem: 'code-wait' };
  const used = useCode(library, code, ip);
  if (used) return used;
  guesses.count(ip, now);
  library.log.warn('sign-in-code-refused', { address: ip });
  return { problem: 'code' };
}
