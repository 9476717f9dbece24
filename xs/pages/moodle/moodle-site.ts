/**
 * What the routes of Moodle are given, and what is remembered between their steps: in memory, bounded, and only
 * of launches that a Moodle has signed.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DAY_MS } from '../../../shared/clock.ts';
import type { Serial } from '../../../shared/ids.ts';
import { newToken, tokenHash } from '../../api/tokens.ts';
import { AcceptedLaunches } from '../../moodle/accepted.ts';
import { ShortLived } from '../../moodle/short-lived.ts';
import { LaunchStates } from '../../moodle/states.ts';
import { readCookie, setCookie } from '../guard/entrance.ts';
import type { Site } from '../guard/site-context.ts';

/** A verified account, in the browser that began the launch. */
export interface Account {
  /** Of the platform's record. */
  platform: string;
  sub: string;
  name: string | null;
}

/** An account for which this browser has to do something more. */
export interface Pending extends Account {
  /** In the form, so that the answer is about the question that was shown. */
  id: string;
  /** The laptop whose link, or code, was used in this browser since. */
  shownBy?: Serial;
}

export interface MoodleSite extends Site {
  states: LaunchStates;
  accepted: AcceptedLaunches;
  /** From a launch to the page of ours after it; by the hash of what is in its address. */
  tickets: ShortLived<Account & { browser: string }>;
  /** By browser. */
  pending: ShortLived<Pending>;
  /** What was refused, and from where, is in the log already. */
  told: ShortLived<true>;
  /** How many accounts a laptop was shown for lately. */
  bound: ShortLived<number>;
  /** Bindings whose sign-on is in the audit log of this day. */
  noted: ShortLived<true>;
}

const MINUTE_MS = 60_000;
/** Of verified launches within ten minutes: a large school, many times. */
const MAX_LAUNCHES = 5000;

export function moodleSite(site: Site): MoodleSite {
  const { clock } = site.library;
  return {
    ...site,
    states: new LaunchStates(clock),
    accepted: new AcceptedLaunches(clock),
    tickets: new ShortLived(clock, 5 * MINUTE_MS, MAX_LAUNCHES),
    pending: new ShortLived(clock, 10 * MINUTE_MS, MAX_LAUNCHES),
    told: new ShortLived(clock, 10_000, 1000),
    bound: new ShortLived(clock, DAY_MS, MAX_LAUNCHES),
    noted: new ShortLived(clock, DAY_MS, MAX_LAUNCHES),
  };
}

const BROWSER = 'ds-moodle';
const TOKEN = /^[\w-]{43}$/;

/** What is kept of the cookie that launches of this browser are bound to; undefined where it has none. */
export function browserOf(request: FastifyRequest): string | undefined {
  const cookie = readCookie(request, BROWSER);
  return cookie !== undefined && TOKEN.test(cookie) ? tokenHash(cookie) : undefined;
}

/** Gives the browser such a cookie; `Lax`, because it has to be there when it comes back from Moodle. */
export function markBrowser(request: FastifyRequest, reply: FastifyReply): string {
  const token = newToken();
  setCookie(request, reply, BROWSER, token, { sameSite: 'lax' });
  return tokenHash(token);
}

/** Why a launch was refused, for the log; the same of one address once in ten seconds. */
export function logRefusal({ library, told }: MoodleSite, request: FastifyRequest, why: string) {
  const key = `${request.ip} ${why}`;
  if (!told.get(key)) library.log.warn('moodle-launch-refused', { why, address: request.ip });
  told.put(key, true);
}
