/**
 * What becomes of an account that Moodle vouched for: it signs on where it opens a Journal; else the link of a
 * laptop, or a teacher's code, must be used in the same browser, and she says that both are hers. Nobody who is signed in is
 * replaced without being asked.
 */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Serial } from '../../../shared/ids.ts';
import type { Binding } from '../../moodle/records.ts';
import { homePath } from '../frame/paths.ts';
import { SIGN_IN, SignInNeeded } from '../guard/guard.ts';
import { noPage } from '../guard/missing.ts';
import type { Visitor } from '../guard/sessions.ts';
import { BothPage, MoodleProblemPage, OtherPage, ShowLaptopPage } from './moodle-pages.tsx';
import {
  type Account,
  browserOf,
  logRefusal,
  type MoodleSite,
  type Pending,
} from './moodle-site.ts';

const ACCOUNT = '/ds-restore/moodle/account';
export const END_ACCOUNT = '/ds-restore/moodle/end';
const HOME = '/ds-restore/';
/** Accounts that one laptop is shown for within a day. */
const MAX_BOUND = 10;

/** After a launch, in the browser that began it. */
export function land(
  site: MoodleSite,
  request: FastifyRequest,
  reply: FastifyReply,
  { account, browser }: { account: Account; browser: string },
): FastifyReply {
  const binding = site.library.moodle.boundTo(account.platform, account.sub);
  const visitor = site.guard.visitor(request);
  if (binding && isChild(visitor, binding.serial))
    return reply.redirect(homePath(binding.serial), 303);
  if (binding && !visitor) return signOn(site, request, reply, binding);
  site.pending.put(browser, { ...account, id: randomBytes(16).toString('base64url') });
  return reply.redirect(ACCOUNT, 303);
}

function isChild(visitor: Visitor | undefined, serial: Serial): boolean {
  return visitor?.role === 'child' && visitor.serial === serial;
}

function signOn(
  site: MoodleSite,
  request: FastifyRequest,
  reply: FastifyReply,
  { id, serial, name, sub }: Binding,
): FastifyReply {
  const { guard, library, noted } = site;
  forget(site, request);
  guard.begin(request, reply, { role: 'child', serial, moodle: id });
  library.log.info('moodle-signed-on', { serial, address: request.ip });
  if (!noted.get(id)) library.audit.byChild('moodle-signed-on', serial, { account: name ?? sub });
  noted.put(id, true);
  return reply.redirect(homePath(serial), 303);
}

/**
 * Where a browser goes that was signed on by a laptop's link or a teacher's code: to the question, if an
 * account waits in it. Undefined if none does. One that opens a Journal already, somebody left behind: it is hers,
 * and not for the next child of this browser.
 */
export function afterProof(
  site: MoodleSite,
  request: FastifyRequest,
  serial: Serial,
): string | undefined {
  const { pending, library } = site;
  const browser = browserOf(request);
  const waits = browser === undefined ? undefined : pending.get(browser);
  if (browser === undefined || !waits) return undefined;
  if (library.moodle.boundTo(waits.platform, waits.sub)) {
    forget(site, request);
    return undefined;
  }
  pending.change(browser, { ...waits, shownBy: serial });
  return ACCOUNT;
}

export function addAccount(part: FastifyInstance, site: MoodleSite): void {
  const { guard, library } = site;
  guard.whenSignedOut((request) => forget(site, request));

  part.get(ACCOUNT, async (request, reply) => {
    const waits = pendingOf(site, request);
    if (!waits) return reply.redirect(HOME, 303);
    const page = site.page(request, reply);
    const visitor = guard.visitor(request);
    const binding = library.moodle.boundTo(waits.platform, waits.sub);
    if (binding && isChild(visitor, binding.serial)) return reply.redirect(HOME, 303);
    if (binding) {
      const name = library.registrations.nameOf(binding.serial);
      return site.send(reply, OtherPage({ page, pending: waits, name, action: ACCOUNT }));
    }
    if (!isShown(waits, visitor)) {
      return site.send(reply, ShowLaptopPage({ page, account: waits, signIn: SIGN_IN }));
    }
    const taken = library.moodle
      .bindings(waits.shownBy)
      .find(({ platform }) => platform === waits.platform);
    if (taken) return refuse(site, request, reply, 'taken');
    const name = library.registrations.nameOf(waits.shownBy);
    return site.send(reply, BothPage({ page, pending: waits, name, action: ACCOUNT }));
  });

  part.post<{ Body: { pending?: unknown; answer?: unknown } }>(ACCOUNT, async (request, reply) => {
    const waits = pendingOf(site, request);
    // Another launch has come since: what was asked is not what would be done.
    if (!waits || request.body?.pending !== waits.id) return refuse(site, request, reply, 'again');
    forget(site, request);
    if (request.body.answer !== 'yes') return reply.redirect(HOME, 303);
    const visitor = guard.visitor(request);
    const binding = library.moodle.boundTo(waits.platform, waits.sub);
    if (binding) return signOn(site, request, reply, binding);
    if (!isShown(waits, visitor)) return refuse(site, request, reply, 'again');
    return bind(site, request, reply, waits);
  });

  part.post<{ Body: { account?: unknown } }>(END_ACCOUNT, async (request, reply) => {
    const visitor = guard.visitor(request);
    if (!visitor) throw new SignInNeeded();
    if (visitor.role !== 'child') throw noPage();
    const { account } = request.body ?? {};
    const ended = library.moodle.end((one) => one.id === account && one.serial === visitor.serial);
    for (const { serial, name, sub } of ended) {
      library.audit.byChild('moodle-ended', serial, { account: name ?? sub });
    }
    return reply.redirect(HOME, 303);
  });
}

function pendingOf({ pending }: MoodleSite, request: FastifyRequest): Pending | undefined {
  const browser = browserOf(request);
  return browser === undefined ? undefined : pending.get(browser);
}

function forget({ pending }: MoodleSite, request: FastifyRequest): void {
  const browser = browserOf(request);
  if (browser !== undefined) pending.take(browser);
}

/** Whether she who is signed in came by a link or a code, since the launch and in this browser. */
function isShown(
  waits: Pending,
  visitor: Visitor | undefined,
): waits is Pending & { shownBy: Serial } {
  return visitor?.role === 'child' && waits.shownBy === visitor.serial;
}

function bind(
  site: MoodleSite,
  request: FastifyRequest,
  reply: FastifyReply,
  { platform, sub, name, shownBy: serial }: Pending & { shownBy: Serial },
): FastifyReply {
  const { library, bound } = site;
  const { moodle } = library;
  const isTaken =
    !moodle.platform(platform) ||
    moodle.bindings(serial).some((one) => one.platform === platform) ||
    (bound.get(serial) ?? 0) >= MAX_BOUND;
  if (isTaken) return refuse(site, request, reply, 'taken');
  moodle.bind({ platform, sub, name, serial });
  bound.put(serial, (bound.get(serial) ?? 0) + 1);
  library.log.info('moodle-bound', { serial, address: request.ip });
  library.audit.byChild('moodle-bound', serial, { account: name ?? sub });
  return reply.redirect(homePath(serial), 303);
}

function refuse(
  site: MoodleSite,
  request: FastifyRequest,
  reply: FastifyReply,
  problem: 'again' | 'taken',
): FastifyReply {
  logRefusal(site, request, `the account: ${problem}`);
  void reply.status(403);
  return site.send(reply, MoodleProblemPage({ page: site.page(request, reply), problem }));
}
